"""What outbox told others, read back."""

from sounding_contracts.brands import BrandChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event

from services.outbox.domain.deliverability import Evidence, Status
from services.outbox.domain.dispatch import Dispatch, Phase, Reply, State
from services.outbox.domain.mail import Brand
from services.outbox.domain.restoring import Standing

_SAME = (
    *("customer_id", "campaign_id", "reason", "channel", "state_reason", "reminder_number", "reminds_of", "again_of"),
    *("template_id", "template_version", "brand_id", "subject_line", "language", "message_id"),
    *("requested_at", "expires_at", "sent_at", "delivered_at", "opened_at", "clicked_at", "responded_at"),
    *("ended_at", "changed_at"),
)


def record_told(event: Event[DispatchChanged]) -> Dispatch | None:
    """A survey record as others know it."""
    told = event.data
    if told is None or event.seq is None:
        return None
    state = State(told.state)
    reply = told.smtp_reply
    return Dispatch(
        id=told.id,
        seq=event.seq,
        state=state,
        phase=Phase.QUEUED if state is State.QUEUED else Phase.DONE,
        cycle=1,
        next_try_at=told.requested_at,
        asked_template_id=told.template_id,
        smtp_reply=Reply(code=reply.code, text=reply.text, at=reply.at) if reply else None,
        **{name: getattr(told, name) for name in _SAME},
    )


def standing_told(event: Event[DeliverabilityChanged]) -> Standing | None:
    """How a customer stands, as others know it."""
    told = event.data
    if event.seq is None or event.subject is None:
        return None
    if told is None:
        return Standing(id=event.subject, seq=event.seq, erased=True)
    said = told.evidence
    return Standing(
        id=told.customer_id,
        seq=event.seq,
        status=Status(told.status) if told.status else None,
        evidence=Evidence(**said.model_dump()) if said else None,
        paused_until=told.paused_until,
        refused_campaigns=tuple(told.refused_campaigns),
        refused_brands=tuple(told.refused_brands),
        rests_until=told.resting_until,
        changed_at=told.changed_at,
    )


def brand_told(event: Event[BrandChanged]) -> Brand | None:
    """A brand as others know it."""
    told = event.data
    if told is None or event.seq is None:
        return None
    return Brand(seq=event.seq, **told.model_dump(exclude={"changed_at"}))
