"""The HTTP bodies of outgoing webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import UtcDatetime

from services.feedback.domain.webhook import Format, Reply, Webhook

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Type = Literal["response.changed", "response.removed"]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class WebhookEdit(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    url: Url = Field(
        default="", description="https; addresses of one's own network only where an operator allows them."
    )
    types: tuple[Type, ...] = Field(
        default=("response.changed",),
        min_length=1,
        description="`response.changed`: an answer was given or changed; `response.removed`: one was taken out for good.",
    )
    filter: dict[str, Any] = Field(default_factory=dict, description="Which answers; empty: all.")
    include_provisional: bool = Field(default=False, description="Also scores that were chosen but not yet sent off.")
    format: Format = Format.STANDARD
    paused: bool = Field(default=False, description="Nothing is sent; nothing is lost.")


class WebhookDraft(WebhookEdit):
    """A webhook to be made."""

    name: Name
    url: Url


class QueueBody(BaseModel):
    """What waits for a webhook."""

    waiting: int = Field(description="Answers that it is still to be told of.")
    failing: int = Field(description="Customers whose answers are being tried again.")
    failing_since: datetime | None


class WebhookBody(BaseModel):
    """A webhook."""

    id: str
    name: str
    url: str
    types: tuple[Type, ...]
    filter: dict[str, Any]
    include_provisional: bool
    format: Format
    paused: bool
    created_at: datetime
    changed_at: datetime
    seq: int
    queue: QueueBody | None = None

    @classmethod
    def of(cls, webhook: Webhook, queue: QueueBody | None = None) -> "WebhookBody":
        """From the domain; without secrets."""
        fields = cls.model_fields.keys() - {"queue", "secret"}
        return cls(**{name: getattr(webhook, name) for name in fields}, queue=queue)


class WebhookWithSecret(WebhookBody):
    """A webhook with the secret that signs; it is shown this once."""

    secret: str

    @classmethod
    def made(cls, webhook: Webhook) -> "WebhookWithSecret":
        """From the domain."""
        return cls(**WebhookBody.of(webhook).model_dump(), secret=webhook.secrets[-1].text)


class WebhookList(BaseModel):
    """All webhooks."""

    items: list[WebhookBody]


class AttemptBody(BaseModel):
    """One attempt to tell of an answer."""

    id: str
    response_id: str
    seq: int
    at: datetime
    outcome: str = Field(description="`delivered`, `again`, `gave_up` (after three days).")
    status: int | None = Field(description="What the receiver answered; null: it did not.")
    fault: str | None
    excerpt: str = Field(description="The beginning of what it said.")
    seconds: float
    next_try_at: datetime | None


class AttemptPage(BaseModel):
    """The log of a webhook, newest first; `next` goes into `after`."""

    items: list[AttemptBody]
    next: str | None = None


class ReplayDraft(BaseModel):
    """Of which period a webhook is to be told once more."""

    model_config = ConfigDict(extra="forbid")

    since: UtcDatetime
    until: UtcDatetime


class ReplayBody(BaseModel):
    """A replay that was asked for."""

    id: str
    since: datetime
    until: datetime


class TestBody(BaseModel):
    """What came of a test."""

    __test__ = False

    delivered: bool
    status: int | None
    fault: str | None
    excerpt: str
    seconds: float

    @classmethod
    def of(cls, reply: Reply) -> "TestBody":
        """From the domain."""
        return cls(
            delivered=reply.accepted,
            status=reply.status,
            fault=reply.fault,
            excerpt=reply.excerpt,
            seconds=round(reply.seconds, 3),
        )
