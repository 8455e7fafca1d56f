"""Whether a record may be sent now, before any server is asked; and what a server's reply makes of it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .dispatch import NOT_READY_PAUSE, Dispatch, State
from .mail import Campaign, Recipient

PAUSED = timedelta(seconds=30)
MAX_LOCAL, MAX_ADDRESS = 64, 254
ADDRESS_AT_FAULT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
NO_SUCH_MAILBOX = (550, 551, 553)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_ENHANCED = re.compile(r"\d\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send (neither), wait for a while, or end in a state for a reason."""

    state: State | None = None
    reason: str = ""
    pause: timedelta | None = None

    @property
    def wait(self) -> bool:
        """Whether to look again later."""
        return self.pause is not None


def verdict(dispatch: Dispatch, recipient: Recipient | None, campaign: Campaign | None, now: datetime) -> Verdict:
    """What is to be done with a record now. The gate decides about suppression, at the last moment."""
    if now >= dispatch.expires_at:
        return Verdict(State.EXPIRED, "too-late")
    if recipient is None or campaign is None:
        return Verdict(pause=NOT_READY_PAUSE)
    if recipient.deleted:
        return Verdict(State.SUPPRESSED, "customer-deleted")
    if not recipient.canonical_email:
        return Verdict(State.SUPPRESSED, "no-address")
    if not mailable(recipient.canonical_email):
        return Verdict(State.FAILED, "address-not-mailable")
    if campaign.state == "finished":
        return Verdict(State.SUPPRESSED, "campaign-finished")
    if campaign.state == "paused" and dispatch.reason != "manual":
        return Verdict(pause=PAUSED)
    return Verdict()


def mailable(address: str) -> bool:
    """Whether an address can stand in RCPT as it is: ASCII, an unquoted local part, no longer than SMTP takes."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and len(found[1]) <= MAX_LOCAL and len(address) <= MAX_ADDRESS


class Step(StrEnum):
    """What a reply answers."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Outcome(StrEnum):
    """What a reply makes of a record."""

    SENT = "sent"
    AGAIN = "again"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNCLEAR = "unclear"


def outcome(step: Step, code: int, text: str) -> Outcome:
    """What a reply that is no 354 makes of a record.

    A refusal of MAIL is about us and not about the recipient: someone can mend it before the survey expires. Without
    an enhanced status only a refusal of RCPT is about the mailbox; later ones are about what the mail says.
    """
    if 500 <= code < 600:  # noqa: PLR2004 - permanent
        if step is Step.MAIL:
            return Outcome.AGAIN
        return Outcome.BOUNCED if _mailbox_at_fault(step, code, text) else Outcome.FAILED
    if 400 <= code < 500:  # noqa: PLR2004 - transient
        return Outcome.AGAIN
    if step is not Step.DOT:
        return Outcome.AGAIN
    return Outcome.SENT if 200 <= code < 300 else Outcome.UNCLEAR  # noqa: PLR2004 - taken


def _mailbox_at_fault(step: Step, code: int, text: str) -> bool:
    words = text.split(maxsplit=1)
    if words and _ENHANCED.fullmatch(words[0]):
        return words[0] in ADDRESS_AT_FAULT
    return step is Step.RCPT and code in NO_SUCH_MAILBOX
