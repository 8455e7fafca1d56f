"""Periods of whole days in a company's zone, and the days, weeks and months in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chassis.errors import Invalid

FIRST, LAST = date(1971, 1, 1), date(2100, 12, 31)
MOST_BUCKETS = 1200
ONE = timedelta(days=1)


class Unit(StrEnum):
    """How long a bucket is; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included, as they begin and end in the zone."""

    first_day: date
    last_day: date
    zone: ZoneInfo

    @property
    def begins(self) -> int:
        """In seconds since 1970 (UTC)."""
        return moment(self.first_day, self.zone)

    @property
    def ends(self) -> int:
        """The first second after it."""
        return moment(self.last_day + ONE, self.zone)

    def before(self) -> "Period | None":
        """The equal period just before it; None where that would begin before there were answers."""
        days = (self.last_day - self.first_day).days + 1
        if (self.first_day - FIRST).days < days:
            return None
        return Period(self.first_day - days * ONE, self.first_day - ONE, self.zone)

    def buckets(self, unit: Unit) -> list["Period"]:
        """Its days, weeks or months, the first and the last as far as they lie in it. Raises `Invalid` for too many."""
        found = list(self._buckets(unit))
        if len(found) > MOST_BUCKETS:
            code, reason = "too-many-buckets", f"would be {len(found):,}, more than {MOST_BUCKETS:,}: take longer ones"
            raise Invalid(code, reason, field="unit")
        return found

    def _buckets(self, unit: Unit) -> Iterator["Period"]:
        day = self.first_day
        while day <= self.last_day:
            last = min(_last_of(unit, day), self.last_day)
            yield Period(day, last, self.zone)
            day = last + ONE


def period(first_day: date | None, last_day: date | None, zone: str, today: date) -> Period:
    """Until today where no last day is named, the last 30 days where no first one is. Raises `Invalid`."""
    last = last_day or today
    first = first_day or max(FIRST, last - 29 * ONE)
    for name, day in (("first_day", first), ("last_day", last)):
        if not FIRST <= day <= LAST:
            code, reason = "period-not-valid", f"must lie between {FIRST} and {LAST}"
            raise Invalid(code, reason, field=name)
    if first > last:
        code, reason = "period-not-valid", "must not lie after the last day"
        raise Invalid(code, reason, field="first_day")
    return Period(first, last, zone_of(zone))


def zone_of(name: str) -> ZoneInfo:
    """An IANA zone. Raises `Invalid`."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        code, reason = "zone-not-valid", "must be the name of a time zone, such as Europe/Vienna"
        raise Invalid(code, reason, field="zone") from None


def moment(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, in seconds since 1970; where its midnight is left out, when the clocks jump."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp())


def _last_of(unit: Unit, day: date) -> date:
    if unit is Unit.DAY:
        return day
    if unit is Unit.WEEK:
        return day + (6 - day.weekday()) * ONE
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - ONE
