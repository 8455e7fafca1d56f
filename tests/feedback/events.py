"""Events that feedback reads, with valid defaults."""

from datetime import timedelta
from typing import Any

from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged
from sounding_contracts.campaigns import CampaignChanged, Questions
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import AnyPayload, Event
from sounding_contracts.topics import Topic

from chassis.clock import now

QUESTIONS = {
    "en": Questions(
        question="Would you recommend us?",
        low_label="No",
        high_label="Yes",
        comment_questions={"promoter": "What do you like?", "detractor": "What went wrong?", "default": "Why?"},
        thanks="A person reads this.",
    )
}


def event(topic: Topic, subject: str, seq: int | None, data: AnyPayload | None) -> Event[Any]:
    return Event(
        id=f"{subject}:{seq}",
        source=topic.source,
        type=topic.types[0].type,
        subject=subject,
        time=now(),
        data=data,
        seq=seq,
    )


def customer(id: str = "ada", seq: int = 1, **more: Any) -> Event[Any]:
    values = {
        "first_name": "Ada",
        "email": "ada@example.com",
        "canonical_email": "ada@example.com",
        "company": "Acme",
        "country": "AT",
        "language": "en",
        "tags": ["nps"],
        "properties": {"plan": "pro"},
        "source": "crm",
        "created_at": now(),
        "changed_at": now(),
        **more,
    }
    return event(topics.PROFILE_CUSTOMERS, id, seq, CustomerChanged(id=id, **values))


def erased(id: str = "ada", seq: int | None = None) -> Event[Any]:
    return event(topics.PROFILE_CUSTOMERS, id, seq, None)


def campaign(id: str = "nps", seq: int = 1, **more: Any) -> Event[Any]:
    values = {
        "name": "Relationship NPS",
        "kind": "recurring_email",
        "metric": "nps",
        "state": "active",
        "version": seq,
        "template_id": "t",
        "brand_id": "b",
        "questions": QUESTIONS,
        "created_at": now(),
        "changed_at": now(),
        **more,
    }
    return event(topics.SCHEDULER_CAMPAIGNS, id, seq, CampaignChanged(id=id, **values))


def dispatch(id: str = "d1", customer_id: str = "ada", seq: int = 1, **more: Any) -> Event[Any]:
    values = {
        "campaign_id": "nps",
        "reason": "initial",
        "state": "sent",
        "brand_id": "b",
        "requested_at": now(),
        "expires_at": now(),
        "sent_at": now() - timedelta(seconds=30),
        "changed_at": now(),
        **more,
    }
    return event(topics.OUTBOX_DISPATCHES, id, seq, DispatchChanged(id=id, customer_id=customer_id, **values))


def brand(id: str = "b", seq: int = 1) -> Event[Any]:
    data = BrandChanged(
        id=id, name="Northlight", sender_name="Northlight", sender_email="ask@northlight.example", changed_at=now()
    )
    return event(topics.OUTBOX_BRANDS, id, seq, data)
