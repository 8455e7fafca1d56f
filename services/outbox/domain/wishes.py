"""What somebody wants of the surveys to come: none, fewer, a rest, or all of them again."""

import calendar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from . import deliverability as rules
from .deliverability import Evidence, Gate

LONGEST_REST_MONTHS = 24


class What(StrEnum):
    """What is wanted."""

    NONE = "none"
    NO_BRAND = "no-brand"
    NO_CAMPAIGN = "no-campaign"
    REST = "rest"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted, by whose word, and of which campaign or brand or until when."""

    what: What
    evidence: Evidence
    campaign_id: str | None = None
    brand_id: str | None = None
    until: datetime | None = None


def granted(gate: Gate, wish: Wish) -> Gate:
    """The gate as it is wanted."""
    at = wish.evidence.at
    match wish.what:
        case What.NONE:
            return rules.opted_out(gate, wish.evidence)
        case What.NO_BRAND:
            return rules.refusing(gate, at, brand_id=wish.brand_id)
        case What.NO_CAMPAIGN:
            return rules.refusing(gate, at, campaign_id=wish.campaign_id)
        case What.REST:
            return rules.paused(gate, wish.until, at) if wish.until else gate
        case What.AGAIN:
            return rules.resubscribed(gate, at)


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and hour so many months later; the last of the month where there is no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def masked(address: str) -> str:
    """An address that its owner knows again, and nobody reads."""
    local, _, domain = address.rpartition("@")
    host, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{top}"
