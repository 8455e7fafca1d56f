"""Who may be surveyed."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.wishes import What, Wish
from services.outbox.schemas.fields import Line

Id = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class Reason(BaseModel):
    """Why, in the words of who does it."""

    model_config = ConfigDict(extra="forbid")

    note: Line | None = None


class DeliverabilityBody(BaseModel):
    """Whether a customer may be surveyed; `status` null: yes."""

    customer_id: str
    status: str | None
    evidence: dict[str, Any] | None
    paused_until: datetime | None = None
    refused_campaigns: list[str] = []
    refused_brands: list[str] = []
    resting_until: datetime | None = None
    changed_at: datetime

    @classmethod
    def of(cls, gate: Gate, now: datetime) -> "DeliverabilityBody":
        """From the domain."""
        return cls(
            customer_id=gate.id,
            status=str(gate.status) if gate.status else None,
            evidence=asdict(gate.evidence) if gate.evidence else None,
            paused_until=gate.paused_until,
            refused_campaigns=list(gate.refused_campaigns),
            refused_brands=list(gate.refused_brands),
            resting_until=gate.rests_until,
            changed_at=gate.changed_at or now,
        )


class PreferencesBody(BaseModel):
    """What a customer wants: no survey, none of a campaign or brand, a rest until a moment, or all of them again."""

    model_config = ConfigDict(extra="forbid")

    wish: What
    campaign_id: Id | None = None
    brand_id: Id | None = None
    until: AwareDatetime | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = {What.NO_CAMPAIGN: "campaign_id", What.NO_BRAND: "brand_id", What.REST: "until"}.get(self.wish)
        if needed is not None and getattr(self, needed) is None:
            msg = f"{self.wish} needs {needed}"
            raise ValueError(msg)
        return self

    def asked(self, now: datetime, actor: str) -> Wish:
        """As the domain has it."""
        evidence = Evidence(at=now, cause="user", actor=actor, note=self.note)
        return Wish(
            what=self.wish,
            evidence=evidence,
            campaign_id=self.campaign_id,
            brand_id=self.brand_id,
            until=self.until,
        )


class ConsentBody(BaseModel):
    """One thing that a customer, or somebody for it, wished for."""

    at: datetime
    wish: str = Field(description="`none`, `no-brand`, `no-campaign`, `rest` or `again`.")
    cause: str = Field(description="`recipient`, `user`, `integration`, `complaint`.")
    actor: str | None
    dispatch_id: str | None
    campaign_id: str | None
    brand_id: str | None
    until: datetime | None
    note: str | None


class ConsentList(BaseModel):
    """What a customer wished for, the newest first."""

    items: list[ConsentBody]
