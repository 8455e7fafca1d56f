"""Who may be surveyed, as others see it."""

from datetime import datetime

from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.deliverability import Evidence as EvidenceBody

from services.outbox.domain.deliverability import Gate


def deliverability_changed(gate: Gate, now: datetime) -> DeliverabilityChanged:
    """Whether a customer may be surveyed, as others see it."""
    evidence = gate.evidence
    return DeliverabilityChanged(
        customer_id=gate.id,
        status=str(gate.status) if gate.status else None,
        evidence=EvidenceBody(
            at=evidence.at,
            cause=evidence.cause,
            actor=evidence.actor,
            campaign_id=evidence.campaign_id,
            dispatch_id=evidence.dispatch_id,
            smtp_reply=evidence.smtp_reply,
            note=evidence.note,
        )
        if evidence
        else None,
        paused_until=gate.paused_until,
        refused_campaigns=list(gate.refused_campaigns),
        refused_brands=list(gate.refused_brands),
        resting_until=gate.rests_until,
        changed_at=gate.changed_at or now,
    )
