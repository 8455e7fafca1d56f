"""Between the contracts and outbox's own words."""

from services.outbox.events.brands import brand_changed
from services.outbox.events.deliverability import deliverability_changed
from services.outbox.events.projections import campaign_of, recipient_of
from services.outbox.events.records import autoreply_of, dispatch_changed, dispatch_of

__all__ = [
    "autoreply_of",
    "brand_changed",
    "campaign_of",
    "deliverability_changed",
    "dispatch_changed",
    "dispatch_of",
    "recipient_of",
]
