"""Whether mails go out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.brakes import Brake


class BrakeBody(BaseModel):
    """One time that sending was paused or let go on."""

    paused: bool
    frozen: bool
    at: datetime
    actor: str
    note: str | None

    @classmethod
    def of(cls, brake: Brake) -> "BrakeBody":
        """From the domain."""
        return cls(paused=brake.paused, frozen=brake.frozen, at=brake.at, actor=brake.actor, note=brake.note)


class SparedBody(BaseModel):
    """A destination, relay or provider that has asked for less, and what it gets now."""

    destination: str = Field(description="Whose mail servers they are, `relay:host:port`, or `api:` and the provider.")
    rate: float = Field(description="Mails a second.")
    connections: int = Field(description="Mails that may be under way at once.")
    connections_used: int
    slowed_at: datetime = Field(description="When it last asked.")


class StoppedBody(BaseModel):
    """A destination that refuses what we send by policy: nothing goes there for a while."""

    destination: str
    refused: int = Field(description="Mails that it refused within the hour.")
    sent: int = Field(description="Mails that it took meanwhile.")
    until: datetime = Field(description="When mails go there again.")


class SendingBody(BaseModel):
    """How sending stands."""

    paused: bool
    frozen: bool = Field(
        description="The database is older than what was sent; goes on when somebody has reconciled it."
    )
    held: bool = Field(description="Nothing goes out until news of customers has been read; goes on by itself.")
    customers_age_seconds: float | None = Field(
        description="How old what is known of customers may be; null where not all was ever read."
    )
    due: int = Field(description="Surveys that are due and not sent.")
    oldest_due_at: datetime | None = Field(description="Since when the first of them has been due.")
    unknown: int = Field(description="Surveys of which nobody knows whether they arrived; never sent again.")
    spared: list[SparedBody] = Field(description="Who has asked for less, the slowest first; all others have no limit.")
    stopped: list[StoppedBody] = Field(description="Who refuses what we send; goes on by itself, or when it is opened.")
    history: list[BrakeBody] = Field(description="The latest pauses and resumptions, the last one first.")


class OpenBody(BaseModel):
    """Which destination mails may go to again, and why."""

    model_config = ConfigDict(extra="forbid")

    destination: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    note: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None


class ReleaseBody(BaseModel):
    """Why sending may go on although the database may be older than what was sent."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, StringConstraints(min_length=1, max_length=500)]
