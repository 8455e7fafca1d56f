"""What a customer's answers and survey records add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

TREND_LENGTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; automatic ones are kept but do not count."""

    response_id: str
    score: int
    score_class: str | None = None
    answered_at: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How far one survey came."""

    campaign_id: str | None = None
    sent: bool
    delivered: bool
    opened: bool
    responded: bool


def score_trend(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """The last five that count, oldest first; fewer where fewer exist."""
    counting = sorted((answer for answer in answers if answer.counts), key=lambda a: (a.answered_at, a.response_id))
    return tuple(counting[-TREND_LENGTH:])


def delivery_stats(records: Iterable[Record]) -> dict[str, int | float | str | None]:
    """Counts, and the response rate in percent: of the delivered where that is known, else of the sent."""
    counted = list(records)
    stats: dict[str, int | float | str | None] = {
        name: sum(getattr(record, name) for record in counted) for name in ("sent", "delivered", "opened", "responded")
    }
    basis = "delivered" if stats["delivered"] else "sent"
    among = [record for record in counted if getattr(record, basis)]
    rate = round(100 * sum(record.responded for record in among) / len(among), 1) if among else None
    return {**stats, "response_rate": rate, "response_rate_of": basis if among else None}


def surveyed_by(records: Iterable[Record]) -> list[str]:
    """The campaigns that have sent to the customer."""
    return sorted({record.campaign_id for record in records if record.sent and record.campaign_id})
