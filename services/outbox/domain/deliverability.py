"""Who may be surveyed, and what an SMTP reply says of an address."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

ADDRESS_AT_FAULT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
NO_SUCH_MAILBOX = (550, 551, 553)


class Status(StrEnum):
    """Why nobody may survey a customer."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCED = "hard_bounced"
    NON_DELIVERABLE = "non_deliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """When, by whom or what."""

    at: datetime
    cause: str
    actor: str | None = None
    campaign_id: str | None = None
    dispatch_id: str | None = None
    smtp_reply: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What stands between a customer and a mail. Opting out and bouncing are kept apart: one may end, the other stay.

    `inflight_until` is until when a mail may be on its way that was let through before.
    """

    id: str
    seq: int = 0
    opted_out: Evidence | None = None
    undeliverable: Evidence | None = None
    undeliverable_status: Status | None = None
    inflight: str | None = None
    inflight_until: datetime | None = None
    changed_at: datetime | None = None

    @property
    def status(self) -> Status | None:
        """None: may be surveyed. Having said no weighs more than an address that fails."""
        return Status.UNSUBSCRIBED if self.opted_out else self.undeliverable_status

    @property
    def evidence(self) -> Evidence | None:
        """What stands behind the status."""
        return self.opted_out or self.undeliverable

    def open_at(self, now: datetime) -> bool:
        """Whether a mail may pass: nothing against it, and no other on its way."""
        return self.status is None and (self.inflight_until is None or self.inflight_until <= now)


def opted_out(gate: Gate, evidence: Evidence) -> Gate:
    """The customer said no, or someone did for it. The first word stays as evidence."""
    return gate if gate.opted_out else replace(gate, opted_out=evidence, changed_at=evidence.at)


def resubscribed(gate: Gate, now: datetime) -> Gate:
    """The customer may be surveyed again, as far as its own word goes."""
    return replace(gate, opted_out=None, changed_at=now) if gate.opted_out else gate


def undeliverable(gate: Gate, status: Status, evidence: Evidence) -> Gate:
    """The address does not work."""
    return replace(gate, undeliverable=evidence, undeliverable_status=status, changed_at=evidence.at)


def new_address(gate: Gate, now: datetime) -> Gate:
    """Another address: what was known of the old one is over; a no is not."""
    if gate.undeliverable is None:
        return gate
    return replace(gate, undeliverable=None, undeliverable_status=None, changed_at=now)


def address_at_fault(code: int, text: str) -> bool:
    """Whether a 5xx reply says that there is no such mailbox, rather than that the mail is not wanted."""
    enhanced = text.split(maxsplit=1)[0] if text.split() else ""
    if enhanced.count(".") == 2 and enhanced.replace(".", "").isdigit():  # noqa: PLR2004 - class.subject.detail
        return enhanced in ADDRESS_AT_FAULT
    return code in NO_SUCH_MAILBOX
