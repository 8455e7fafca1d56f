"""The outbox service, put together."""

import asyncio

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from services.outbox import handlers, jobs, routes, store
from services.outbox.adapters.render import Renderer
from services.outbox.settings import Settings


def build(settings: Settings) -> Service:
    """The outbox service, not started."""
    database = open_service_database(settings.chassis, "outbox")
    links = Links(settings.chassis.signing_keys)
    secret = settings.chassis.signing_keys[0].get_secret_value()
    bell = asyncio.Event()
    database.on_publish += [bell.set]
    sender = jobs.Sender(database, settings, Renderer(settings, links), secret)
    return Service(
        name="outbox",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        streams=handlers.make_router(secret),
        publishes=[topics.OUTBOX_DISPATCHES, topics.OUTBOX_BOUNCES, topics.OUTBOX_BRANDS, topics.OUTBOX_DELIVERABILITY],
        routes=[routes.make_router(links, secret)],
        jobs={"send": jobs.send(sender, settings, bell), "sweep": jobs.sweep(database, settings)},
    )
