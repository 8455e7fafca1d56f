"""What nobody knows the end of: settled by hand, and only then, by an explicit act, sent again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .dispatch import Dispatch, Phase, State

ARRIVED, NOT_ARRIVED = "settled-as-delivered", "settled-as-not-delivered"
TAKEN = "found-at-provider"
LEAST_TIME = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Who said what became of a mail, and why it is known; or had it sent again."""

    id: str
    dispatch_id: str
    customer_id: str
    what: str
    at: datetime
    actor: str
    note: str


def settled(dispatch: Dispatch, now: datetime, *, delivered: bool) -> Dispatch | None:
    """As somebody found out that it ended; None where its end is known."""
    if dispatch.state is not State.UNKNOWN:
        return None
    if delivered:
        at = dispatch.sent_at or now
        arrived = replace(dispatch, state=State.DELIVERED, delivered_at=at, ended_at=None, changed_at=now)
        return replace(arrived, state_reason=ARRIVED)
    return replace(dispatch, state=State.FAILED, state_reason=NOT_ARRIVED, changed_at=now)


def taken(dispatch: Dispatch, provider_id: str, now: datetime) -> Dispatch | None:
    """The provider shows that it has the mail, which says nothing yet of its arrival; None where its end is known."""
    if dispatch.state is not State.UNKNOWN:
        return None
    out = replace(dispatch, state=State.SENT, provider_id=provider_id, ended_at=None, changed_at=now)
    return replace(out, state_reason=None)


def again(dispatch: Dispatch, id_: str, now: datetime) -> Dispatch | None:
    """A new survey in place of one of which somebody has said that it did not arrive; None for any other."""
    if dispatch.state is not State.FAILED or dispatch.state_reason != NOT_ARRIVED or dispatch.erased:
        return None
    return Dispatch(
        id=id_,
        customer_id=dispatch.customer_id,
        campaign_id=dispatch.campaign_id,
        reason=dispatch.reason,
        channel=dispatch.channel,
        trigger_id=dispatch.trigger_id,
        cycle=dispatch.cycle,
        reminder_number=dispatch.reminder_number,
        reminds_of=dispatch.reminds_of,
        again_of=dispatch.id,
        phase=Phase.QUEUED,
        asked_template_id=dispatch.asked_template_id,
        next_try_at=now,
        requested_at=now,
        expires_at=now + max(LEAST_TIME, dispatch.expires_at - dispatch.requested_at),
        changed_at=now,
    )
