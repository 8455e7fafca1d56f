"""A small service of the tests' own: one stream of state, one of facts, one collection."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from sounding_contracts.payload import Payload
from sounding_contracts.topics import Kind, Topic

from chassis.mongo import ReplaceOne, Transaction, UpdateOne
from chassis.pending import Outgoing
from chassis.service import Service, open_service_database
from chassis.streams import Event, Router
from tests.deployment import Deployment


class ThingChanged(Payload):
    type: ClassVar[str] = "thing.changed"

    id: str
    value: int
    filling: str = ""


class ThingHappened(Payload):
    type: ClassVar[str] = "thing.happened"

    value: int


STATE = Topic(
    name="toy.things.v1",
    types=(ThingChanged,),
    kind=Kind.STATE,
    key="id",
    partition_by="key",
    written_by="toy",
    partitions=2,
)
FACTS = Topic(
    name="toy.facts.v1",
    types=(ThingHappened,),
    kind=Kind.FACTS,
    key="id",
    partition_by="key",
    written_by="integrations",
    partitions=1,
)

Handler = Callable[[Sequence[Event[Any]], Transaction], Awaitable[Any]]


def thing(id_: str, seq: int, value: int) -> Event[Any]:
    return Event(
        id=f"{id_}:{seq}",
        source=STATE.source,
        type=ThingChanged.type,
        subject=id_,
        time=None,
        seq=seq,
        data=ThingChanged(id=id_, value=value),
    )


def erased(id_: str, seq: int) -> Event[Any]:
    return Event(
        id=f"{id_}:{seq}", source=STATE.source, type=ThingChanged.type, subject=id_, time=None, seq=seq, data=None
    )


def fact(id_: str, value: int, *, subject: str = "s") -> Event[Any]:
    return Event(
        id=id_, source="crm", type=ThingHappened.type, subject=subject, time=None, data=ThingHappened(value=value)
    )


async def keep(events: Sequence[Event[Any]], tx: Transaction) -> None:
    """Keep each thing, and count how often something was applied."""
    rows = tx.collection("things")
    writes: list[Any] = [
        ReplaceOne({"_id": event.subject}, {"value": event.data.value if event.data else None}, upsert=True)
        for event in events
    ]
    writes.append(UpdateOne({"_id": "applied"}, {"$inc": {"count": len(events)}}, upsert=True))
    await rows.bulk_write(writes, session=tx.session)


async def add(events: Sequence[Event[Any]], tx: Transaction) -> None:
    """Add up: not idempotent by itself, so that a second effect shows; keeps the order too."""
    values = [event.data.value for event in events if event.data]
    await tx.collection("things").update_one(
        {"_id": "sum"},
        {
            "$inc": {"value": sum(values)},
            "$push": {"seen": {"$each": values}},
        },
        upsert=True,
        session=tx.session,
    )


def toy(deployment: Deployment, topic: Topic, handler: Handler, **more: Any) -> Service:
    router = Router()
    router.reads(topic, **more)(handler)
    settings = deployment.settings
    service = Service(
        name="toy",
        settings=settings,
        database=open_service_database(settings, "toy"),
        indexes={"things": ()},
        streams=router,
    )
    return deployment.opened(service)


def outgoing(id_: str, seq: int, value: int, *, filling: str = "") -> Outgoing:
    return Outgoing(
        subject=id_, seq=seq, type=ThingChanged.type, data=ThingChanged(id=id_, value=value, filling=filling)
    )


async def total(service: Service) -> int:
    row = await service.database.collection("things").find_one({"_id": "sum"})
    return row["value"] if row else 0


async def seen(service: Service) -> list[int]:
    row = await service.database.collection("things").find_one({"_id": "sum"})
    return row["seen"] if row else []


async def value(service: Service, id_: str) -> int | None:
    row = await service.database.collection("things").find_one({"_id": id_})
    return row["value"] if row else None


async def open_letters(service: Service) -> list[dict[str, Any]]:
    return await service.database.collection("_dead_letters").find({"state": "open"}).sort("offset", 1).to_list(None)
