"""Outbox over HTTP: for the console and systems, and the public page on which one says no."""

from fastapi import APIRouter

from chassis.tokens import Links
from services.outbox.routes import bounces, content, opens, public, records, suppression, webhooks
from services.outbox.settings import Settings


def make_router(links: Links, secret: str, settings: Settings) -> APIRouter:
    """The routes; `links` reads signed links, `secret` keys what is kept of addresses."""
    router = APIRouter()
    records.add(router)
    suppression.add(router, secret)
    content.add(router)
    public.add(router, links, secret)
    opens.add(router, links)
    webhooks.add(router, settings)
    bounces.add(router)
    return router
