"""What mail providers tell by webhook, in our words: of whom, what, when, and which mail."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from . import aws
from .judge import OF_RECIPIENT, judge
from .model import Finding, Kind, Reason, Statement

DISPATCH = "sounding_dispatch"
"""Under this name a mail carries its record's id, where a provider takes metadata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing told. `id` is the provider's own, the same however often it is told."""

    id: str
    finding: Finding
    at: datetime | None = None
    dispatch_id: str | None = None
    message_ids: tuple[str, ...] = ()
    return_paths: tuple[str, ...] = ()


def ses(body: Any) -> list[Told]:
    """Amazon SES through SNS: a notification or an event, in its envelope or raw. Raises `ValueError`."""
    envelope = _object(body)
    said = aws.inner(envelope)
    if said is None:
        return []
    mail = _object(said.get("mail", {}))
    headers = {str(one.get("name", "")).lower(): str(one.get("value", "")) for one in _objects(mail.get("headers"))}
    tags = _object(mail.get("tags") or {})
    named = tags.get(DISPATCH)
    kind = str(said.get("notificationType") or said.get("eventType"))
    details = _object(said.get(kind.lower(), {}))
    common = _object(mail.get("commonHeaders") or {})
    return [
        Told(
            id=f"ses|{mail.get('messageId')}|{kind}|{details.get('feedbackId', '')}|{number}",
            finding=finding,
            at=_moment(details.get("timestamp")),
            dispatch_id=str(named[0]) if isinstance(named, list) and named else None,
            message_ids=_ids(headers.get("message-id"), common.get("messageId"), mail.get("messageId")),
            return_paths=_texts(mail.get("source"), headers.get("return-path")),
        )
        for number, finding in enumerate(aws.of_notification(said) or [])
    ]


_POSTMARK = {
    "Transient": Reason.UNCLEAR,
    "SoftBounce": Reason.UNCLEAR,
    "DnsError": Reason.NETWORK,
    "SpamNotification": Reason.SPAM,
    "VirusNotification": Reason.VIRUS,
    "Blocked": Reason.BLOCKED,
    "DMARCPolicy": Reason.AUTHENTICATION,
    "TemplateRenderingFailed": Reason.CONTENT,
    "Undeliverable": Reason.UNCLEAR,
    "SMTPApiError": Reason.SYSTEM,
    "SpamComplaint": Reason.COMPLAINT,
    "Unsubscribe": Reason.UNSUBSCRIBED,
}
_POSTMARK_HARD = frozenset({"HardBounce", "BadEmailAddress"})


def postmark(body: Any) -> list[Told]:
    """Postmark: one record of a bounce, a complaint or a delivery. Raises `ValueError`."""
    said = _object(body)
    address, details = str(said.get("Email") or said.get("Recipient") or "") or None, str(said.get("Details") or "")
    match said.get("RecordType"):
        case "Delivery":
            finding: Finding | None = Finding(address=address, reason=Reason.DELIVERED, said=details)
        case "SpamComplaint":
            finding = Finding(address=address, reason=Reason.COMPLAINT, said="spam complaint")
        case "Bounce":
            finding = _postmark_bounce(said, address, details)
        case _:
            finding = None
    if finding is None:
        return []
    metadata = _object(said.get("Metadata") or {})
    return [
        Told(
            id=f"postmark|{said.get('ID') or said.get('MessageID')}|{said.get('RecordType')}",
            finding=finding,
            at=_moment(said.get("BouncedAt") or said.get("DeliveredAt")),
            dispatch_id=_text(metadata.get(DISPATCH)),
            message_ids=_ids(said.get("MessageID")),
        )
    ]


def _postmark_bounce(said: Mapping[str, Any], address: str | None, details: str) -> Finding | None:
    kind = str(said.get("Type"))
    if kind in _POSTMARK_HARD:
        return _permanent(address, details or str(said.get("Description") or ""))
    reason = _POSTMARK.get(kind)
    return Finding(address=address, reason=reason, said=details or kind) if reason else None


def mailgun(body: Any) -> list[Told]:
    """Mailgun: one event. Raises `ValueError`."""
    event = _object(_object(body).get("event-data"))
    finding = _mailgun_finding(event)
    if finding is None:
        return []
    headers = _object(_object(event.get("message") or {}).get("headers") or {})
    given = _object(event.get("user-variables") or {})
    return [
        Told(
            id=f"mailgun|{event.get('id')}",
            finding=finding,
            at=_moment(event.get("timestamp")),
            dispatch_id=_text(given.get(DISPATCH)),
            message_ids=_ids(headers.get("message-id")),
        )
    ]


def _mailgun_finding(event: Mapping[str, Any]) -> Finding | None:
    status = _object(event.get("delivery-status") or {})
    address = _text(event.get("recipient"))
    words = str(status.get("message") or status.get("description") or "")
    said = f"{status.get('code') or ''} {words}".strip()
    match event.get("event"):
        case "delivered":
            return Finding(address=address, reason=Reason.DELIVERED, said=said)
        case "complained":
            return Finding(address=address, reason=Reason.COMPLAINT, said="complained")
        case "unsubscribed":
            return Finding(address=address, reason=Reason.UNSUBSCRIBED)
        case "failed" if event.get("severity") == "temporary":
            return replace(_temporary(address, said), final=False)
        case "failed":
            return _permanent(address, said or str(event.get("reason") or ""))
        case _:
            return None


def sendgrid(body: Any) -> list[Told]:
    """SendGrid: a list of events. Raises `ValueError`."""
    if not isinstance(body, list):
        reason = "not a list of events"
        raise ValueError(reason)  # noqa: TRY004 - what was sent is wrong, not the code
    told = [(one, _sendgrid_finding(one)) for one in _objects(body)]
    return [
        Told(
            id=f"sendgrid|{one.get('sg_event_id')}",
            finding=finding,
            at=_moment(one.get("timestamp")),
            dispatch_id=_text(one.get(DISPATCH)),
            message_ids=_ids(one.get("smtp-id")),
        )
        for one, finding in told
        if finding is not None
    ]


def _sendgrid_finding(event: Mapping[str, Any]) -> Finding | None:
    address, said = _text(event.get("email")), str(event.get("reason") or event.get("response") or "")
    match event.get("event"):
        case "delivered":
            return Finding(address=address, reason=Reason.DELIVERED, said=said)
        case "spamreport":
            return Finding(address=address, reason=Reason.COMPLAINT, said="spam report")
        case "unsubscribe" | "group_unsubscribe":
            return Finding(address=address, reason=Reason.UNSUBSCRIBED)
        case "deferred":
            return replace(_temporary(address, said), final=False)
        case "bounce" if event.get("type") == "blocked":
            return _temporary(address, said)
        case "bounce":
            return _permanent(address, said, status=_text(event.get("status")))
        case "dropped" if said in ("Bounced Address", "Invalid"):
            return Finding(address=address, reason=Reason.NO_SUCH_USER, said=said)
        case "dropped":
            return Finding(address=address, reason=Reason.POLICY, said=said)
        case _:
            return None


_GENERIC: dict[str, Callable[[str | None, str, str | None], Finding]] = {
    "bounce": lambda address, said, status: _permanent(address, said, status=status),
    "delayed": lambda address, said, _: replace(_temporary(address, said), final=False),
    "complaint": lambda address, said, _: Finding(address=address, reason=Reason.COMPLAINT, said=said or "complaint"),
    "delivered": lambda address, said, _: Finding(address=address, reason=Reason.DELIVERED, said=said),
    "unsubscribe": lambda address, said, _: Finding(address=address, reason=Reason.UNSUBSCRIBED, said=said),
}


def generic(body: Any) -> list[Told]:
    """Our own shape, for whoever has none of these. Raises `ValueError`."""
    told = []
    for one in _objects(_object(body).get("events")):
        make = _GENERIC.get(str(one.get("type")))
        if make is None or not one.get("id"):
            reason = "an event needs an id and a type: bounce, delayed, complaint, delivered or unsubscribe"
            raise ValueError(reason)
        told.append(
            Told(
                id=f"generic|{one['id']}",
                finding=make(_text(one.get("recipient")), str(one.get("diagnostic") or ""), _text(one.get("status"))),
                at=_moment(one.get("occurred_at")),
                dispatch_id=_text(one.get("dispatch_id")),
                message_ids=_ids(one.get("message_id")),
                return_paths=_texts(one.get("return_path")),
            )
        )
    return told


READERS: dict[str, Callable[[Any], list[Told]]] = {
    "ses": ses,
    "postmark": postmark,
    "mailgun": mailgun,
    "sendgrid": sendgrid,
    "generic": generic,
}


def _permanent(address: str | None, said: str, *, status: str | None = None) -> Finding:
    """A provider calls it permanent: the words say whether the address is at fault."""
    statement = Statement(address=address, action="failed", status=status, diagnostic=said, command=OF_RECIPIENT)
    return judge(statement)


def _temporary(address: str | None, said: str) -> Finding:
    """A provider calls it temporary, so it is not hard whatever the words."""
    found = judge(Statement(address=address, action="failed", diagnostic=said))
    return replace(found, reason=Reason.UNCLEAR) if found.kind is Kind.HARD else found


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        reason = "an object is missing"
        raise ValueError(reason)  # noqa: TRY004 - what was sent is wrong, not the code
    return value


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return str(value)[:1000] if isinstance(value, str | int) and value != "" else None


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(text for value in values if (text := _text(value)))


def _ids(*values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip().strip("<>") for text in _texts(*values)))


def _moment(value: Any) -> datetime | None:
    """A moment as a provider writes it: seconds, or ISO 8601; none where it is neither."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
