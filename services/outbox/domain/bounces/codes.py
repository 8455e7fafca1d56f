"""Reply codes and enhanced status codes (RFC 5321, 3463, 5248)."""

import re

from .model import Reason

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.]*\d)")
_AFTER_REPLY = re.compile(r"(?<![\d.:\[-])[245][0-5]\d[ -]#?([245]\.\d{1,2}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.:\[-])([245][0-5]\d)(?=[\s\-]|$)")

_BY_DETAIL = {
    "1.1": Reason.NO_SUCH_USER,
    "1.2": Reason.NO_SUCH_HOST,
    "1.3": Reason.NO_SUCH_USER,
    "1.4": Reason.FILTERED,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER_REJECTED,
    "1.8": Reason.SENDER_REJECTED,
    "1.9": Reason.NETWORK,
    "1.10": Reason.NO_MAIL_ACCEPTED,
    "2.0": Reason.FILTERED,
    "2.1": Reason.DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "2.4": Reason.FILTERED,
    "3.1": Reason.SYSTEM,
    "3.4": Reason.TOO_LARGE,
    "4.1": Reason.EXPIRED,
    "4.4": Reason.NO_SUCH_HOST,
    "4.7": Reason.EXPIRED,
    "7.1": Reason.POLICY,
    "7.8": Reason.AUTHENTICATION,
    "7.9": Reason.POLICY,
    "7.20": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.25": Reason.NO_REVERSE_DNS,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER_REJECTED,
    "7.28": Reason.RATE,
}
_BY_SUBJECT = {
    "2": Reason.FILTERED,
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.PROTOCOL,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}


def status_in(text: str) -> str | None:
    """The enhanced status code in a reply: the one after the reply code before any that a report puts first."""
    after = _AFTER_REPLY.search(text)
    found = _STATUS.search(text)
    return after[1] if after else found[0] if found else None


def reply_in(text: str) -> str | None:
    """The reply code in a reply."""
    found = _REPLY.search(text)
    return found[1] if found else None


def reason_of(status: str | None) -> Reason | None:
    """What a status means by itself; none where it says nothing."""
    if status is None:
        return None
    kind, _, detail = status.partition(".")
    if kind == "2":
        return Reason.DELIVERED
    reason = _BY_DETAIL.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
    if kind == "4" and reason is Reason.NO_SUCH_HOST:
        return Reason.NETWORK
    return reason


def temporary(status: str | None, reply: str | None) -> bool:
    """Whether the codes say that it may go another time. The reply's own word counts more than the report's."""
    code = reply or status
    return code is not None and code.startswith("4")
