"""Outgoing webhooks: whom an answer is told to, in what words, how often it is tried, and what a reply makes of it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from chassis.errors import Invalid

EVENT, REMOVED = "response.changed", "response.removed"
TEST = "webhook.test"
SECRET_PREFIX, SECRET_BYTES = "whsec_", 24
OLD_SECRET_GOOD_FOR = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(days=3)
RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400))
RETRY_AT_LAST = timedelta(hours=6)
MAX_RETRY_AFTER = timedelta(hours=1)
MAX_EXCERPT = 500


class Format(StrEnum):
    """The shape of the body: Standard Webhooks, or a message as Slack and its likes take it."""

    STANDARD = "standard"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What signs; an old one goes on signing beside the new one until `until`."""

    text: str = field(repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Somebody who wants to be told of answers: of the `types` of news named.

    The filter is asked of what an answer is; of one that was taken out there is nothing to ask.
    """

    id: str
    seq: int = 0
    name: str
    url: str
    types: tuple[str, ...] = (EVENT,)
    filter: Mapping[str, Any] = field(default_factory=dict)
    include_provisional: bool = False
    format: Format = Format.STANDARD
    paused: bool = False
    secrets: tuple[Secret, ...]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The news of one customer that one webhook is still to be told, in order; only the first is tried.

    Each is an answer's id and the seq under which it changed. `attempts` are those made of the first one; `since` is
    when that was tried first.
    """

    id: str
    webhook_id: str
    queue: tuple[str, ...]
    attempts: int = 0
    since: datetime | None = None
    token: str | None = None

    @property
    def response_id(self) -> str:
        """Of which answer the first one is."""
        return self.queue[0].rpartition(":")[0]

    @property
    def is_outdone(self) -> bool:
        """Whether a later change of the same answer waits: as what is told is the answer as it is, once is enough."""
        return any(news.rpartition(":")[0] == self.response_id for news in self.queue[1:])


def news_of(response_id: str, seq: int) -> str:
    """One change of an answer."""
    return f"{response_id}:{seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: a status, or a fault where there was none."""

    status: int | None = None
    fault: str | None = None
    excerpt: str = ""
    seconds: float = 0
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - taken


class Tried(Protocol):
    """What was tried so often, since when."""

    @property
    def attempts(self) -> int:
        """How often before."""

    @property
    def since(self) -> datetime | None:
        """When first."""


class Outcome(StrEnum):
    """What an attempt makes of a delivery."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done after an attempt; `next_try_at` where there is another one."""

    outcome: Outcome
    next_try_at: datetime | None = None


def decide(line: Tried, reply: Reply, now: datetime, jitter: float) -> Decision:
    """What a reply makes of a delivery, such as that at the head of a line. `jitter` of 0 to 1 spreads those that fail together."""
    if reply.accepted:
        return Decision(outcome=Outcome.DELIVERED)
    waits = RETRY_AFTER[line.attempts] if line.attempts < len(RETRY_AFTER) else RETRY_AT_LAST
    asked = min(reply.retry_after or timedelta(0), MAX_RETRY_AFTER)
    next_try_at = now + max(waits * (1 + jitter / 10), asked)
    if next_try_at - (line.since or now) > GIVE_UP_AFTER:
        return Decision(outcome=Outcome.GAVE_UP)
    return Decision(outcome=Outcome.AGAIN, next_try_at=next_try_at)


def rotated(webhook: Webhook, secret: str, now: datetime) -> Webhook:
    """With a new secret; the last one goes on signing for a day, so that receivers can change over."""
    last = replace(webhook.secrets[-1], until=now + OLD_SECRET_GOOD_FOR)
    return replace(webhook, secrets=(last, Secret(text=secret)), changed_at=now)


def secret_of(random: bytes) -> str:
    """A secret in the form of Standard Webhooks."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def signatures(secrets: Sequence[Secret], id_: str, timestamp: int, body: bytes, now: datetime) -> str:
    """The `webhook-signature` header of Standard Webhooks: one for each secret that is good."""
    signed = f"{id_}.{timestamp}.".encode() + body
    good = [secret for secret in reversed(secrets) if secret.until is None or secret.until > now]
    return " ".join(f"v1,{_hmac(secret.text, signed)}" for secret in good)


def signed_headers(secrets: Sequence[Secret], id_: str, body: bytes, now: datetime) -> dict[str, str]:
    """What a body goes out under. The same `id_` stands for the same news, however often it is sent."""
    timestamp = int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Sounding",
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, id_, timestamp, body, now),
    }


def _hmac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def body_of(webhook: Webhook, type_: str, data: Mapping[str, Any], at: str) -> bytes:
    """What is sent. `data` is the answer as on `feedback.responses.v1`, in JSON's types."""
    if webhook.format is Format.SLACK:
        text = "An answer was taken out." if type_ == REMOVED else message(data)
        return json.dumps({"text": text}, ensure_ascii=False).encode()
    return json.dumps({"type": type_, "timestamp": at, "data": data}, ensure_ascii=False).encode()


def message(data: Mapping[str, Any]) -> str:
    """An answer in one line for a chat; what a person wrote cannot become a link or a mention there."""
    where = f" · {plain(str(data['campaign_name']))}" if data.get("campaign_name") else ""
    said = f"\n> {plain(str(data['comment'])).replace(chr(10), chr(10) + '> ')}" if data.get("comment") else ""
    return f"*{rating(data)}* ({data.get('score_class')}){where}{said}"


def rating(data: Mapping[str, Any]) -> str:
    """The score of an answer and what it is one of, as people say it."""
    metric = {"five_star": "Stars"}.get(str(data.get("metric")), str(data.get("metric", "")).upper())
    return f"{metric} {data.get('score')}"


def plain(text: str) -> str:
    """A text that cannot become a link or a mention in a chat."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def check_name(name: str) -> str:
    """A name that says something. Raises `Invalid`."""
    if not name.strip():
        code = "webhook-not-valid"
        raise Invalid(code, "must say something", field="name")
    return name.strip()
