"""Whether the database knows all that outbox has told others: one from a backup does not, and would send it again.

What is told is stored first. So wherever a stream of ours is ahead of the database, the database has gone back.
"""

from sounding_contracts import topics

from chassis.mongo import Database
from chassis.rebuild import committed_records
from chassis.relay import LONG_AGO
from chassis.settings import ChassisSettings
from services.outbox import store
from services.outbox.domain.restoring import Told, newest

STREAMS = {topics.OUTBOX_DISPATCHES: store.DISPATCHES, topics.OUTBOX_DELIVERABILITY: store.GATES}


async def ahead(database: Database, settings: ChassisSettings) -> str | None:
    """What the streams tell that the database does not know; None where it knows all.

    Reads what was published since a sender last saw that it did. Raises where Kafka does not answer.
    """
    seen = await store.last_run(database)
    since = seen - store.CLOCKS if seen else LONG_AGO
    for topic, name in STREAMS.items():
        async for batch in committed_records(settings, topic.name, since=since):
            told = newest(_told(record.headers) for record in batch)
            if missing := await store.behind(database, name, told):
                return f"{topic.name} tells of {missing[0]} what the database does not know: was it restored from a backup?"
    return None


def _told(headers: object) -> Told | None:
    """Of whom a record is, and its seq; a bare tombstone has none."""
    found = {name: raw for name, raw in headers if raw is not None}  # type: ignore[attr-defined]
    if "ce_subject" not in found or "ce_seq" not in found:
        return None
    return found["ce_subject"].decode(), int(found["ce_seq"])
