"""What was once promised to look like this is read for ever, by the contracts, the schemas and every service."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, ClassVar

import jsonschema
import pytest
from pydantic import Field
from sounding_contracts import topics
from sounding_contracts.envelope import AnyPayload, DecodeError, Event, decode, encode
from sounding_contracts.integrations import CustomerSync
from sounding_contracts.payload import ClosedPayload
from sounding_contracts.responses import ResponseChanged

from chassis.service import Service
from tests.contracts import golden as records
from tests.contracts.golden import CONTRACTS, Golden, all_services, keep_the_promise
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

every_record = pytest.mark.parametrize("golden", records.ALL, ids=lambda golden: golden.name)
every_value = pytest.mark.parametrize("golden", records.VALUES, ids=lambda golden: golden.name)


def _schema(golden: Golden) -> Any:
    text = (CONTRACTS / "schemas" / f"{golden.event_type}.v1.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(
        json.loads(text), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def test_every_type_has_a_full_and_a_smallest_record() -> None:
    names = {golden.name for golden in records.ALL}

    assert {f"{type_}.v1/{name}" for type_ in records.TYPES for name in ("full", "smallest")} <= names


def test_no_golden_record_was_changed_or_taken_away() -> None:
    """A file that fails here was a promise: leave it as it was, and add a version or another file instead."""
    lines = (records.FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: sum_ for sum_, name in (line.split("  ", 1) for line in lines)}

    found = {f"{golden.name}.json": hashlib.sha256(golden.file.read_bytes()).hexdigest() for golden in records.ALL}

    assert found == sums


@every_record
def test_a_golden_record_is_read_and_written_as_it_is(golden: Golden) -> None:
    assert golden.payload in golden.topic.types
    keep_the_promise(golden)


@pytest.mark.parametrize("type_", records.TYPES)
def test_every_field_is_in_a_full_record_or_in_one_made_when_the_field_came(type_: str) -> None:
    found = [one for one in records.VALUES if one.event_type == type_]
    wanted = set(records.TYPES[type_].model_fields)

    assert set().union(*(one.value["data"] for one in found)) == wanted


class FieldThatMustBe(ResponseChanged):
    sentiment: str


class FieldThatIsNarrower(ResponseChanged):
    score: Annotated[int, Field(le=5)]


class FieldUnderAnotherName(ResponseChanged):
    comment: str | None = Field(default=None, alias="text")


class FieldOfAnotherType(ResponseChanged):
    score: str  # type: ignore[assignment]


class FieldThatIsGone(ResponseChanged):
    comment: ClassVar[None] = None  # type: ignore[misc]


@pytest.mark.parametrize(
    "broken", [FieldThatMustBe, FieldThatIsNarrower, FieldUnderAnotherName, FieldOfAnotherType, FieldThatIsGone]
)
def test_a_version_that_breaks_the_promise_is_found(broken: type[AnyPayload]) -> None:
    (golden,) = (one for one in records.ALL if one.name == "response.changed.v1/full")
    keep_the_promise(golden)

    with pytest.raises((AssertionError, DecodeError)):
        keep_the_promise(golden, broken)


def test_a_version_with_one_more_field_that_may_be_absent_keeps_the_promise() -> None:
    class OneMore(ResponseChanged):
        sentiment: str | None = None

    (golden,) = (one for one in records.ALL if one.name == "response.changed.v1/smallest")
    keep_the_promise(golden, OneMore)


def test_what_an_integration_leaves_out_is_not_written_as_null() -> None:
    event = Event(
        id="1",
        source="shop",
        type=CustomerSync.type,
        subject="s-1",
        time=None,
        data=CustomerSync.model_validate({"email": "a@example.com", "city": None, "tags": {"add": ["nps"]}}),
    )

    written = json.loads(encode(event) or b"")

    assert written["data"] == {"email": "a@example.com", "city": None, "tags": {"add": ["nps"]}}


@every_value
def test_its_schema_takes_the_golden_record(golden: Golden) -> None:
    schema = _schema(golden)
    schema.check_schema(schema.schema)

    assert list(schema.iter_errors(golden.value)) == []


def _broken(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("specversion", "id", "source", "type", "data"):
        yield {key: part for key, part in value.items() if key != name}
    yield {**value, "specversion": "0.3"}
    yield {**value, "id": ""}
    yield {**value, "data": []}
    for name in _required(value):
        yield {**value, "data": {key: part for key, part in value["data"].items() if key != name}}
        yield {**value, "data": {**value["data"], name: {"of": "another kind"}}}


def _required(value: dict[str, Any]) -> list[str]:
    return [name for name, field in records.TYPES[value["type"]].model_fields.items() if field.is_required()]


@every_value
def test_schema_and_reader_refuse_the_same(golden: Golden) -> None:
    schema = _schema(golden)
    for value in _broken(golden.value):
        assert list(schema.iter_errors(value))
        with pytest.raises(DecodeError):
            decode(json.dumps(value).encode(), [], {golden.event_type: golden.payload})


@every_value
def test_a_field_from_the_future_is_passed_over_in_ours_and_refused_in_theirs(golden: Golden) -> None:
    value = {**golden.value, "data": {**golden.value["data"], "field_from_the_future": 1}}
    body, types = json.dumps(value).encode(), {golden.event_type: golden.payload}

    if issubclass(golden.payload, ClosedPayload):
        assert list(_schema(golden).iter_errors(value))
        with pytest.raises(DecodeError, match=r"data\.field_from_the_future"):
            decode(body, [], types)
    else:
        assert list(_schema(golden).iter_errors(value)) == []
        assert decode(body, [], types).data == golden.read().data


async def _not_met(services: Sequence[Service]) -> list[str]:
    """What golden records no inbox remembers, of all that are read."""
    missing: list[str] = []
    for service in services:
        rows = await service.database.collection("_inbox").find({}, {"_id": 1}).to_list(None)
        met = {row["_id"] for row in rows}
        wanted = {
            golden.inbox_id(one.purpose)
            for one in service.streams.subscriptions
            for golden in records.ALL
            if golden.topic == one.topic
        }
        missing += [f"{service.name}: {id_}" for id_ in sorted(wanted - met)]
    return missing


async def test_every_service_reads_every_golden_record(infrastructure: Shared, prefix: Prefix) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    for golden in records.ALL:
        await deployment.publish_raw(golden.topic, golden.body, key=golden.key, headers=golden.headers)
    services = all_services(deployment)

    async def all_met() -> bool:
        assert await _not_met(services) == []
        return True

    async with AsyncExitStack() as stack:
        for service in services:
            await stack.enter_async_context(service.running(["streams"]))
        await eventually(all_met)
        for service in services:
            assert await service.database.collection("_dead_letters").find().to_list(None) == [], service.name
    deployment.close()
