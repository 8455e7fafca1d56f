"""The HTTP bodies of alerts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.feedback.domain.alert import Alert, Rhythm
from services.feedback.domain.webhook import Format

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class DigestBody(BaseModel):
    """When a digest is sent."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    hour: int = Field(default=8, ge=0, le=23, description="Of the day, in the zone.")
    weekday: int = Field(default=1, ge=1, le=7, description="Of a weekly one; 1 is Monday.")
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "UTC"


class AlertEdit(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    filter: dict[str, Any] = Field(default_factory=dict, description="Which answers; empty: all.")
    url: Url = Field(
        default="",
        description="https, or `mailto:` and a mailbox; addresses of one's own network only where an operator allows them.",
    )
    format: Format = Format.STANDARD
    rhythm: Rhythm = Rhythm.AT_ONCE
    digest: DigestBody = Field(default_factory=DigestBody)
    active: bool = Field(default=True, description="Answers given while it is on, and only those, raise it.")


class AlertDraft(AlertEdit):
    """An alert to be made."""

    name: Name
    url: Url


class AlertBody(BaseModel):
    """A rule: of which answers somebody is told, and where."""

    id: str
    name: str
    filter: dict[str, Any]
    url: str
    format: Format
    rhythm: Rhythm
    digest: DigestBody
    active: bool
    active_since: datetime | None
    created_at: datetime
    changed_at: datetime
    seq: int

    @classmethod
    def of(cls, alert: Alert) -> "AlertBody":
        """From the domain; without secrets."""
        values = {name: getattr(alert, name) for name in AlertBody.model_fields.keys() - {"active"}}
        return cls.model_validate({**values, "active": alert.active_since is not None}, from_attributes=True)


class AlertWithSecret(AlertBody):
    """An alert with the secret that signs; it is shown this once."""

    secret: str

    @classmethod
    def made(cls, alert: Alert) -> "AlertWithSecret":
        """From the domain."""
        return cls(**AlertBody.of(alert).model_dump(), secret=alert.secrets[-1].text)


class AlertList(BaseModel):
    """All alerts."""

    items: list[AlertBody]


class NoticeBody(BaseModel):
    """What was told in one go, or is to be."""

    id: str
    state: str = Field(description="`waiting`, `delivered`, `gave_up` (after three days), `dropped` (nothing left).")
    count: int = Field(description="How many answers.")
    due_at: datetime
    attempts: int
    status: int | None = Field(description="What the receiver answered last; null: it did not.")
    fault: str | None
    next_try_at: datetime | None
    ended_at: datetime | None


class NoticePage(BaseModel):
    """The log of an alert, newest first."""

    items: list[NoticeBody]
