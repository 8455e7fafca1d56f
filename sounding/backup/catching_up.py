"""What a database from a backup has forgotten and its service had told others: taken back from its own streams."""

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sounding_contracts.envelope import Event
    from sounding_contracts.topics import Topic

    from chassis.mongo import Transaction

    Take = Callable[[Transaction, Sequence[Event[Any]]], Awaitable[int]]

OWNERS = ("profile", "scheduler", "feedback")
"""In the order in which they are brought up. Outbox has a way of its own: `services.outbox.jobs.reconciling`."""


async def catch_up(service: Any, told: Callable[[str, int, int], None]) -> dict[str, int]:
    """Bring a service up to all that it has told others; how many subjects of each stream were behind.

    Nobody is told again. It may be killed and begun again.
    """
    from chassis.rebuild import committed_records  # noqa: PLC0415 - slow

    takes: Mapping[Topic, Take] = importlib.import_module(f"services.{service.name}.main").TOLD
    behind = {}
    for topic, take in takes.items():
        behind[topic.name] = 0
        async for batch in committed_records(service.settings, topic.name, told):
            events = _newest(batch, topic)
            behind[topic.name] += await service.database.transact(partial(_take, topic, events, take))
    return behind


def _newest(batch: Sequence[Any], topic: "Topic") -> "list[Event[Any]]":
    """The last of each subject; a record that cannot be read is passed over, as its readers do."""
    from sounding_contracts.envelope import DecodeError, decode  # noqa: PLC0415 - slow

    types = {payload.type: payload for payload in topic.types}
    found: dict[str, Event[Any]] = {}
    for record in batch:
        try:
            event = decode(record.value, record.headers, types, key=record.key)
        except DecodeError:
            continue
        known = found.get(str(event.subject))
        if event.seq is not None and (known is None or event.seq > (known.seq or 0)):
            found[str(event.subject)] = event
    return list(found.values())


async def _take(topic: "Topic", events: "Sequence[Event[Any]]", take: "Take", tx: "Transaction") -> int:
    """In one go with what waits to be published: that was, before the database was lost, and must not come after it."""
    said = {str(event.subject): event.seq or 0 for event in events}
    rows = tx.collection("_pending")
    waiting = rows.find(
        {"topic": topic.name, "subject": {"$in": list(said)}}, {"subject": 1, "seq": 1}, session=tx.session
    )
    old = [row["_id"] for row in await waiting.to_list(None) if row["seq"] <= said[row["subject"]]]
    if old:
        await rows.delete_many({"_id": {"$in": old}}, session=tx.session)
    return await take(tx, events)
