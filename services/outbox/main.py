"""The outbox service, put together."""

import asyncio

from sounding_contracts import topics

from chassis.health import Check
from chassis.mongo import Database
from chassis.rebuild import Told
from chassis.service import Service, open_service_database
from chassis.tokens import Links
from commons.retelling import Source, Sources
from services.outbox import commands, handlers, jobs, routes, store
from services.outbox.adapters.dns import Dns
from services.outbox.adapters.render import Renderer
from services.outbox.settings import Settings

_TOLD = {"seq": {"$gt": 0}}
RETOLD: Sources = {
    topics.OUTBOX_BRANDS: (Source(store.BRANDS, store.brands_told),),
    topics.OUTBOX_DELIVERABILITY: (Source(store.GATES, store.gates_told, _TOLD),),
    topics.OUTBOX_DISPATCHES: (Source(store.DISPATCHES, store.dispatches_told, {**_TOLD, "follows": None}),),
    topics.OUTBOX_BOUNCES: (Source(store.BOUNCES, store.facts_told),),
}
"""What `sounding retell` tells again of its streams."""


def build(settings: Settings) -> Service:
    """The outbox service, not started."""
    database = open_service_database(settings.chassis, "outbox")
    links = Links(settings.chassis.signing_keys)
    secret = settings.address_secret
    lookup = Dns(settings.dns_servers, port=settings.dns_port, seconds=settings.dns_seconds)
    bell = asyncio.Event()
    database.on_publish += [bell.set]
    sender = jobs.Sender(database, settings, Renderer(settings, links), secret)
    service = Service(
        name="outbox",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.make_router(secret),
        dated=[store.CUSTOMERS],
        publishes=[topics.OUTBOX_DISPATCHES, topics.OUTBOX_BOUNCES, topics.OUTBOX_BRANDS, topics.OUTBOX_DELIVERABILITY],
        routes=[routes.make_router(links, secret, settings, lookup)],
        jobs={
            "send": jobs.send(sender, settings, bell),
            "watch": jobs.watch(database, settings),
            "sweep": jobs.sweep(database, settings),
            "look_up": jobs.look_up(database, settings),
            "incoming": jobs.read_incoming(jobs.Reader(database, settings, links, secret), settings),
            "intake": jobs.take_in(database, settings),
            "count": jobs.count(database, settings),
        },
    )
    service.health.ready["address_key"] = _address_key(database, secret)
    return service


def reconciliation(settings: Settings, told: Told | None = None) -> jobs.Reconciliation:
    """What brings the service's database up to what was sent, after it was restored from a backup."""
    secret = settings.address_secret
    database = open_service_database(settings.chassis, "outbox")
    return jobs.Reconciliation(database, settings.chassis, handlers.make_router(secret), secret, told)


def _address_key(database: Database, secret: str) -> Check:
    async def check() -> str | None:
        return None if await commands.same_address_key(database, secret) else commands.OTHER_KEY

    return check
