"""Feedback over HTTP, for the console and internal systems."""

from fastapi import APIRouter

from services.feedback.adapters.webhooks import Poster
from services.feedback.routes import dashboard, exports, figures, imports, responses, webhooks


def make_routers(poster: Poster) -> list[APIRouter]:
    """All of them."""
    return [
        exports.router,
        responses.router,
        imports.router,
        figures.router,
        dashboard.router,
        webhooks.make_router(poster),
    ]
