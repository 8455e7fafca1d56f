"""The look at what services publish finds what is wrong with it."""

import json
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from sounding_contracts import topics

from chassis.pending import partition
from tests.contracts import golden as records
from tests.contracts.published import faults

# Of today: what is published has all fields that there are.
(GOLDEN,) = (one for one in records.ALL if one.name == "dispatch.changed.v1/sent-again")


def _record(**wrong: Any) -> Any:
    customer: str = GOLDEN.value["data"]["customer_id"]
    parts: dict[str, Any] = {
        "topic": GOLDEN.topic.name,
        "partition": partition(customer, GOLDEN.topic.partitions),
        "offset": 0,
        "timestamp": 0,
        "timestamp_type": 0,
        "key": GOLDEN.key,
        "value": GOLDEN.body,
        "checksum": None,
        "serialized_key_size": 0,
        "serialized_value_size": 0,
        "headers": GOLDEN.headers,
    }
    return ConsumerRecord(**{**parts, **wrong})


def test_a_golden_record_is_as_promised() -> None:
    assert faults(topics.OUTBOX_DISPATCHES, _record()) == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"partition": 99}, "partition"),
        ({"key": b"another"}, "key"),
        ({"headers": []}, "headers"),
        ({"value": json.dumps({**GOLDEN.value, "source": "/outbox"}).encode()}, "source"),
        ({"value": json.dumps({**GOLDEN.value, "id": "another"}).encode()}, "id"),
        ({"value": json.dumps({**GOLDEN.value, "data": {**GOLDEN.value["data"], "new": 1}}).encode()}, "field new"),
    ],
)
def test_a_record_that_is_not_is_found(wrong: dict[str, Any], named: str) -> None:
    assert named in faults(topics.OUTBOX_DISPATCHES, _record(**wrong))
