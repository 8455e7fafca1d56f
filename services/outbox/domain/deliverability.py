"""Who may be surveyed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

SOFT_BOUNCES, REST = 3, timedelta(days=30)


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
    as the id of its gate, that does not work. A rest and the campaigns and brands of which one wants no more are
    wishes: they stand beside a no, and resubscribing ends them too. `soft_bounces` are the surveys that came back from
    a mailbox for a reason that may pass; after three of them in a row it `rests_until` a month later, and so does the
    customer who is reached there (`resting_at`), as long as that is so.
    """

    id: str
    seq: int = 0
    opted_out: Evidence | None = None
    undeliverable: Evidence | None = None
    undeliverable_status: Status | None = None
    failing: str | None = None
    paused_until: datetime | None = None
    refused_campaigns: tuple[str, ...] = ()
    refused_brands: tuple[str, ...] = ()
    soft_bounces: tuple[str, ...] = ()
    rests_until: datetime | None = None
    resting_at: str | None = None
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
    def wishes(self) -> tuple[datetime | None, tuple[str, ...], tuple[str, ...]]:
        """A rest, and what one wants no more of."""
        return self.paused_until, self.refused_campaigns, self.refused_brands

    @property
    def against(self) -> str | None:
        """What stands against any mail, now and later."""
        return f"customer-{self.gone}" if self.gone else self.status

    def against_in_app(self, campaign_id: str, now: datetime) -> str | None:
        """What stands against a survey inside the app: what the person said, not what its mailbox did."""
        if self.gone:
            return f"customer-{self.gone}"
        if self.opted_out:
            return str(Status.UNSUBSCRIBED)
        if self.paused_until is not None and self.paused_until > now:
            return "paused"
        return "refused" if campaign_id in self.refused_campaigns else None

    def refusal(self, campaign_id: str, brand_id: str, now: datetime) -> str | None:
        """What stands against a mail of this campaign and brand now."""
        if self.against:
            return self.against
        if self.paused_until is not None and self.paused_until > now:
            return "paused"
        if self.rests_until is not None and self.rests_until > now:
            return "soft-bounced"
        refused = campaign_id in self.refused_campaigns or brand_id in self.refused_brands
        return "refused" if refused else None

    def busy_at(self, now: datetime) -> bool:
        """Whether a mail that was let through may still be on its way."""
        return self.inflight_until is not None and self.inflight_until > now


def opted_out(gate: Gate, evidence: Evidence) -> Gate:
    """The customer said no, or someone did for it. The first word stays as evidence."""
    if gate.opted_out or gate.gone is Gone.ERASED:
        return gate
    return replace(gate, opted_out=evidence, changed_at=evidence.at)


def paused(gate: Gate, until: datetime, now: datetime) -> Gate:
    """The person wants a rest; a shorter one takes the place of a longer."""
    if gate.gone is Gone.ERASED:
        return gate
    return replace(gate, paused_until=until, changed_at=now)


def refusing(gate: Gate, now: datetime, *, campaign_id: str | None = None, brand_id: str | None = None) -> Gate:
    """The person wants no more of this campaign, or of any of this brand."""
    if gate.gone is Gone.ERASED:
        return gate
    campaigns, brands = _with(gate.refused_campaigns, campaign_id), _with(gate.refused_brands, brand_id)
    if (campaigns, brands) == (gate.refused_campaigns, gate.refused_brands):
        return gate
    return replace(gate, refused_campaigns=campaigns, refused_brands=brands, changed_at=now)


def _with(known: tuple[str, ...], one: str | None) -> tuple[str, ...]:
    return known if one is None or one in known else (*known, one)


def _wishes_of(gate: Gate, other: Gate) -> Gate:
    """With the other's wishes as well: the longer rest, and all that either refuses."""
    until = max((moment for moment in (gate.paused_until, other.paused_until) if moment), default=None)
    campaigns = gate.refused_campaigns + tuple(c for c in other.refused_campaigns if c not in gate.refused_campaigns)
    brands = gate.refused_brands + tuple(b for b in other.refused_brands if b not in gate.refused_brands)
    if gate.gone is Gone.ERASED or (until, campaigns, brands) == gate.wishes:
        return gate
    return replace(gate, paused_until=until, refused_campaigns=campaigns, refused_brands=brands)


def of_mailbox(evidence: Evidence) -> Evidence:
    """A no as it is kept of a mailbox, which outlives its person: when and how, and nothing else."""
    return Evidence(at=evidence.at, cause=evidence.cause)


def of_one_under_it(mailbox: Gate, customer: Gate) -> Gate:
    """A mailbox under the no of a customer: it holds whoever else is reached there."""
    wished = _wishes_of(mailbox, customer)
    return opted_out(wished, of_mailbox(customer.opted_out)) if customer.opted_out else wished


def of_its_mailbox(customer: Gate, mailbox: Gate) -> Gate:
    """A customer under the no of its mailbox, whoever said it."""
    wished = _wishes_of(customer, mailbox)
    return opted_out(wished, mailbox.opted_out) if mailbox.opted_out else wished


def resubscribed(gate: Gate, now: datetime) -> Gate:
    """The customer may be surveyed again, as far as its own word goes; a rest and what was refused end as well."""
    if not gate.opted_out and gate.wishes == Gate(id=gate.id).wishes:
        return gate
    return replace(gate, opted_out=None, paused_until=None, refused_campaigns=(), refused_brands=(), changed_at=now)


def undeliverable(gate: Gate, status: Status, evidence: Evidence, address: str) -> Gate:
    """The address does not work."""
    if gate.gone is Gone.ERASED:
        return gate
    return replace(gate, undeliverable=evidence, undeliverable_status=status, failing=address, changed_at=evidence.at)


def at_address(gate: Gate, address: str | None, now: datetime) -> Gate:
    """Where the customer is reached: what was known of another address is over; a no is not."""
    if gate.resting_at is not None and gate.resting_at != address:
        gate = replace(gate, rests_until=None, resting_at=None, changed_at=now)
    if gate.undeliverable is None or gate.failing == address:
        return gate
    return replace(gate, undeliverable=None, undeliverable_status=None, failing=None, changed_at=now)


def reachable(gate: Gate, now: datetime) -> Gate:
    """The address works after all."""
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


def soft_bounced(gate: Gate, dispatch_id: str, now: datetime) -> Gate:
    """A survey came back from this mailbox for a reason that may pass; the third one in a row lets it rest."""
    if dispatch_id in gate.soft_bounces or gate.gone is Gone.ERASED:
        return gate
    counted = (*gate.soft_bounces, dispatch_id)
    if len(counted) < SOFT_BOUNCES:
        return replace(gate, soft_bounces=counted)
    return replace(gate, soft_bounces=(), rests_until=now + REST)


def resting(gate: Gate, mailbox: Gate, now: datetime) -> Gate:
    """A customer whose mailbox rests, or does so no more."""
    if gate.gone is Gone.ERASED or gate.rests_until == mailbox.rests_until:
        return gate
    where = mailbox.id if mailbox.rests_until else None
    return replace(gate, rests_until=mailbox.rests_until, resting_at=where, changed_at=now)


def took_mail(gate: Gate) -> Gate:
    """The mailbox took a mail: what came back before counts no more."""
    return replace(gate, soft_bounces=(), rests_until=None) if gate.soft_bounces or gate.rests_until else gate
