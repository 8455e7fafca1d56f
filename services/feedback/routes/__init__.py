"""Feedback over HTTP, for the console and internal systems."""

from fastapi import APIRouter

from commons.retention import make_router as make_retention
from services.feedback.adapters.receivers import Receivers
from services.feedback.routes import (
    alerts,
    autoreplies,
    dashboard,
    exports,
    figures,
    imports,
    responses,
    topics,
    webhooks,
)
from services.feedback.store.retention import KEPT
from services.feedback.views.reading import Figures


def make_routers(receivers: Receivers, shown: Figures) -> list[APIRouter]:
    """All of them."""
    return [
        exports.router,
        responses.router,
        imports.router,
        figures.router,
        dashboard.make_router(shown),
        autoreplies.router,
        topics.router,
        make_retention(KEPT),
        alerts.make_router(receivers),
        webhooks.make_router(receivers.poster),
    ]
