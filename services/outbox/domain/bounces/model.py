"""The words for what comes back to a sender."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message, or one line of it, is to us."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    DELIVERED = "delivered"
    UNSUBSCRIBED = "unsubscribed"
    NOT_A_BOUNCE = "not-a-bounce"


class Reason(StrEnum):
    """Why a mail was not taken."""

    NO_SUCH_USER = "no-such-user"
    NO_SUCH_HOST = "no-such-host"
    MOVED = "moved"
    NO_MAIL_ACCEPTED = "no-mail-accepted"
    MAILBOX_FULL = "mailbox-full"
    DISABLED = "disabled"
    FILTERED = "filtered"
    EXPIRED = "expired"
    NETWORK = "network"
    SYSTEM = "system"
    UNCLEAR = "unclear"
    TOO_LARGE = "too-large"
    SENDER_REJECTED = "sender-rejected"
    RELAYING_DENIED = "relaying-denied"
    BLOCKED = "blocked"
    NO_REVERSE_DNS = "no-reverse-dns"
    REPUTATION = "reputation"
    RATE = "rate"
    AUTHENTICATION = "authentication"
    SPAM = "spam"
    VIRUS = "virus"
    CONTENT = "content"
    POLICY = "policy"
    PROTOCOL = "protocol"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    ANSWERED_BY_ITSELF = "answered-by-itself"


HARD = frozenset({Reason.NO_SUCH_USER, Reason.NO_SUCH_HOST, Reason.MOVED, Reason.NO_MAIL_ACCEPTED})
SOFT = frozenset(
    {
        Reason.MAILBOX_FULL,
        Reason.DISABLED,
        Reason.FILTERED,
        Reason.EXPIRED,
        Reason.NETWORK,
        Reason.SYSTEM,
        Reason.UNCLEAR,
    }
)


_OF_ITS_OWN = {
    Reason.DELIVERED: Kind.DELIVERED,
    Reason.COMPLAINT: Kind.COMPLAINT,
    Reason.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
    Reason.ANSWERED_BY_ITSELF: Kind.AUTO_REPLY,
}


def kind_of(reason: Reason) -> Kind:
    """What a reason makes of a bounce; what is not about the address is policy."""
    if reason in _OF_ITS_OWN:
        return _OF_ITS_OWN[reason]
    if reason in HARD:
        return Kind.HARD
    return Kind.SOFT if reason in SOFT else Kind.POLICY


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What was said of one recipient, as it stands in the report."""

    address: str | None = None
    action: str = ""
    status: str | None = None
    diagnostic: str = ""
    prose: str = ""
    command: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a statement means; not `final` where the server goes on trying."""

    address: str | None
    status: str | None = None
    reply_code: str | None = None
    reason: Reason
    said: str = ""
    final: bool = True

    @property
    def kind(self) -> Kind:
        """Hard, soft, policy, complaint or delivered."""
        return kind_of(self.reason)

    @property
    def hard(self) -> bool:
        """Whether the address does not exist or will never take mail."""
        return self.reason in HARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a message says; and what in it may name the mail that it is about."""

    kind: Kind
    findings: tuple[Finding, ...] = ()
    own_id: str | None = None
    subject: str = ""
    recipients: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    return_paths: tuple[str, ...] = ()

    @property
    def hard(self) -> bool:
        """Whether it tells of at least one hard bounce."""
        return any(finding.hard for finding in self.findings)

    @property
    def of_one(self) -> Finding | None:
        """What it says of a mail to one mailbox; where that mail went on to several, hard only if all of them are."""
        milder = [finding for finding in self.findings if not finding.hard]
        return next(iter(milder or self.findings), None)
