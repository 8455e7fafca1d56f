"""The golden records: what was once promised to look like this is read for ever, by contracts and by every service."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sounding_contracts import topics
from sounding_contracts.envelope import AnyPayload, DecodeError, decode, encode, record_headers
from sounding_contracts.payload import ClosedPayload
from sounding_contracts.topics import Topic

from chassis.service import Service
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

CONTRACTS = Path(__file__).parents[2] / "contracts"
TYPES = [(topic, payload) for topic in topics.ALL for payload in topic.types]
SERVICES = ("profile", "scheduler", "outbox", "feedback")
every_type = pytest.mark.parametrize(("topic", "payload"), TYPES, ids=[payload.type for _, payload in TYPES])


def _golden(payload: type[AnyPayload]) -> dict[str, Any]:
    golden: dict[str, Any] = json.loads((CONTRACTS / "golden" / f"{payload.type}.v1.json").read_text(encoding="utf-8"))
    return golden


def _schema(payload: type[AnyPayload]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((CONTRACTS / "schemas" / f"{payload.type}.v1.json").read_text(encoding="utf-8"))
    return schema


def _headers(golden: dict[str, Any]) -> list[tuple[str, bytes | None]]:
    return [(name, value.encode()) for name, value in golden["headers"].items()]


def _decoded(golden: dict[str, Any], payload: type[AnyPayload]) -> Any:
    value = json.dumps(golden["value"]).encode()
    return decode(value, _headers(golden), {payload.type: payload}, key=golden["key"].encode())


@every_type
def test_a_golden_record_is_read_and_written_as_it_is(topic: Topic, payload: type[AnyPayload]) -> None:
    golden = _golden(payload)

    event = _decoded(golden, payload)

    assert golden["topic"] == topic.name
    assert dict(record_headers(event)) == dict(_headers(golden))
    written = json.loads(encode(event) or b"")
    if issubclass(payload, ClosedPayload):
        written["data"] = event.data.model_dump(mode="json", exclude_unset=True)
    assert written == golden["value"]


@every_type
def test_its_schema_takes_the_golden_record(topic: Topic, payload: type[AnyPayload]) -> None:
    validator = jsonschema.Draft202012Validator(
        _schema(payload), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.check_schema(_schema(payload))

    assert list(validator.iter_errors(_golden(payload)["value"])) == []


def _broken(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("specversion", "id", "source", "type", "data"):
        yield f"without {name}", {key: part for key, part in value.items() if key != name}
    yield "another version", {**value, "specversion": "0.3"}
    yield "an empty id", {**value, "id": ""}
    yield "data that is a list", {**value, "data": []}


@every_type
def test_schema_and_reader_refuse_the_same(topic: Topic, payload: type[AnyPayload]) -> None:
    validator = jsonschema.Draft202012Validator(_schema(payload))
    for _, value in _broken(_golden(payload)["value"]):
        assert list(validator.iter_errors(value))
        with pytest.raises(DecodeError):
            decode(json.dumps(value).encode(), [], {payload.type: payload})


@every_type
def test_a_field_from_the_future_is_passed_over_in_ours_and_refused_in_theirs(
    topic: Topic, payload: type[AnyPayload]
) -> None:
    golden = _golden(payload)
    golden["value"]["data"]["field_from_the_future"] = 1

    if issubclass(payload, ClosedPayload):
        with pytest.raises(DecodeError, match=r"data\.field_from_the_future"):
            _decoded(golden, payload)
    else:
        assert _decoded(golden, payload).data is not None


def _services(deployment: Deployment) -> list[Service]:
    found = []
    for name in SERVICES:
        settings = import_module(f"services.{name}.settings").Settings(chassis=deployment.settings)
        found.append(deployment.opened(import_module(f"services.{name}.main").build(settings)))
    return found


async def _read_to_the_end(services: Sequence[Service], per_topic: dict[str, int]) -> bool:
    """Whether every reader of every topic has met its golden record."""
    for service in services:
        wanted = {one.purpose for one in service.streams.subscriptions if one.topic.name in per_topic}
        rows = await service.database.collection("_inbox").find({}, {"_id": 1}).to_list(None)
        if not wanted <= {row["_id"].split("|")[0] for row in rows}:
            return False
    return True


async def test_every_service_reads_every_golden_record(infrastructure: Shared, prefix: Prefix) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    for topic, payload in TYPES:
        golden = _golden(payload)
        value = json.dumps(golden["value"]).encode()
        await deployment.publish_raw(topic, value, key=golden["key"].encode(), headers=_headers(golden))
    services = _services(deployment)
    async with AsyncExitStack() as stack:
        for service in services:
            await stack.enter_async_context(service.running(["streams"]))
        await eventually(lambda: _read_to_the_end(services, {topic.name: 1 for topic, _ in TYPES}), within=30)
        for service in services:
            assert await service.database.collection("_dead_letters").count_documents({}) == 0, service.name
    deployment.close()
