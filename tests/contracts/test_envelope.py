"""Records as other languages and tools write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sounding_contracts.envelope import DecodeError, decode
from sounding_contracts.integrations import CustomerSync

TYPES = {CustomerSync.type: CustomerSync}
HEAD = b'"specversion":"1.0","id":"1","source":"shop","type":"customer.sync","subject":"s-1"'


def _read(body: bytes, *headers: tuple[str, bytes | None]) -> Any:
    return decode(body, headers, TYPES)


@pytest.mark.parametrize(
    ("data", "name", "wanted"),
    [
        (rb'{"first_name":"Jos\u00e9"}', "first_name", "José"),
        ('{"first_name":"José"}'.encode(), "first_name", "José"),
        (rb'{"first_name":"\ud83d\ude00"}', "first_name", "😀"),
        (rb'{"first_name":"A\/B"}', "first_name", "A/B"),
        (rb'{ "first_name" : "Ada" , "city" : null }', "first_name", "Ada"),
        (rb'{"first_name":"  Ada "}', "first_name", "Ada"),
        (rb'{"city":null}', "city", None),
    ],
)
def test_text_is_read_however_it_was_escaped(data: bytes, name: str, wanted: object) -> None:
    event = _read(b"{" + HEAD + b',"data":' + data + b"}")

    assert getattr(event.data, name) == wanted


@pytest.mark.parametrize(
    ("number", "wanted"), [(b"9", 9), (b"9.0", 9.0), (b"9e2", 900.0), (b"-0.5", -0.5), (b"true", True)]
)
def test_numbers_are_read_as_they_are_meant(number: bytes, wanted: object) -> None:
    event = _read(b"{" + HEAD + b',"data":{"properties":{"n":' + number + b"}}}")

    assert event.data.properties["n"] == wanted
    assert isinstance(event.data.properties["n"], bool) is isinstance(wanted, bool)


@pytest.mark.parametrize(
    "text",
    [
        b"2026-11-23T10:00:00Z",
        b"2026-11-23T10:00:00+00:00",
        b"2026-11-23T11:00:00+01:00",
        b"2026-11-23T10:00:00.000Z",
        b"2026-11-23T10:00:00.000000000Z",
        b"2026-11-23t10:00:00z",
    ],
)
def test_one_moment_is_one_moment_however_it_was_written(text: bytes) -> None:
    event = _read(b"{" + HEAD + b',"time":"' + text + b'","data":{}}')

    assert event.time == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", [b'"2026-11-23T10:00:00"', b'"yesterday"', b"1763892000", b'"2026-11-23"'])
def test_a_moment_without_a_zone_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(DecodeError, match="time"):
        _read(b"{" + HEAD + b',"time":' + text + b',"data":{}}')


def test_binary_mode_has_its_attributes_in_the_headers() -> None:
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"1"),
        ("ce_source", b"shop"),
        ("ce_type", b"customer.sync"),
        ("CE_Subject", b"s-1"),
        ("content-type", b"application/json"),
    ]

    event = _read(b'{"email":"a@example.com"}', *headers)

    assert (event.id, event.source, event.subject, event.data.email) == ("1", "shop", "s-1", "a@example.com")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"specversion":"1.0"',
        b"{" + HEAD + b',"data":{"properties":{"n":NaN}}}',
        b"{" + HEAD + b',"data":{"properties":{"a.b":1}}}',
        b"{" + HEAD + b',"data":{"properties":{"$set":1}}}',
        b"{" + HEAD + b',"data":{"fist_name":"Ada"}}',
        b"{" + HEAD + b"}",
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        _read(body)
