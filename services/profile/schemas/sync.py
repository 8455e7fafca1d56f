"""The HTTP bodies of the intake of sync events."""

from datetime import datetime

from pydantic import BaseModel, Field


class SyncAccepted(BaseModel):
    """Stored, and on its way to be heard; `GET /v1/sync/{id}` tells how far."""

    id: str
    count: int


class Taken(BaseModel):
    """What another system sent in its own form; `id` as of a call of sync events, null where nothing was for us."""

    id: str | None
    accepted: int
    passed_over: int = Field(description="What is not about a customer, or came twice in the call.")


class SyncRefused(BaseModel):
    """An event that contradicts what is known; it is among the dead letters, to be replayed or discarded."""

    source: str
    event_id: str
    code: str
    reason: str


class SyncProgress(BaseModel):
    """What became of the events of one call."""

    id: str
    at: datetime
    count: int
    applied: int = Field(description="Heard; also those that were heard before under the same source and id.")
    waiting: int
    refused: list[SyncRefused]
