"""Records as other languages and tools write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sounding_contracts.envelope import AnyPayload, DecodeError, decode
from sounding_contracts.integrations import CustomerSync, SurveyTrigger

TYPES: dict[str, type[AnyPayload]] = {CustomerSync.type: CustomerSync, SurveyTrigger.type: SurveyTrigger}
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
        (rb'{"first_name":"\u202eada\u0000"}', "first_name", "\u202eada\x00"),
        ('{"first_name":"e\u0301"}'.encode(), "first_name", "e\u0301"),
    ],
)
def test_text_is_read_however_it_was_escaped(data: bytes, name: str, wanted: object) -> None:
    event = _read(b"{" + HEAD + b',"data":' + data + b"}")

    assert getattr(event.data, name) == wanted


def test_a_byte_order_mark_before_the_json_is_passed_over() -> None:
    body = b"{" + HEAD + b',"data":{"first_name":"Ada"}}'

    assert _read(b"\xef\xbb\xbf" + body).data == _read(body).data
    with pytest.raises(DecodeError):
        _read(b"\xef\xbb" + body)


def test_the_order_of_the_members_means_nothing() -> None:
    body = b'{"data":{"properties":{"b":1,"a":2},"email":"a@example.com"},"time":"2026-11-23T10:00:00Z",' + HEAD + b"}"

    assert (_read(body).id, _read(body).data.email) == ("1", "a@example.com")


@pytest.mark.parametrize(("seq", "wanted"), [(b"3", 3), (b"3.0", 3), (b'"3"', 3)])
def test_a_seq_is_a_whole_number_however_it_was_written(seq: bytes, wanted: int) -> None:
    assert _read(b"{" + HEAD + b',"seq":' + seq + b',"data":{}}').seq == wanted


@pytest.mark.parametrize("seq", [b"0", b"-1", b"1.5", b"true", b'"x"', b'"1_0"', b'"\xc2\xb2"', b"1e400", b"[]", b"{}"])
def test_a_seq_that_is_none_is_refused(seq: bytes) -> None:
    with pytest.raises(DecodeError, match="seq"):
        _read(b"{" + HEAD + b',"seq":' + seq + b',"data":{}}')


@pytest.mark.parametrize(
    ("number", "wanted"), [(b"9", 9), (b"9.0", 9.0), (b"9e2", 900.0), (b"-0.5", -0.5), (b"true", True)]
)
def test_numbers_are_read_as_they_are_meant(number: bytes, wanted: object) -> None:
    event = _read(b"{" + HEAD + b',"data":{"properties":{"n":' + number + b"}}}")

    assert event.data.properties["n"] == wanted
    assert isinstance(event.data.properties["n"], bool) is isinstance(wanted, bool)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[]", "data: must be a JSON object"),
        (b'{"fist_name":"Ada"}', "data.fist_name: is not a field that may be sent"),
        (b'{"first_name":5}', "data.first_name: must be a text"),
        (b'{"deleted":null}', "data.deleted: must be true or false"),
        (b'{"tags":"nps"}', "data.tags: must be a list of at most 500 texts"),
        (b'{"tags":["nps",""]}', "data.tags: must be a list of at most 500 texts"),
        (b'{"tags":{"ad":["nps"]}}', "data.tags: must be a list of at most 500 texts"),
        (b'{"tags":[' + b'"a",' * 500 + b'"b"]}', "data.tags: must be a list of at most 500 texts"),
        (b'{"properties":{"n":{"a":1}}}', "data.properties.n: must be a text of at most 5,000 characters, a number"),
        (b'{"properties":{"n":[1]}}', "data.properties.n: must be a text of at most 5,000 characters, a number"),
        (b'{"properties":{"n":1e400}}', "data.properties.n: must be a text of at most 5,000 characters, a number"),
        (b'{"properties":{"a.b":1}}', "data.properties: the property name 'a.b' may not hold a dot"),
    ],
)
def test_what_is_refused_is_named_in_words_for_its_writer(data: bytes, said: str) -> None:
    with pytest.raises(DecodeError) as refused:
        _read(b"{" + HEAD + b',"data":' + data + b"}")

    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("payload", [b'{"a":1e400}', b'{"a":[99999999999999999999]}', rb'{"a":{"b\u0000":1}}'])
def test_facts_of_a_trigger_that_no_store_takes_are_refused(payload: bytes) -> None:
    body = b'{"specversion":"1.0","id":"1","source":"shop","type":"survey.trigger","data":'
    body += b'{"trigger":"order.delivered","customer":{"external_id":"s-1"},"payload":' + payload + b"}}"

    with pytest.raises(DecodeError, match=r"data\.payload"):
        decode(body, [], TYPES)


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
