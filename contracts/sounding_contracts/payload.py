"""What all payloads share: the base models and the types of their fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints, WithJsonSchema
from pydantic_core import core_schema


def to_utc_milliseconds(value: datetime) -> datetime:
    """The same moment in UTC, cut to the milliseconds that every store keeps.

    Raises `ValueError` for a moment without a time zone: guessing one moves surveys by hours.
    """
    if value.tzinfo is None:
        msg = "the moment has no time zone; write it as 2026-11-23T10:00:00Z"
        raise ValueError(msg)
    moment = value.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


UtcDatetime = Annotated[datetime, AfterValidator(to_utc_milliseconds)]
"""An aware moment, in UTC, whole milliseconds."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"}),
]
"""A label a person gave: a tag, a property's name, an integration's name."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An identifier; opaque, never parsed."""

MAX_WHOLE = 2**63


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One reason for all that a choice of types refuses, instead of one for each type of the choice."""

    reason: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """The choice, with this reason."""
        return core_schema.custom_error_schema(
            handler(source), custom_error_type="otherwise", custom_error_message=self.reason
        )


def all_storable(value: Any) -> bool:
    """Whether every number of a JSON value is finite and within 64 bits, and every name without a NUL."""
    if isinstance(value, dict):
        return all("\x00" not in name and all_storable(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(all_storable, value))
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or -MAX_WHOLE <= value < MAX_WHOLE


class Part(BaseModel):
    """A piece of what Sounding writes. Readers ignore fields that they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Payload(Part):
    """The `data` of an event that Sounding writes: always the full state of its subject."""

    type: ClassVar[str]


class ClosedPart(BaseModel):
    """A piece of what strangers send. An unknown field is refused by its name: a typo passed over is data lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClosedPayload(ClosedPart):
    """The `data` of an event that comes from outside; `envelope` is what its schema asks of the whole event."""

    type: ClassVar[str]
    envelope: ClassVar[Mapping[str, Any]] = {}
