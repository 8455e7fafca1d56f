"""What a schema lets pass, its reader takes: who checks an event before publishing it is not refused later."""

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from sounding_contracts.envelope import DecodeError, Event, decode

from chassis.errors import Refusal
from services.profile.events import statement_of
from tests.contracts import golden as records
from tests.contracts.golden import CONTRACTS, Golden

FORMATS = jsonschema.FormatChecker(formats=())
ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x",
    "$x",
    " $x",
    "manual",
    "CSV",
    "user:ada",
    "2026-11-23T10:00:00",
    "x" * 201,
    "x" * 1025,
    "x" * 5001,
    0,
    -1,
    1.5,
    2.0,
    True,
    [],
    [""],
    [" "],
    [1],
    ["x"] * 501,
    {},
    {"": 1},
    {"a.b": 1},
    {"a": None},
    {"a": {"b": 1}},
    {"add": ["x"]},
    {"add": None},
)


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", raises=ValueError)(_is_moment)


def _schema(golden: Golden) -> Any:
    text = (CONTRACTS / "schemas" / f"{golden.event_type}.v1.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text), format_checker=FORMATS)


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield (*above, name)
        yield from _places(part, (*above, name))


def _changed(value: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    """The value with one of its parts put in another's place, or taken away."""
    for place in _places(value):
        for odd in (*ODD, ...):
            changed = copy.deepcopy(value)
            part: Any = changed
            for name in place[:-1]:
                part = part[name]
            if odd is ...:
                del part[place[-1]]
            else:
                part[place[-1]] = odd
            yield place, odd, changed


def _taken(golden: Golden, value: dict[str, Any]) -> str | None:
    """None where the reader takes it, else why not."""
    try:
        event: Event[Any] = decode(json.dumps(value).encode(), [], {golden.event_type: golden.payload})
        if golden.event_type == "customer.sync":
            statement_of(event)
    except (DecodeError, Refusal) as error:
        return str(error)
    return None


@pytest.mark.parametrize("golden", records.VALUES, ids=lambda golden: golden.name)
def test_what_a_schema_lets_pass_is_taken(golden: Golden) -> None:
    schema = _schema(golden)
    verdicts = [
        (place, odd, _taken(golden, value), schema.is_valid(value)) for place, odd, value in _changed(golden.value)
    ]

    assert [(place, odd, why) for place, odd, why, valid in verdicts if valid and why] == []
    assert any(valid for *_, valid in verdicts)
    assert any(why for *_, why, _ in verdicts)


def test_a_schema_that_lets_too_much_pass_is_found() -> None:
    (golden,) = (one for one in records.VALUES if one.name == "customer.sync.v1/full")
    schema = _schema(golden)
    loose = jsonschema.Draft202012Validator({**schema.schema, "allOf": []}, format_checker=FORMATS)

    found = [value for *_, value in _changed(golden.value) if loose.is_valid(value) and _taken(golden, value)]

    assert found
    assert not any(schema.is_valid(value) for value in found)
