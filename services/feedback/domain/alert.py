"""Alerts: of which answers somebody inside is told, at once or in a digest; once for each answer and rule."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import Invalid

from .response import Response
from .webhook import Format, Secret, message, plain, rating

EVENT, TEST = "alert.raised", "alert.test"
CODE = "alert-not-valid"
MAILTO = "mailto:"
MAX_TOLD = 200
"""So many answers one digest tells; it counts them all."""


class Rhythm(StrEnum):
    """When somebody is told."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When a digest is sent: at this hour of the zone, a weekly one on this day (1 is Monday)."""

    hour: int = 8
    weekday: int = 1
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A rule. `active_since` is None while it rests; answers that were given before that moment raise nothing."""

    id: str
    seq: int = 0
    name: str
    filter: Mapping[str, Any] = field(default_factory=dict)
    url: str
    format: Format = Format.STANDARD
    rhythm: Rhythm = Rhythm.AT_ONCE
    digest: Digest = field(default_factory=Digest)
    active_since: datetime | None = None
    secrets: tuple[Secret, ...]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told in one go, and how often that was tried."""

    id: str
    alert_id: str
    due_at: datetime
    attempts: int = 0
    since: datetime | None = None
    token: str | None = None


def may_raise(alert: Alert, response: Response) -> bool:
    """Whether an answer may raise it: given to the end, by a person, since it is on."""
    if alert.active_since is None or response.answered_at < alert.active_since:
        return False
    return not (response.provisional or response.suspected_automatic or response.erased or response.past)


def notice_for(alert: Alert, response_id: str, now: datetime) -> tuple[str, datetime]:
    """In which notice an answer is told, and when that is due."""
    if alert.rhythm is Rhythm.AT_ONCE:
        return f"{alert.id}|{response_id}", now
    due_at = next_digest(alert, now)
    return f"{alert.id}|{due_at.isoformat()}", due_at


def next_digest(alert: Alert, after: datetime) -> datetime:
    """The first digest after a moment; an hour that a day does not have comes an hour later."""
    zone = ZoneInfo(alert.digest.timezone)
    today = after.astimezone(zone).date()
    for days in range(9):
        day = today + timedelta(days=days)
        if alert.rhythm is Rhythm.WEEKLY and day.isoweekday() != alert.digest.weekday:
            continue
        moment = datetime.combine(day, time(alert.digest.hour), zone).astimezone(after.tzinfo)
        if moment > after:
            return moment
    raise AssertionError


def mailbox_of(url: str) -> str | None:
    """The mailbox of a `mailto:` address; None for one on the web."""
    return url[len(MAILTO) :] if url.casefold().startswith(MAILTO) else None


def mail_of(alert: Alert, count: int, answers: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Subject and text of a mail to somebody inside."""
    subject = alert.name if count == 1 else f"{alert.name}: {count} answers"
    told = [_paragraph(one) for one in answers]
    more = [f"and {count - len(answers)} more"] if count > len(answers) else []
    return subject, "\n\n".join([*told, *more]) + "\n"


def _paragraph(answer: Mapping[str, Any]) -> str:
    where = f", {answer['campaign_name']}" if answer.get("campaign_name") else ""
    said = str(answer["comment"]) if answer.get("comment") else ""
    quoted = "".join(f"\n> {line}" for line in said.splitlines())
    return f"{rating(answer)} ({answer.get('score_class')}){where}{quoted}\nCustomer {answer.get('customer_id')}"


def body_of(alert: Alert, type_: str, count: int, answers: Sequence[Mapping[str, Any]], at: datetime) -> bytes:
    """What is sent: `answers` as on `feedback.responses.v1`, in JSON's types; `count` may be more than are told."""
    if alert.format is Format.SLACK:
        return json.dumps({"text": _text(alert, count, answers)}, ensure_ascii=False).encode()
    data = {"alert": {"id": alert.id, "name": alert.name}, "count": count, "responses": list(answers)}
    return json.dumps({"type": type_, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False).encode()


def _text(alert: Alert, count: int, answers: Sequence[Mapping[str, Any]]) -> str:
    head = f"*{plain(alert.name)}*" if count == 1 else f"*{plain(alert.name)}*: {count} answers"
    more = [f"and {count - len(answers)} more"] if count > len(answers) else []
    return "\n".join([head, *map(message, answers), *more])


def switched(alert: Alert, *, active: bool, now: datetime) -> Alert:
    """Switched on, from now; or off. One that is on stays on since when it is."""
    if active is (alert.active_since is not None):
        return alert
    return replace(alert, active_since=now if active else None)


def check(alert: Alert) -> Alert:
    """The rule. Raises `Invalid` where its parts make no sense."""
    if not alert.name.strip():
        raise Invalid(CODE, "must say something", field="name")
    try:
        ZoneInfo(alert.digest.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(CODE, "is no time zone, such as Europe/Vienna", field="digest.timezone") from None
    return replace(alert, name=alert.name.strip())
