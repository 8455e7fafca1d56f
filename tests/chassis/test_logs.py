"""Logs say what happened to which id, and nothing of a person."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError
from sounding_contracts.payload import Payload
from structlog.processors import format_exc_info

from chassis import logs, telemetry
from chassis.errors import Conflict
from chassis.logs import get_logger
from chassis.mongo import Transaction
from chassis.streams import Event
from tests.chassis.conftest import Lines
from tests.chassis.toy import FACTS, add, fact, open_letters, seen, toy
from tests.chassis.web import broken, served, web
from tests.deployment import Deployment
from tests.waiting import eventually

PERSON = ("ada@example.com", "Lovelace", "Ada")


def _clean(lines: Sequence[dict[str, Any]]) -> None:
    """Asserts that something was logged, and nothing of the person."""
    assert lines
    for told in PERSON:
        assert told not in str(lines)


def _duplicate() -> DuplicateKeyError:
    return DuplicateKeyError('E11000 dup key: { email: "ada@example.com", name: "Ada Lovelace" }', 11000)


async def test_an_error_of_a_request_is_logged_with_type_and_place_but_not_with_what_it_quotes(
    deployment: Deployment, logged: Lines
) -> None:
    try:
        raise KeyError(PERSON[1]) from _duplicate()
    except KeyError as error:
        broken["now"] = error
    async with served(web(deployment)) as client:
        await client.get("/break/now", params={"email": "ada@example.com"})

    _clean(logged())
    (line,) = [line for line in logged() if line["event"] == "request.failed"]
    assert "builtins.KeyError" in line["exception"]
    assert "pymongo.errors.DuplicateKeyError" in line["exception"]
    assert "tests/chassis/web.py" in line["exception"]


def test_an_error_rendered_whole_would_tell_of_the_person(monkeypatch: pytest.MonkeyPatch, logged: Lines) -> None:
    """The wrong variant, which is what structlog does by itself."""
    shared = [format_exc_info if step is logs._trace else step for step in logs._SHARED if step is not logs._mask]
    monkeypatch.setattr(logging.getLogger().handlers[0].formatter, "foreign_pre_chain", shared)
    try:
        raise _duplicate()
    except DuplicateKeyError:
        logging.getLogger("some.library").exception("cannot store")

    with pytest.raises(AssertionError):
        _clean(logged())


def test_what_a_library_logs_by_itself_is_written_without_addresses_and_quotes(logged: Lines) -> None:
    try:
        raise _duplicate()
    except DuplicateKeyError:
        logging.getLogger("some.library").exception("cannot store %s for <%s>", "it", "ada@example.com")
    get_logger("ours").warning("mail.refused", answer="550 5.1.1 <ada@example.com>: unknown", to=["id-1"])

    _clean(logged())
    assert [line["event"] for line in logged()] == ["cannot store it for <…@…>", "mail.refused"]
    assert logged()[1]["answer"] == "550 5.1.1 <…@…>: unknown"


def test_a_password_in_an_address_is_not_written(logged: Lines) -> None:
    get_logger("ours").warning("server.away", error="mongodb://me:hunter2@db.example.com/x")

    assert "hunter2" not in str(logged())


def test_an_error_of_code_or_machine_keeps_its_text(logged: Lines) -> None:
    try:
        raise ConnectionRefusedError(111, "refused")
    except OSError:
        get_logger("ours").exception("server.away")

    assert "refused" in logged()[0]["exception"]


async def test_a_bad_record_leaves_its_place_in_the_logs_and_its_content_in_the_dead_letters(
    deployment: Deployment, logged: Lines
) -> None:
    body = (
        b'{"specversion":"1.0","id":"1","source":"crm","subject":"s","type":"thing.happened",'
        b'"data":{"value":"Ada Lovelace <ada@example.com>"}}'
    )
    service = toy(deployment, FACTS, _refusing_two)
    await deployment.publish_raw(FACTS, body)
    await deployment.publish(FACTS, fact("e1", 1), fact("e2", 2))

    async with service.running(["streams"]):
        await eventually(lambda: seen(service))

    _clean(logged())
    letters = await open_letters(service)
    assert [letter["_id"] for letter in letters] == [
        line["id"] for line in logged() if line["event"] == "dead_letter.recorded"
    ]
    assert "ada@example.com" in letters[1]["reason"]


async def _refusing_two(events: Sequence[Event[Any]], tx: Transaction) -> None:
    if any(event.data and event.data.value == 2 for event in events):
        code, reason = "address-taken", "Ada Lovelace has ada@example.com."
        raise Conflict(code, reason)
    await add(events, tx)


async def test_a_handler_that_breaks_on_a_person_logs_the_fault_without_them(
    deployment: Deployment, logged: Lines
) -> None:
    async def broken_handler(events: Sequence[Event[Any]], tx: Transaction) -> None:
        if not failures:
            await add(events, tx)
            return
        failures.pop()
        Person.model_validate({"email": PERSON[0], "age": PERSON[1]})

    failures = [1]
    service = toy(deployment, FACTS, broken_handler)
    await deployment.publish(FACTS, fact("e1", 1))

    async with service.running(["streams"]):
        await eventually(lambda: seen(service))

    _clean(logged())
    (line,) = [line for line in logged() if line["event"] == "consumer.failed"]
    assert "ValidationError" in line["exception"]


class Person(Payload):
    email: str
    age: int


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_every_line_says_when_how_grave_and_which_service(logged: Lines, level: str) -> None:
    getattr(get_logger("ours"), level)("thing.happened", id="t-1")

    assert [set(line) >= {"event", "timestamp", "level", "service", "logger", "id"} for line in logged()] == (
        [] if level == "debug" else [True]
    )


def test_lines_within_a_trace_name_it_so_that_those_of_several_services_can_be_joined(logged: Lines) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    with telemetry.span("work", parent=f"00-{trace}-b7ad6b7169203331-01"):
        get_logger("test").info("thing.done")
    get_logger("test").info("thing.left")

    assert [line.get("trace_id") for line in logged()] == [trace, None]
