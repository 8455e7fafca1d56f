"""The envelope of every event: CloudEvents 1.0, structured JSON, with `seq` and `traceparent`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from sounding_contracts.payload import ClosedPayload, Payload, UtcDatetime, to_utc_milliseconds

__all__ = [
    "CONTENT_TYPE",
    "DecodeError",
    "Event",
    "Payload",
    "UnknownTypeError",
    "decode",
    "encode",
    "record_headers",
]

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"

AnyPayload = Payload | ClosedPayload
P = TypeVar("P", bound=AnyPayload, covariant=True)  # noqa: PLC0105
PayloadTypes = Mapping[str, type[AnyPayload]]

MAX_SEQ_DIGITS = 18
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_REASONS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "extra_forbidden": "is not a field that may be sent",
    "missing": "is missing",
    "model_type": "must be a JSON object",
    "string_type": "must be a text",
}

_moment = TypeAdapter[datetime](UtcDatetime)


class DecodeError(ValueError):
    """A record that is not one of our events; `str()` says which field and why.

    `field` is a dotted path ("data.email") or None where the record as a whole is unreadable.
    """

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.reason = reason
        self.field = field


class UnknownTypeError(DecodeError):
    """A well-formed event of a type that this reader does not read: pass over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Generic[P]):
    """One event.

    `source` + `id` are unique. `subject` is what it is about. `time` is when it happened, UTC,
    whole milliseconds. `seq` grows by one per subject on the streams that Sounding writes and is
    None on events from outside. `data` is None on a tombstone: the subject was erased.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    data: P | None
    seq: int | None = None
    traceparent: str | None = None


def _attributes(event: Event[AnyPayload]) -> dict[str, str | int]:
    attributes: dict[str, str | int | None] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": _written(event.time) if event.time else None,
        "seq": event.seq,
        "traceparent": event.traceparent,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(event: Event[AnyPayload]) -> bytes | None:
    """The record's value: structured JSON, or None for a tombstone (then `record_headers` carry it all).

    Of what goes to Sounding only the fields that were given are written: there null clears, and absent stays.
    """
    if event.data is None:
        return None
    partial = isinstance(event.data, ClosedPayload)
    head = to_json({**_attributes(event), "datacontenttype": "application/json"})
    # The model's own serializer: to find it through a dict of many types takes twice as long.
    data = event.data.__pydantic_serializer__.to_json(event.data, exclude_unset=partial)
    return head[:-1] + b',"data":' + data + b"}"


def record_headers(event: Event[AnyPayload]) -> list[tuple[str, bytes]]:
    """The record's headers: `ce_*` attributes, so that an operator can filter without parsing."""
    headers = [(f"ce_{name}", str(value).encode()) for name, value in _attributes(event).items()]
    if event.data is not None:
        headers.append(("content-type", CONTENT_TYPE.encode()))
    return headers


def decode(
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    types: PayloadTypes,
    *,
    key: bytes | None = None,
) -> Event[Any]:
    """Read a record in structured or binary mode; a null value is a tombstone.

    `types` maps event types to payload classes. `key` names the subject of a bare tombstone.
    Raises `UnknownTypeError` for a type not in `types` that is no other version of one of them,
    `DecodeError` for everything else that cannot be read.
    """
    if value is None:
        return _tombstone(dict(_readable(headers)), key)
    attributes = _binary_attributes(headers)
    if attributes is None:
        attributes = _parsed(value)
        data = attributes.get("data") if isinstance(attributes, dict) else None
    else:
        data = _parsed(value)
    return _event(attributes, data, types)


def _readable(headers: Iterable[tuple[str, bytes | None]]) -> Iterable[tuple[str, str]]:
    for name, raw in headers:
        if raw is not None:
            yield name.lower(), raw.decode("utf-8", "replace")


def _binary_attributes(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, Any] | None:
    """The attributes in the headers in binary mode; None in structured mode, where the body has them."""
    found = dict(_readable(headers))
    if "ce_specversion" not in found or found.get("content-type", "").startswith("application/cloudevents"):
        return None
    return {name[3:]: value for name, value in found.items() if name.startswith("ce_")}


def _tombstone(headers: Mapping[str, str], key: bytes | None) -> Event[Any]:
    subject = headers.get("ce_subject") or (key or b"").decode("utf-8", "replace")
    if not subject:
        msg = "a null value without key or ce_subject names nothing"
        raise DecodeError(msg)
    seq = headers.get("ce_seq")
    return Event(
        id=headers.get("ce_id", f"tombstone:{subject}"),
        source=headers.get("ce_source", ""),
        type=headers.get("ce_type", ""),
        subject=subject,
        time=_time(headers.get("ce_time")),
        data=None,
        seq=_seq(seq) if seq is not None else None,
        traceparent=headers.get("ce_traceparent"),
    )


def _parsed(value: bytes) -> Any:
    try:
        return from_json(value.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise DecodeError(msg) from error


def _event(attributes: Any, data: Any, types: PayloadTypes) -> Event[Any]:
    if not isinstance(attributes, dict):
        msg = "not a JSON object"
        raise DecodeError(msg)
    if attributes.get("specversion") != "1.0":
        msg = 'must be "1.0"'
        raise DecodeError(msg, "specversion")
    type_ = _text(attributes, "type")
    payload_type = _payload_type(type_, types)
    if data is None:
        msg = "is missing"
        raise DecodeError(msg, "data")
    seq = attributes.get("seq")
    return Event(
        id=_text(attributes, "id"),
        source=_text(attributes, "source"),
        type=type_,
        subject=_text(attributes, "subject") if attributes.get("subject") is not None else None,
        time=_time(attributes.get("time")),
        data=_data(payload_type, data),
        seq=_seq(seq) if seq is not None else None,
        traceparent=attributes.get("traceparent") if isinstance(attributes.get("traceparent"), str) else None,
    )


def _payload_type(type_: str, types: PayloadTypes) -> type[AnyPayload]:
    known = types.get(type_)
    if known is not None:
        return known
    base, _, version = type_.rpartition(".v")
    if version.isdigit() and base in types:
        msg = f"version {version} of {base} is not known here"
        raise DecodeError(msg, "type")
    msg = f"{type_} is not read here"
    raise UnknownTypeError(msg, "type")


def _text(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not value.strip():
        msg = "must be a text that is not empty"
        raise DecodeError(msg, name)
    if len(value) > 1024:  # noqa: PLR2004
        msg = "is longer than 1,024 characters"
        raise DecodeError(msg, name)
    return value


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return to_utc_milliseconds(datetime.fromisoformat(value))
        except ValueError:
            pass
    try:
        return _moment.validate_python(value if isinstance(value, str) else None)
    except ValidationError as error:
        msg = f"must be an RFC 3339 moment with its zone, like 2026-11-23T10:00:00Z ({_reasons(error)[0][1]})"
        raise DecodeError(msg, "time") from error


def _seq(value: Any) -> int:
    in_digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_SEQ_DIGITS
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    seq = int(value) if in_digits or whole else 0
    if seq < 1:
        msg = "must be a whole number from 1"
        raise DecodeError(msg, "seq")
    return seq


def _data(payload_type: type[AnyPayload], data: object) -> AnyPayload:
    try:
        return payload_type.model_validate(data)
    except ValidationError as error:
        field, reason = _reasons(error)[0]
        raise DecodeError(reason, f"data.{field}" if field else "data") from error


def _reasons(error: ValidationError) -> Sequence[tuple[str, str]]:
    """Field and reason of each fault, without the value: it may be personal."""
    return [
        (".".join(str(part) for part in fault["loc"]), _reason(fault["type"], fault["msg"]))
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _reason(kind: str, message: str) -> str:
    """In words for whoever wrote the record, in whatever language."""
    return _REASONS.get(kind) or message.removeprefix("Value error, ")
