"""What all payloads share: the base models and the types of their fields."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


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

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A label a person gave: a tag, a property's name, an integration's name."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An identifier; opaque, never parsed."""


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
    """The `data` of an event that comes from outside."""

    type: ClassVar[str]
