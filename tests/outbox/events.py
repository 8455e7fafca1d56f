"""Events that outbox reads, and what it is given over HTTP, with valid defaults."""

from datetime import datetime, timedelta
from typing import Any

from sounding_contracts import topics
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.envelope import AnyPayload, Event
from sounding_contracts.responses import ResponseChanged
from sounding_contracts.topics import Topic

from chassis.clock import now
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template, Text

QUESTION = {"question": "Would you recommend us?", "low_label": "No", "high_label": "Yes"}
BRAND = Brand(id="b", name="Northlight", sender_name="Northlight", sender_email="ask@northlight.example")
MJML = """<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{ first_name }} of {{ company }}</mj-text>
<mj-text>{{ question }}</mj-text><mj-text>{{ nps_scale }}</mj-text>
<mj-text><a href="{{ unsubscribe_url }}">No more</a></mj-text></mj-column></mj-section></mj-body></mjml>"""
PLAIN = "Hello {{ first_name }}\n\n{{ question }}\n\n{{ nps_scale }}\n\nNo more: {{ unsubscribe_url }}\n"
TEXT = Text(subject="One question, {{ first_name }}", mjml=MJML, text=PLAIN)
TEMPLATE = Template(id="t", name="Relationship", languages={"en": TEXT})


def waiting(id_: str, now: datetime, campaign_id: str = "nps") -> Dispatch:
    """A survey for Ada, asked for at this moment and not sent yet."""
    return Dispatch(
        id=id_,
        customer_id="ada",
        campaign_id=campaign_id,
        reason="initial",
        cycle=1,
        next_try_at=now,
        requested_at=now,
        expires_at=now + timedelta(hours=48),
        changed_at=now,
    )


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


def customer(id: str, seq: int = 1, **more: Any) -> Event[Any]:
    address = more.pop("email", f"{id}@example.com")
    values = {
        "email": address,
        "canonical_email": address.lower() if address else None,
        "first_name": "Ada",
        "source": "crm",
        "created_at": now(),
        "changed_at": now(),
        **more,
    }
    return event(topics.PROFILE_CUSTOMERS, id, seq, CustomerChanged(id=id, **values))


def erased(id: str, seq: int | None = None) -> Event[Any]:
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
        "questions": {"en": QUESTION},
        "created_at": now(),
        "changed_at": now(),
        **more,
    }
    return event(topics.SCHEDULER_CAMPAIGNS, id, seq, CampaignChanged(id=id, **values))


def request(id: str, customer_id: str, **more: Any) -> Event[Any]:
    values = {
        "campaign_id": "nps",
        "reason": "initial",
        "requested_at": now(),
        "not_before": now() - timedelta(minutes=1),
        "expires_at": now() + timedelta(hours=48),
        **more,
    }
    data = DispatchRequested(dispatch_id=id, customer_id=customer_id, **values)
    return event(topics.SCHEDULER_DISPATCH_REQUESTS, customer_id, None, data)


def response(dispatch_id: str, customer_id: str, **more: Any) -> Event[Any]:
    values = {
        "metric": "nps",
        "score": 9,
        "score_class": "promoter",
        "answered_at": now(),
        "changed_at": now(),
        **more,
    }
    data = ResponseChanged(id=f"r-{dispatch_id}", customer_id=customer_id, dispatch_id=dispatch_id, **values)
    return event(topics.FEEDBACK_RESPONSES, f"r-{dispatch_id}", 1, data)
