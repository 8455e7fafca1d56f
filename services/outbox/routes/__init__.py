"""Outbox over HTTP: for the console and systems, and the public page on which one says no."""

from fastapi import APIRouter

from chassis.tokens import Links
from services.outbox.routes import content, opens, public, records, suppression


def make_router(links: Links, secret: str) -> APIRouter:
    """The routes; `links` reads signed links, `secret` keys what is kept of addresses."""
    router = APIRouter()
    records.add(router)
    suppression.add(router, secret)
    content.add(router)
    public.add(router, links, secret)
    opens.add(router, links)
    return router
