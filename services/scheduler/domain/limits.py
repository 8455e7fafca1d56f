"""When a survey may go out: the company's rules, and windows of days and hours in the customer's zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from chassis.errors import Invalid

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_A_DAY = 1440
WEEKDAYS = range(1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The company's rules. `version` grows whenever they or a running campaign change."""

    version: int = 0
    quiet_period_days: int = 0
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWindow:
    """Days (ISO: 1 is Monday) and minutes of the day; `from_minute` after `to_minute` ends on the next day."""

    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int

    def is_open(self, wall: datetime) -> bool:
        """Whether a clock on the wall that shows this stands in the window."""
        minute, today = wall.hour * 60 + wall.minute, wall.isoweekday() in self.weekdays
        if self.from_minute < self.to_minute:
            return today and self.from_minute <= minute < self.to_minute
        yesterday = (wall - DAY).isoweekday() in self.weekdays
        return (today and minute >= self.from_minute) or (yesterday and minute < self.to_minute)


def check_window(window: SendWindow) -> SendWindow:
    """The window. Raises `Invalid` where it would never open or says nothing."""
    code = "send-window-not-valid"
    if not window.weekdays or not set(window.weekdays) <= set(WEEKDAYS):
        raise Invalid(code, "must name weekdays, 1 (Monday) to 7", field="send_window.weekdays")
    if not 0 <= window.from_minute < MINUTES_A_DAY:
        raise Invalid(code, "must be 0 to 1439", field="send_window.from_minute")
    if not 0 <= window.to_minute <= MINUTES_A_DAY or window.to_minute == window.from_minute:
        raise Invalid(code, "must be 0 to 1440 and differ from from_minute", field="send_window.to_minute")
    return window


def first_allowed(window: SendWindow | None, zone: tzinfo, moment: datetime) -> datetime:
    """The moment itself where the window is open, else the next at which it opens."""
    if window is None or window.is_open(moment.astimezone(zone)):
        return moment
    day = moment.astimezone(zone).date()
    for offset in range(-1, 9):
        for opens in _openings(window, zone, day + offset * DAY):
            if opens >= moment:
                return opens
    return moment  # A window that opens on no day of the week is refused before it gets here.


@lru_cache(maxsize=8192)
def _openings(window: SendWindow, zone: tzinfo, day: date) -> tuple[datetime, ...]:
    """The moments of a day at which it opens: one or none, but for days on which the clocks change."""
    begins, ends = _midnight(day, zone), _midnight(day + DAY, zone)
    if ends - begins != DAY:
        return tuple(_openings_of_odd_day(window, zone, begins, ends))
    return (begins + window.from_minute * MINUTE,) if day.isoweekday() in window.weekdays else ()


def _openings_of_odd_day(window: SendWindow, zone: tzinfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Minute by minute, as a person would with a calendar."""
    was_open, moment = False, begins
    while moment < ends:
        is_open = window.is_open(moment.astimezone(zone))
        if is_open and not was_open:
            yield moment
        was_open, moment = is_open, moment + MINUTE


def too_old(ages: Iterable[timedelta | None], bound: timedelta) -> bool:
    """Whether what is known of customers is too old to act on, from any stream; None is one that was never read."""
    return any(age is None or age > bound for age in ages)


def day_of(moment: datetime, rules: Rules) -> date:
    """The company's day."""
    return moment.astimezone(zone_of(None, rules)).date()


def begin_of(day: date, rules: Rules) -> datetime:
    """The first moment of a day of the company."""
    return _midnight(day, zone_of(None, rules))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def zone_named(name: str | None) -> tzinfo | None:
    """The zone; None where there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def zone_of(customer_zone: str | None, rules: Rules) -> tzinfo:
    """The customer's zone, else the company's."""
    return zone_named(customer_zone) or zone_named(rules.timezone) or UTC
