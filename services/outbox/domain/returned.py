"""What comes back on a survey record after it was let out: what it makes of it, and what it may overwrite."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .bounces import Finding, Kind
from .dispatch import Dispatch, Phase, Reply, State, ended

MAX_AGE = timedelta(days=30)
MAX_EVIDENCE = 300
ARRIVED = frozenset({State.OPENED, State.CLICKED, State.RESPONDED})
_OPEN = frozenset({State.QUEUED, State.SENT, State.UNKNOWN})
_ADDRESS = re.compile(r"[^\s<>\"'(){};:,]{1,100}@[^\s<>\"'(){};,]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is said of one mail of ours. `id` is the same however often it is said."""

    id: str
    dispatch_ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    finding: Finding
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A bounce or a complaint, as it is kept and told; nobody reads an address from it."""

    id: str
    customer_id: str
    dispatch_id: str
    campaign_id: str
    template_id: str | None
    domain: str | None
    kind: str
    reason: str
    status: str | None
    evidence: str
    occurred_at: datetime


def refusal(dispatch: Dispatch, now: datetime) -> str | None:
    """Why a notice on this record is not believed: it was never let out, or too long ago."""
    out = dispatch.sent_at or dispatch.committed_at
    if out is None or dispatch.phase not in (Phase.COMMITTED, Phase.DONE):
        return "never-sent"
    return "too-old" if out < now - MAX_AGE else None


def fact(id_: str, dispatch: Dispatch, notice: Notice, now: datetime) -> Fact:
    """The fact that a notice tells of."""
    finding = notice.finding
    return Fact(
        id=id_,
        customer_id=dispatch.customer_id,
        dispatch_id=dispatch.id,
        campaign_id=dispatch.campaign_id,
        template_id=dispatch.template_id,
        domain=(finding.address or "").rpartition("@")[2].lower()[:255] or None,
        kind=str(finding.kind),
        reason=str(finding.reason),
        status=finding.status,
        evidence=evidence(finding),
        occurred_at=min(notice.at or now, now),
    )


def evidence(finding: Finding) -> str:
    """What was said, in one line and without addresses."""
    return " ".join(_ADDRESS.sub("(address)", finding.said[:4000]).split())[:MAX_EVIDENCE] or str(finding.reason)


def returned(dispatch: Dispatch, finding: Finding, now: datetime) -> Dispatch:
    """The record after a notice. What was opened, clicked or answered has arrived, whatever a server says later."""
    if finding.kind in (Kind.COMPLAINT, Kind.DELIVERED, Kind.UNSUBSCRIBED):
        return _arrived(dispatch, now) if dispatch.phase in (Phase.COMMITTED, Phase.DONE) else dispatch
    if finding.kind is Kind.AUTO_REPLY:
        return _arrived(dispatch, now) if dispatch.state is State.UNKNOWN else dispatch
    if dispatch.state in ARRIVED or dispatch.state in (State.BOUNCED, State.FAILED) or not finding.final:
        return dispatch
    state = State.FAILED if finding.kind is Kind.POLICY else State.BOUNCED
    sent_at = dispatch.sent_at or dispatch.committed_at
    return replace(ended(dispatch, state, str(finding.reason), now, reply=_reply(finding, now)), sent_at=sent_at)


def _arrived(dispatch: Dispatch, now: datetime) -> Dispatch:
    """It was delivered; a late word of it changes nothing that is known by then."""
    if dispatch.state not in _OPEN:
        return dispatch
    return replace(
        dispatch,
        phase=Phase.DONE,
        state=State.DELIVERED,
        state_reason=None,
        sent_at=dispatch.sent_at or dispatch.committed_at,
        delivered_at=dispatch.delivered_at or now,
        ended_at=None,
        changed_at=now,
    )


def _reply(finding: Finding, now: datetime) -> Reply | None:
    if finding.reply_code is None:
        return None
    return Reply(code=int(finding.reply_code), text=evidence(finding), at=now)
