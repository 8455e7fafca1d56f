"""A survey record: its states, and what may follow what. Never sent twice: after the gate there is no way back to the queue but a clear refusal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
RETRY_AT_LAST = timedelta(hours=6)
NOT_READY_PAUSE = timedelta(seconds=1)
TAKEN_BACK = "taken-back"


class State(StrEnum):
    """What others see of a record."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    RESPONDED = "responded"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNKNOWN = "unknown"
    IGNORED = "ignored"


_ARRIVED = {State.SENT, State.DELIVERED, State.OPENED, State.CLICKED}


class Phase(StrEnum):
    """How far the sending of it is; `committed` and `done` are never sent (again)."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    COMMITTED = "committed"
    DONE = "done"


WAITING = (Phase.QUEUED, Phase.CLAIMED)
"""Before the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the receiving server said."""

    code: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One survey to one customer; or (where it `follows` an answer) the mail for that, whose survey was `survey_id`."""

    id: str
    seq: int = 0
    customer_id: str
    campaign_id: str
    reason: str
    channel: str = "email"
    trigger_id: str | None = None
    cycle: int
    reminder_number: int | None = None
    reminds_of: str | None = None
    again_of: str | None = None
    follows: str | None = None
    survey_id: str | None = None
    state: State = State.QUEUED
    state_reason: str | None = None
    phase: Phase = Phase.QUEUED
    attempts: int = 0
    next_try_at: datetime
    claimed_until: datetime | None = None
    token: str | None = None
    committed_at: datetime | None = None
    asked_template_id: str | None = None
    template_id: str | None = None
    template_version: int | None = None
    brand_id: str | None = None
    subject_line: str | None = None
    language: str | None = None
    message_id: str | None = None
    provider_id: str | None = None
    look: str | None = None
    filled_with: dict[str, Any] | None = None
    smtp_reply: Reply | None = None
    erased: bool = False
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    responded_at: datetime | None = None
    ended_at: datetime | None = None
    changed_at: datetime
    trace: str | None = None
    """What asked for it, as a W3C traceparent; its mail and its answer belong to the same trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What of the mail the record keeps."""

    template_id: str
    template_version: int | None = None
    brand_id: str
    subject_line: str
    language: str
    message_id: str
    look: str | None = None
    filled_with: dict[str, Any] | None = None


def ready(dispatch: Dispatch, now: datetime) -> bool:
    """Whether a worker may take it: queued and due, or left behind before the gate."""
    if dispatch.phase is Phase.QUEUED:
        return dispatch.next_try_at <= now
    return dispatch.phase is Phase.CLAIMED and dispatch.claimed_until is not None and dispatch.claimed_until <= now


def waits(dispatch: Dispatch) -> bool:
    """Whether it is still before the gate, so that whoever ends it now can be sure that it never goes out."""
    return dispatch.phase in WAITING


def held(dispatch: Dispatch, token: str) -> bool:
    """Whether this worker's claim still stands."""
    return dispatch.phase is Phase.CLAIMED and dispatch.token == token


def committed(dispatch: Dispatch, rendered: Rendered, now: datetime) -> Dispatch:
    """Through the gate: from here on the mail may be out, whatever happens to us."""
    return replace(
        dispatch,
        phase=Phase.COMMITTED,
        committed_at=now,
        template_id=rendered.template_id,
        template_version=rendered.template_version,
        brand_id=rendered.brand_id,
        subject_line=rendered.subject_line,
        language=rendered.language,
        message_id=rendered.message_id,
        look=rendered.look,
        filled_with=rendered.filled_with,
    )


def sent(dispatch: Dispatch, reply: Reply, provider_id: str | None = None) -> Dispatch:
    """The receiving server took it. A response or an opening that came before this was known stays."""
    state = dispatch.state if dispatch.state is State.RESPONDED else _reached(dispatch)
    return replace(
        dispatch,
        phase=Phase.DONE,
        state=state,
        state_reason=None,
        smtp_reply=reply,
        provider_id=provider_id,
        sent_at=reply.at,
        ended_at=None,
        changed_at=reply.at,
    )


def put_back(
    dispatch: Dispatch, now: datetime, *, reply: Reply | None = None, pause: timedelta | None = None
) -> Dispatch:
    """Not sent, for certain, and worth another try until it expires; unless it was answered, which proves otherwise."""
    if dispatch.state is State.RESPONDED:
        return replace(dispatch, phase=Phase.DONE)
    if pause is None:
        waits = RETRY_AFTER[dispatch.attempts] if dispatch.attempts < len(RETRY_AFTER) else RETRY_AT_LAST
        again = replace(dispatch, attempts=dispatch.attempts + 1)
    else:
        waits, again = pause, dispatch
    return replace(
        again,
        phase=Phase.QUEUED,
        token=None,
        claimed_until=None,
        committed_at=None,
        next_try_at=min(now + waits, max(dispatch.expires_at, now)),
        smtp_reply=reply or dispatch.smtp_reply,
    )


def ended(dispatch: Dispatch, state: State, reason: str, now: datetime, *, reply: Reply | None = None) -> Dispatch:
    """It will not be sent, or nobody can know whether it was. What was answered did arrive, whatever a server says."""
    if dispatch.state is State.RESPONDED:
        return replace(dispatch, phase=Phase.DONE)
    return replace(
        dispatch,
        phase=Phase.DONE,
        state=state,
        state_reason=reason,
        smtp_reply=reply or dispatch.smtp_reply,
        ended_at=now,
        changed_at=now,
    )


def shown(dispatch: Dispatch, against: str | None, now: datetime) -> Dispatch:
    """A survey inside the customer's app, which is shown when it is asked for; unless the customer wants none."""
    if against is not None:
        return ended(dispatch, State.SUPPRESSED, against, now)
    at = dispatch.requested_at
    return replace(dispatch, phase=Phase.DONE, state=State.DELIVERED, sent_at=at, delivered_at=at, changed_at=now)


def taken_back(dispatch: Dispatch, now: datetime) -> Dispatch | None:
    """Somebody wants it not to go out; None where it is past the gate, or over."""
    return ended(dispatch, State.SUPPRESSED, TAKEN_BACK, now) if waits(dispatch) else None


def is_taken_back(dispatch: Dispatch) -> bool:
    """Whether that is how it ended."""
    return dispatch.state is State.SUPPRESSED and dispatch.state_reason == TAKEN_BACK


def needless(reminder: Dispatch, now: datetime) -> Dispatch:
    """What it reminds of is answered: a reminder that has not gone out does not."""
    return ended(reminder, State.SUPPRESSED, "answered", now) if waits(reminder) else reminder


def last_before(reminders: Sequence[Dispatch], at: datetime) -> Dispatch | None:
    """The reminder that went out last before an answer."""
    out = [one for one in reminders if one.phase is Phase.DONE and one.sent_at is not None and one.sent_at <= at]
    return max(out, key=lambda one: (one.sent_at, one.reminder_number or 0), default=None)


def responded(dispatch: Dispatch, at: datetime, now: datetime) -> Dispatch:
    """The customer answered: proof that it arrived, also where that was unclear or the server had refused it."""
    if dispatch.responded_at is not None:
        return dispatch
    return replace(
        dispatch,
        phase=Phase.DONE,
        state=State.RESPONDED,
        state_reason=None,
        opened_at=min(dispatch.opened_at or at, at),
        responded_at=at,
        sent_at=dispatch.sent_at or dispatch.committed_at,
        ended_at=None,
        changed_at=now,
    )


def touched(dispatch: Dispatch, opened_at: datetime | None, clicked_at: datetime | None, now: datetime) -> Dispatch:
    """When a person opened it and followed a link, as it is judged now: proof that it arrived, where that was unclear."""
    if dispatch.responded_at is not None:
        opened_at = min(opened_at or dispatch.responded_at, dispatch.responded_at)
    if (opened_at, clicked_at) == (dispatch.opened_at, dispatch.clicked_at):
        return dispatch
    after = replace(dispatch, opened_at=opened_at, clicked_at=clicked_at, changed_at=now)
    if dispatch.state is State.UNKNOWN and opened_at is not None:
        after = replace(after, state=State.SENT, state_reason=None, ended_at=None)
    return replace(after, state=_reached(after)) if after.state in _ARRIVED else after


def _reached(dispatch: Dispatch) -> State:
    """How far a mail has come that went out."""
    steps = (
        (State.CLICKED, dispatch.clicked_at),
        (State.OPENED, dispatch.opened_at),
        (State.DELIVERED, dispatch.delivered_at),
    )
    return next((state for state, moment in steps if moment is not None), State.SENT)


def awaited(dispatch: Dispatch) -> bool:
    """Whether an answer to it may still come."""
    return dispatch.state in _ARRIVED


def ignored(dispatch: Dispatch, now: datetime) -> Dispatch:
    """Nobody answered in time; who answers after all has responded."""
    return replace(dispatch, state=State.IGNORED, ended_at=now, changed_at=now) if awaited(dispatch) else dispatch


def unknown(dispatch: Dispatch, now: datetime) -> Dispatch:
    """Let out, and nothing heard since: it may have arrived, so it counts as sent and is never sent again."""
    return replace(ended(dispatch, State.UNKNOWN, "no-reply", now), sent_at=dispatch.committed_at)


def forgotten(dispatch: Dispatch, now: datetime) -> Dispatch:
    """The customer was erased: what says who it was is gone, and what was not let out never will be."""
    over = ended(dispatch, State.SUPPRESSED, "customer-erased", now) if waits(dispatch) else dispatch
    reply = replace(over.smtp_reply, text="") if over.smtp_reply else None
    return replace(over, subject_line=None, filled_with=None, smtp_reply=reply, erased=True, changed_at=now)
