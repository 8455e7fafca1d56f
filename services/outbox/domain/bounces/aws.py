"""What Amazon SES says in its notifications, also where SNS sends them as mail."""

import json
from typing import Any

from .judge import judge
from .model import Finding, Reason, Statement


def findings(text: str) -> list[Finding] | None:
    """What a notification says of each recipient; none where the text is no notification."""
    start = text.find("{")
    if start < 0 or text[:start].strip():
        return None
    said = _decoded(text[start:])
    notification = inner(said) if said is not None else None
    return of_notification(notification) if notification is not None else None


def inner(said: dict[str, Any]) -> dict[str, Any] | None:
    """The notification in the envelope of SNS, or as it is; none where there is none."""
    message = said.get("Message")
    return _decoded(message.strip()) if isinstance(message, str) else said


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        said = json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def of_notification(said: dict[str, Any]) -> list[Finding] | None:
    """What a notification says of each recipient; none where it is about something else."""
    match str(said.get("notificationType") or said.get("eventType") or ""):
        case "Bounce":
            return [_bounced(_of(said, "bounce"), one) for one in _listed(said, "bounce", "bouncedRecipients")]
        case "Complaint":
            named = _listed(said, "complaint", "complainedRecipients")
            return [Finding(address=_address(one), reason=Reason.COMPLAINT, said="complaint") for one in named]
        case "Delivery":
            reply = str(_of(said, "delivery").get("smtpResponse", ""))
            return [
                judge(Statement(address=str(one), action="delivered", diagnostic=reply))
                for one in _listed(said, "delivery", "recipients")
            ]
    return None


def _bounced(bounce: dict[str, Any], recipient: Any) -> Finding:
    one = recipient if isinstance(recipient, dict) else {}
    permanent = bounce.get("bounceType") == "Permanent"
    subtype = str(bounce.get("bounceSubType", ""))
    status = str(one.get("status") or "") or None
    said = str(one.get("diagnosticCode") or "").partition(";")[2].strip()
    found = judge(
        Statement(
            address=_address(one), action="failed", status=status, diagnostic=said, command="RCPT" if permanent else ""
        )
    )
    if permanent and subtype in ("NoEmail", "Suppressed", "OnAccountSuppressionList"):
        return Finding(
            address=found.address, status=status, reply_code=found.reply_code, reason=Reason.NO_SUCH_USER, said=said
        )
    if not permanent and found.hard:
        return Finding(
            address=found.address, status=status, reply_code=found.reply_code, reason=Reason.UNCLEAR, said=said
        )
    return found


def _of(said: dict[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _listed(said: dict[str, Any], name: str, key: str) -> list[Any]:
    listed = _of(said, name).get(key)
    return listed if isinstance(listed, list) else []


def _address(one: Any) -> str | None:
    return str(one["emailAddress"]) if isinstance(one, dict) and one.get("emailAddress") else None
