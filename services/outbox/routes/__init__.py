"""Outbox over HTTP: for the console and systems, and the public page on which one says no."""

from fastapi import APIRouter

from chassis.tokens import Links
from commons.retention import make_router as make_retention
from services.outbox.adapters.checker import make_checker
from services.outbox.adapters.dns import Lookup
from services.outbox.routes import (
    addresses,
    bounces,
    brands,
    opens,
    public,
    records,
    sending,
    suppression,
    suppressions,
    taking_back,
    templates,
    unknowns,
    webhooks,
)
from services.outbox.settings import Settings
from services.outbox.store.retention import KEPT


def make_router(links: Links, secret: str, settings: Settings, lookup: Lookup) -> APIRouter:
    """The routes; `links` reads signed links, `secret` keys what is kept of addresses, `lookup` asks the DNS."""
    router = APIRouter()
    records.add(router, settings)
    sending.add(router, settings)
    unknowns.add(router)
    taking_back.add(router)
    suppression.add(router, secret)
    brands.add(router, settings, lookup)
    templates.add(router, settings, secret)
    public.add(router, links, secret)
    opens.add(router, links)
    addresses.add(router, make_checker(settings, lookup), secret)
    suppressions.add(router, secret)
    webhooks.add(router, settings)
    bounces.add(router)
    router.include_router(make_retention(KEPT))
    return router
