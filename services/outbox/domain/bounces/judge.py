"""What a statement of a mail server means."""

import re

from . import codes, phrases
from .model import HARD, Finding, Reason, Statement

_CATEGORIES = {
    "bad-mailbox": Reason.NO_SUCH_USER,
    "bad-domain": Reason.NO_SUCH_HOST,
    "inactive-mailbox": Reason.DISABLED,
    "quota-issues": Reason.MAILBOX_FULL,
    "spam-related": Reason.SPAM,
    "virus-related": Reason.VIRUS,
    "content-related": Reason.CONTENT,
    "policy-related": Reason.POLICY,
    "routing-errors": Reason.NETWORK,
    "no-answer-from-host": Reason.EXPIRED,
    "message-expired": Reason.EXPIRED,
    "bad-connection": Reason.NETWORK,
    "relaying-issues": Reason.RELAYING_DENIED,
    "bad-configuration": Reason.SYSTEM,
    "protocol-errors": Reason.PROTOCOL,
}
_NAMES_ADDRESS = frozenset({"1.0", "1.1", "1.3", "1.6", "1.10"})
_NAMES_OTHER = frozenset({"2.2", "2.3", "3.4"})
_GOES_ON_TRYING = re.compile(
    r"(?i)warning message only|will be retried|will keep trying|only a temporary failure report"
)
_TOO_MUCH, _FAILED = "552", "554"
OF_RECIPIENT = "RCPT"
OF_SENDER = frozenset({"MAIL", "CONN", "EHLO", "HELO"})
DIRECTORY = "DIRECTORY"
"""Said by a system that looked the recipient up in its own directory."""


def judge(statement: Statement) -> Finding:
    """The reason, the codes and whether the address is at fault."""
    said = statement.diagnostic or statement.prose
    status = codes.status_in(said) or statement.status
    reply = codes.reply_in(said)
    return Finding(
        address=statement.address,
        status=status,
        reply_code=reply,
        reason=_reason(statement, phrases.plain(said), status, reply),
        said=said,
        final=statement.action != "delayed" and not _GOES_ON_TRYING.search(said[:4000]),
    )


def _reason(statement: Statement, said: str, status: str | None, reply: str | None) -> Reason:
    if statement.action in ("delivered", "relayed", "expanded"):
        return Reason.DELIVERED
    if statement.category in _CATEGORIES and codes.reason_of(status) is not Reason.DISABLED:
        return _CATEGORIES[statement.category]
    reason = _of_words(statement, said, status) or _of_status(status, said, reply)
    if reason in HARD and _not_for_good(statement, status, reply):
        return Reason.EXPIRED if statement.action == "delayed" else Reason.UNCLEAR
    if reason is not None:
        return reason
    return phrases.general(said) or (Reason.EXPIRED if statement.action == "delayed" else Reason.UNCLEAR)


def _of_status(status: str | None, said: str, reply: str | None) -> Reason | None:
    """What the status says. One that a report adds to a reply that speaks of the mail is not believed against the address."""
    reason = codes.reason_of(status)
    unbelieved = reply == _TOO_MUCH or (reply == _FAILED and (status or "") not in said)
    return Reason.UNCLEAR if reason in HARD and unbelieved else reason


def _not_for_good(statement: Statement, status: str | None, reply: str | None) -> bool:
    return statement.action == "delayed" or codes.temporary(status, reply)


def _of_words(statement: Statement, said: str, status: str | None) -> Reason | None:
    """What the words say. That there is no such user is believed where it answers RCPT or where the status says so as well."""
    against = phrases.against(said)
    if against is not None:
        return against
    if statement.command in OF_SENDER:
        return Reason.SENDER_REJECTED
    reason = phrases.of_the_address(said)
    if reason is not Reason.NO_SUCH_USER:
        return reason
    detail = (status or "").partition(".")[2]
    if detail in _NAMES_OTHER:
        return codes.reason_of(status)
    if detail in _NAMES_ADDRESS or statement.command in (OF_RECIPIENT, DIRECTORY):
        return reason
    return Reason.FILTERED
