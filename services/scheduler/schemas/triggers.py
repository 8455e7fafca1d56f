"""Bodies of triggers, and the filter over their payload."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field

from chassis import filters
from services.scheduler.domain.triggers import TriggerState, Waiting

PAYLOAD_FIELDS: Mapping[str, filters.Field] = {"payload.*": filters.Field(filters.Kind.ANY, "payload.*")}


def conditions(tree: object) -> filters.Filter:
    """Conditions, ready to be asked. Raises `Invalid` with the place and the reason."""
    return filters.parse(tree, PAYLOAD_FIELDS, place="trigger.conditions")


class TriggersAccepted(BaseModel):
    """Stored, and on their way to be heard; `GET /v1/triggers/{id}` tells what became of each."""

    count: int
    ids: list[str] = Field(description="One for each trigger, in their order; the same for the same source and id.")


class TriggerBody(BaseModel):
    """One campaign with one trigger."""

    id: str
    campaign_id: str
    source: str
    event_id: str
    type: str
    customer_id: str | None = Field(description="Null while the customer is not known.")
    state: TriggerState
    reason: str | None = Field(description="What holds it, or why it came to nothing.")
    received_at: datetime
    at: datetime = Field(description="When the survey is due.")
    give_up_at: datetime = Field(description="When it is too late for it.")
    dispatch_id: str | None
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Waiting) -> "TriggerBody":
        """A trigger as JSON."""
        values = {name: getattr(one, name) for name in cls.model_fields if name != "id"}
        return cls(id=one.trigger_id, **values)


class TriggerOutcome(BaseModel):
    """What every campaign that a trigger started made of it."""

    id: str
    campaigns: list[TriggerBody]


class TriggerPage(BaseModel):
    """Triggers; `next` goes into `after` for the following page."""

    items: list[TriggerBody]
    next: str | None = None
