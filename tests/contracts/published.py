"""Whether what services published is what the contracts promise: envelope, headers, key, partition and fields."""

import json
from typing import Any

import jsonschema
from aiokafka import ConsumerRecord
from sounding_contracts import topics
from sounding_contracts.documents import schema
from sounding_contracts.envelope import decode, record_headers
from sounding_contracts.topics import Topic

from chassis.pending import partition
from tests.deployment import Deployment

KEYS = {"customer id": "customer_id", "dispatch id": "id", "campaign id": "id", "brand id": "id", "response id": "id"}


def faults(topic: Topic, record: ConsumerRecord[bytes, bytes]) -> list[str]:
    """What is not as promised of a record that has a value."""
    types = {payload.type: payload for payload in topic.types}
    event = decode(record.value, record.headers, types, key=record.key)
    value: dict[str, Any] = json.loads(record.value)
    data = value["data"]
    validator = jsonschema.Draft202012Validator(schema(topic, types[event.type]))
    found = [error.message for error in validator.iter_errors(value)]
    fields = set(data) ^ set(types[event.type].model_fields)
    key = str(data.get(KEYS[topic.key]) or data["id"])
    chosen_by = data["customer_id"] if topic.partition_by == "customer id" else key
    promises = {
        "headers": dict(record.headers) == dict(record_headers(event)),
        "id": event.id == f"{event.subject}:{event.seq}",
        "source": event.source == topic.source,
        "key": (record.key or b"").decode() == key,
        "partition": record.partition == partition(chosen_by, topic.partitions),
    }
    return [*found, *(f"field {name}" for name in sorted(fields)), *(n for n, kept in promises.items() if not kept)]


async def published(deployment: Deployment) -> set[str]:
    """The topics on which Sounding published; fails for a record that is not as promised."""
    met = set()
    for topic in topics.ALL:
        if topic.from_outside:
            continue
        for record in await deployment.records(topic):
            assert record.value is None or faults(topic, record) == [], f"{topic.name}: {record.value!r}"
            met.add(topic.name)
    return met
