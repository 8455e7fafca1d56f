"""Destinations that refuse what we send, whoever it is for: sending there stops before it harms the sender's name."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = CLOSED_FOR = timedelta(hours=1)
_POLICY = re.compile(r"5\.7\.\d{1,3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How mails to a destination fared within an hour, and until when none go there."""

    id: str
    since: datetime
    sent: int = 0
    refused: int = 0
    closed_until: datetime | None = None

    def closed(self, now: datetime) -> bool:
        """Whether nothing goes there now."""
        return self.closed_until is not None and self.closed_until > now


@dataclass(frozen=True, slots=True)
class Bound:
    """How large a share of mails may be refused by policy; fewer refusals than `least` stop nothing."""

    share: float
    least: int


def by_policy(code: int, text: str) -> bool:
    """Whether a reply refuses for what the mail or its sender is, not for whom it is for."""
    return 500 <= code < 600 and _POLICY.match(text) is not None  # noqa: PLR2004 - permanent


def noted(known: Standing | None, id_: str, now: datetime, sent: int, refused: int, bound: Bound) -> Standing:
    """With so many more that went out and were refused: where too many were, it is closed for an hour, and then counted anew."""
    fresh = known is None or (now - known.since > WINDOW and not known.closed(now))
    before = Standing(id=id_, since=now) if known is None or fresh else known
    after = replace(before, sent=before.sent + sent, refused=before.refused + refused)
    if after.closed(now) or after.refused < bound.least:
        return after
    if after.refused <= bound.share * (after.sent + after.refused):
        return after
    return replace(after, since=now, closed_until=now + CLOSED_FOR)


def opened(known: Standing, now: datetime) -> Standing:
    """Somebody has mended what was wrong: it counts from nothing."""
    return Standing(id=known.id, since=now)
