"""A database from a backup, brought up to what was told before it was lost: of a record, of a gate, of what nobody can know."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .deliverability import Evidence, Gate, Status, erased
from .dispatch import Dispatch, Phase, State, ended

Told = tuple[str, int]
"""Of whom something was told, and the seq under which."""


def newest(told: Iterable[Told | None]) -> dict[str, int]:
    """The highest seq of each."""
    found: dict[str, int] = {}
    for one in told:
        if one is not None:
            found[one[0]] = max(found.get(one[0], 0), one[1])
    return found


def as_told(known: Dispatch | None, told: Dispatch) -> Dispatch:
    """A record as it was told of last. What is told of it but not how it is sent stays as it is known."""
    if known is None:
        return told
    if known.seq >= told.seq:
        return known
    fields: dict[str, Any] = {name: getattr(told, name) for name in TOLD}
    phase = known.phase if told.state is State.QUEUED else Phase.DONE
    return replace(known, **fields, phase=phase)


TOLD = (
    *("seq", "state", "state_reason", "template_version", "brand_id", "subject_line", "language", "message_id"),
    *("smtp_reply", "sent_at", "delivered_at", "opened_at", "clicked_at", "responded_at", "ended_at", "changed_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a customer stands, as it was told: none of it where the customer was erased."""

    id: str
    seq: int
    status: Status | None = None
    evidence: Evidence | None = None
    paused_until: datetime | None = None
    refused_campaigns: tuple[str, ...] = ()
    refused_brands: tuple[str, ...] = ()
    rests_until: datetime | None = None
    changed_at: datetime | None = None
    erased: bool = False


def standing(gate: Gate, told: Standing, mailbox: str | None) -> Gate:
    """A customer's gate as it was told of last; `mailbox` is where the customer is reached, and what fails if something does."""
    if gate.seq >= told.seq:
        return gate
    if told.erased:
        return replace(erased(gate), seq=told.seq)
    no = told.status is Status.UNSUBSCRIBED
    fails = told.status is not None and not no
    return replace(
        gate,
        seq=told.seq,
        opted_out=told.evidence if no else None,
        undeliverable=told.evidence if fails else gate.undeliverable if no else None,
        undeliverable_status=told.status if fails else gate.undeliverable_status if no else None,
        failing=mailbox if fails else gate.failing if no else None,
        paused_until=told.paused_until,
        refused_campaigns=told.refused_campaigns,
        refused_brands=told.refused_brands,
        rests_until=told.rests_until,
        resting_at=mailbox if told.rests_until else None,
        changed_at=told.changed_at,
    )


def in_doubt(dispatch: Dispatch, now: datetime) -> Dispatch:
    """Nobody knows whether it went out: it counts as sent, and is not sent (again)."""
    at = dispatch.committed_at or dispatch.next_try_at
    return replace(ended(dispatch, State.UNKNOWN, "database-restored", now), sent_at=at)
