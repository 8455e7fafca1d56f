"""Bounces and complaints as others see them."""

from sounding_contracts.bounces import BounceRecorded, ComplaintRecorded

from services.outbox.domain.bounces import Kind
from services.outbox.domain.returned import Fact


def bounce_recorded(fact: Fact) -> BounceRecorded | ComplaintRecorded:
    """A mail came back, or was complained about."""
    if fact.kind == Kind.COMPLAINT:
        return ComplaintRecorded(
            id=fact.id,
            customer_id=fact.customer_id,
            dispatch_id=fact.dispatch_id,
            campaign_id=fact.campaign_id,
            evidence=fact.evidence,
            occurred_at=fact.occurred_at,
        )
    return BounceRecorded(
        id=fact.id,
        customer_id=fact.customer_id,
        dispatch_id=fact.dispatch_id,
        campaign_id=fact.campaign_id,
        kind=fact.kind,
        status=fact.status,
        evidence=fact.evidence,
        occurred_at=fact.occurred_at,
    )
