"""Pending events: stored in the transaction that caused them, published by the relay after it."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiokafka.partitioner import murmur2
from sounding_contracts.envelope import CONTENT_TYPE, AnyPayload, Event, encode, record_headers

from chassis.errors import TooLarge

COLLECTION = "_pending"
BUCKETS = 256


class Stream(Protocol):
    """What must be known of a topic to publish on it; `sounding_contracts.topics.Topic` is one."""

    @property
    def name(self) -> str:
        """Its name without the deployment's prefix."""

    @property
    def source(self) -> str:
        """The CloudEvents source of its events."""

    @property
    def partitions(self) -> int:
        """How many partitions it has, for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An event to publish: the full state of `subject` under its next `seq`; `data` None erases it.

    `key` is the record's key, `partition_key` what chooses the partition; both default to the subject. `trace`: its own.
    """

    subject: str
    seq: int
    type: str
    data: AnyPayload | None
    time: datetime | None = None
    key: str | None = None
    partition_key: str | None = None
    trace: str | None = None

    @property
    def placed_by(self) -> str:
        """What chooses the partition."""
        return self.partition_key or self.key or self.subject


def row_id(stream: Stream, event: Outgoing) -> str:
    """Sorts by bucket, key, topic, subject, seq: a scan meets all of a key together, and of a subject what came first."""
    return f"{bucket(event.placed_by):02x}|{event.placed_by}|{stream.name}|{event.subject}|{event.seq:010d}"


def row(stream: Stream, event: Outgoing, trace: str | None, limit: int, at: datetime) -> dict[str, Any]:
    """The document that keeps an event until it is published."""
    cloud_event = _event(stream.source, event, trace, event.time or at)
    value = encode(cloud_event)
    if value is not None and len(value) > limit:
        code, reason = "event-too-large", f"the event would be {len(value):,} bytes; {limit:,} is the limit"
        raise TooLarge(code, reason)
    return {
        "_id": row_id(stream, event),
        "topic": stream.name,
        "source": stream.source,
        "partitions": stream.partitions,
        "partition_key": event.placed_by,
        "key": event.key or event.subject,
        "subject": event.subject,
        "seq": event.seq,
        "type": event.type,
        "time": cloud_event.time,
        "traceparent": trace,
        "value": value,
        "at": at,
    }


def forwarded_row(
    stream: Stream, event: Event[AnyPayload], key: str, *, batch: str, number: int, limit: int, at: datetime
) -> dict[str, Any]:
    """As `row`, of an event that is another's: it goes out as it came, in the order of its batch."""
    value = encode(event)
    if value is not None and len(value) > limit:
        code, reason = "event-too-large", f"the event would be {len(value):,} bytes; {limit:,} is the limit"
        raise TooLarge(code, reason, field=str(number))
    return {
        "_id": f"{bucket(key):02x}|{key}|{stream.name}|{batch}|{number:010d}",
        "topic": stream.name,
        "forwarded": True,
        "partitions": stream.partitions,
        "partition_key": key,
        "key": key,
        "subject": batch,
        "seq": number,
        "type": event.type,
        "traceparent": event.traceparent,
        "value": value,
        "at": at,
    }


def _event(source: str, event: Outgoing, trace: str | None, time: datetime) -> Event[AnyPayload]:
    return Event(
        id=f"{event.subject}:{event.seq}",
        source=source,
        type=event.type,
        subject=event.subject,
        time=time,
        data=event.data,
        seq=event.seq,
        traceparent=trace,
    )


def headers(row: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """The headers of the record that a row becomes."""
    if row.get("forwarded"):
        return [("content-type", CONTENT_TYPE.encode())]
    bare = Outgoing(subject=row["subject"], seq=row["seq"], type=row["type"], data=None)
    event = _event(row["source"], bare, row["traceparent"], row["time"])
    content = [] if row["value"] is None else [("content-type", CONTENT_TYPE.encode())]
    return record_headers(event) + content


def bucket(partition_key: str) -> int:
    """0 to 255; the relay's shards share the buckets among them."""
    return zlib.crc32(partition_key.encode()) % BUCKETS


def partition(partition_key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a key."""
    hashed: int = murmur2(partition_key.encode())
    return (hashed & 0x7FFFFFFF) % partitions
