"""Who may be surveyed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Gone(StrEnum):
    """Why there is nobody left to survey."""

    DELETED = "deleted"
    ERASED = "erased"


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

    `inflight_until` is until when a mail may be on its way that was let through before. `failing` is the mailbox,
    as the id of its gate, that does not work.
    """

    id: str
    seq: int = 0
    opted_out: Evidence | None = None
    undeliverable: Evidence | None = None
    undeliverable_status: Status | None = None
    failing: str | None = None
    gone: Gone | None = None
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

    @property
    def against(self) -> str | None:
        """What stands against any mail, now and later."""
        return f"customer-{self.gone}" if self.gone else self.status

    def busy_at(self, now: datetime) -> bool:
        """Whether a mail that was let through may still be on its way."""
        return self.inflight_until is not None and self.inflight_until > now


def opted_out(gate: Gate, evidence: Evidence) -> Gate:
    """The customer said no, or someone did for it. The first word stays as evidence."""
    if gate.opted_out or gate.gone is Gone.ERASED:
        return gate
    return replace(gate, opted_out=evidence, changed_at=evidence.at)


def of_mailbox(evidence: Evidence) -> Evidence:
    """A no as it is kept of a mailbox, which outlives its person: when and how, and nothing else."""
    return Evidence(at=evidence.at, cause=evidence.cause)


def of_one_under_it(mailbox: Gate, customer: Gate) -> Gate:
    """A mailbox under the no of a customer: it holds whoever else is reached there."""
    return opted_out(mailbox, of_mailbox(customer.opted_out)) if customer.opted_out else mailbox


def of_its_mailbox(customer: Gate, mailbox: Gate) -> Gate:
    """A customer under the no of its mailbox, whoever said it."""
    return opted_out(customer, mailbox.opted_out) if mailbox.opted_out else customer


def resubscribed(gate: Gate, now: datetime) -> Gate:
    """The customer may be surveyed again, as far as its own word goes."""
    return replace(gate, opted_out=None, changed_at=now) if gate.opted_out else gate


def undeliverable(gate: Gate, status: Status, evidence: Evidence, address: str) -> Gate:
    """The address does not work."""
    if gate.gone is Gone.ERASED:
        return gate
    return replace(gate, undeliverable=evidence, undeliverable_status=status, failing=address, changed_at=evidence.at)


def at_address(gate: Gate, address: str | None, now: datetime) -> Gate:
    """Where the customer is reached: what was known of another address is over; a no is not."""
    if gate.undeliverable is None or gate.failing == address:
        return gate
    return replace(gate, undeliverable=None, undeliverable_status=None, failing=None, changed_at=now)


def deleted(gate: Gate, *, is_deleted: bool) -> Gate:
    """The customer was deleted, or is back. One who was erased stays so."""
    if gate.gone is Gone.ERASED:
        return gate
    return replace(gate, gone=Gone.DELETED if is_deleted else None)


def erased(gate: Gate) -> Gate:
    """Nothing is known of the person any more, but that nobody may mail it. A mail on its way stays on record."""
    return Gate(id=gate.id, seq=gate.seq, gone=Gone.ERASED, inflight=gate.inflight, inflight_until=gate.inflight_until)


def let_through(gate: Gate, dispatch_id: str, until: datetime) -> Gate:
    """A mail is on its way."""
    return replace(gate, inflight=dispatch_id, inflight_until=until)


def landed(gate: Gate, dispatch_id: str) -> Gate:
    """That mail is on its way no more."""
    return replace(gate, inflight=None, inflight_until=None) if gate.inflight == dispatch_id else gate
