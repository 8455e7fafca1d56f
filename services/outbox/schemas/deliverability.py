"""Who may be surveyed."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.outbox.domain.deliverability import Gate
from services.outbox.schemas.content import Line


class Reason(BaseModel):
    """Why, in the words of who does it."""

    model_config = ConfigDict(extra="forbid")

    note: Line | None = None


class DeliverabilityBody(BaseModel):
    """Whether a customer may be surveyed; `status` null: yes."""

    customer_id: str
    status: str | None
    evidence: dict[str, Any] | None
    changed_at: datetime

    @classmethod
    def of(cls, gate: Gate, now: datetime) -> "DeliverabilityBody":
        """From the domain."""
        return cls(
            customer_id=gate.id,
            status=str(gate.status) if gate.status else None,
            evidence=asdict(gate.evidence) if gate.evidence else None,
            changed_at=gate.changed_at or now,
        )
