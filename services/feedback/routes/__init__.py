"""Feedback over HTTP, for the console and internal systems."""

from fastapi import APIRouter

from services.feedback.adapters.webhooks import Poster
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


def make_routers(poster: Poster) -> list[APIRouter]:
    """All of them."""
    return [
        exports.router,
        responses.router,
        imports.router,
        figures.router,
        dashboard.router,
        autoreplies.router,
        topics.router,
        alerts.make_router(poster),
        webhooks.make_router(poster),
    ]
