"""What came in, made into notices: mails by the address they came to, webhooks by what the provider says."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence

from . import return_path
from .bounces import Finding, Kind, Reason, Report, UnreadableError, classify
from .bounces.providers import READERS, Told
from .returned import Notice

MAIL = "mail"
_ADDRESS = re.compile(r"[A-Za-z0-9.+_=-]{1,200}@[A-Za-z0-9.-]{1,253}")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{12,400}")

ReadToken = Callable[[str], str | None]
"""The record that an unsubscribe link's token names."""


def accepts(address: str, keys: Sequence[str], domain: str, others: Iterable[str]) -> bool:
    """Whether a mail to this address is for us: to a return path that we signed, or to a mailbox that we named."""
    bare = address.strip("<>").lower()
    if bare.rpartition("@")[2] == domain.lower() and return_path.read(bare, keys):
        return True
    return any(_is_to(bare, other) for other in others)


def id_of(source: str, raw: bytes, *more: str) -> str:
    """The same for the same bytes, however often they come."""
    return hashlib.sha256(b"\x1f".join([source.encode(), *(one.encode() for one in more), raw])).hexdigest()


def of_mail(
    raw: bytes, recipients: Sequence[str], keys: Sequence[str], unsubscribe_address: str | None, read_token: ReadToken
) -> list[Notice]:
    """What a mail says of mails of ours; nothing where it is about none. Raises `UnreadableError`."""
    report = classify(raw)
    own = hashlib.sha256((report.own_id or "").encode() or raw).hexdigest()
    addressed = [*recipients, *(found for text in report.recipients for found in _ADDRESS.findall(text))]
    if unsubscribe_address and (tokens := _tokens(report, addressed, unsubscribe_address)):
        named = [found for token in tokens if (found := read_token(token))]
        said = Finding(address=None, reason=Reason.UNSUBSCRIBED, said="by mail")
        return [Notice(id=own, dispatch_ids=(found,), finding=said) for found in named[:1]]
    finding = report.of_one or _by_itself(report)
    if finding is None:
        return []
    ids = _signed([*addressed, *report.return_paths], keys)
    return [Notice(id=own, dispatch_ids=ids, message_ids=report.message_ids, finding=finding)]


def _by_itself(report: Report) -> Finding | None:
    """A mailbox that answers by itself has the mail: no more than that is known."""
    by_itself = report.kind is Kind.AUTO_REPLY
    return Finding(address=None, reason=Reason.ANSWERED_BY_ITSELF, said="automatic reply") if by_itself else None


def of_webhook(source: str, raw: bytes, keys: Sequence[str]) -> list[Notice]:
    """What a provider's message says of mails of ours. Raises `UnreadableError`."""
    try:
        told = READERS[source](json.loads(raw))
    except (ValueError, RecursionError, KeyError) as error:
        raise UnreadableError(str(error) or type(error).__name__) from error
    return [_notice(one, keys) for one in told]


def _notice(told: Told, keys: Sequence[str]) -> Notice:
    named = (told.dispatch_id,) if told.dispatch_id else _signed(told.return_paths, keys)
    return Notice(id=told.id, dispatch_ids=named, message_ids=told.message_ids, finding=told.finding, at=told.at)


def _signed(addresses: Iterable[str], keys: Sequence[str]) -> tuple[str, ...]:
    found = (return_path.read(address.strip("<> "), keys) for address in addresses)
    return tuple(dict.fromkeys(one for one in found if one))


def _tokens(report: Report, addressed: Iterable[str], mailbox: str) -> list[str]:
    """What may be tokens of a mail to the unsubscribe mailbox; none where it went elsewhere."""
    to = [address for address in addressed if _is_to(address.lower(), mailbox)]
    locals_ = [address.rpartition("@")[0].partition("+")[2] for address in to]
    return [*(one for one in locals_ if one), *_TOKEN.findall(report.subject)] if to else []


def _is_to(address: str, mailbox: str) -> bool:
    """Whether it is the mailbox, or the mailbox with something after a plus."""
    local, _, domain = address.strip("<> ").rpartition("@")
    wanted, _, at = mailbox.lower().rpartition("@")
    return domain.lower() == at and local.partition("+")[0].lower() == wanted
