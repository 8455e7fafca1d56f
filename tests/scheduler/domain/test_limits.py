"""Send windows, held against a slow and obvious reference; zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.scheduler.domain.limits import Rules, SendWindow, check_window, first_allowed, zone_of

VIENNA = ZoneInfo("Europe/Vienna")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKDAYS = (1, 2, 3, 4, 5)


def window(begins: str, ends: str, weekdays: tuple[int, ...] = EVERY_DAY) -> SendWindow:
    return SendWindow(weekdays=weekdays, from_minute=minutes(begins), to_minute=minutes(ends))


def minutes(wall: str) -> int:
    hours, minute = wall.split(":")
    return int(hours) * 60 + int(minute)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("case", "open_at", "asked", "expected"),
    [
        ("inside: at once, to the second", window("09:00", "17:00"), "2026-11-23 10:30:07", "2026-11-23 10:30:07"),
        ("before it opens: when it opens", window("09:00", "17:00"), "2026-11-23 05:00", "2026-11-23 08:00"),
        ("after it closed: the next day", window("09:00", "17:00"), "2026-11-23 16:00", "2026-11-24 08:00"),
        ("the last minute", window("09:00", "17:00"), "2026-11-23 15:59:59", "2026-11-23 15:59:59"),
        ("Friday evening: Monday", window("09:00", "17:00", WORKDAYS), "2026-11-27 18:00", "2026-11-30 08:00"),
        ("only on one day: a week later", window("09:00", "17:00", (1,)), "2026-11-23 16:00", "2026-11-30 08:00"),
        ("overnight: late", window("22:00", "06:00"), "2026-11-23 21:30", "2026-11-23 21:30"),
        ("overnight: early", window("22:00", "06:00"), "2026-11-23 04:00", "2026-11-23 04:00"),
        ("overnight: by day", window("22:00", "06:00"), "2026-11-23 12:00", "2026-11-23 21:00"),
        (
            "overnight belongs to the day it began on",
            window("22:00", "06:00", (5,)),
            "2026-11-28 04:00",
            "2026-11-28 04:00",
        ),
        ("overnight has ended with it", window("22:00", "06:00", (5,)), "2026-11-28 21:30", "2026-12-04 21:00"),
        ("the whole day", window("00:00", "24:00", (2,)), "2026-11-23 12:00", "2026-11-23 23:00"),
        (
            "clocks go on: 2:30 does not exist, 3:00 comes",
            window("02:30", "04:00"),
            "2026-03-29 00:00",
            "2026-03-29 01:00",
        ),
        ("clocks go on: the window is skipped", window("02:10", "02:50"), "2026-03-29 00:50", "2026-03-30 00:10"),
        ("clocks go back: 2:30 comes twice", window("02:30", "02:45"), "2026-10-25 00:50", "2026-10-25 01:30"),
        ("clocks go back: opens again", window("01:30", "02:15"), "2026-10-25 00:20", "2026-10-25 01:00"),
        ("clocks went back: an hour later in UTC", window("09:00", "17:00"), "2026-10-25 03:00", "2026-10-25 08:00"),
        ("clocks went on: an hour earlier in UTC", window("09:00", "17:00"), "2026-03-29 03:00", "2026-03-29 07:00"),
        ("29 February", window("09:00", "17:00"), "2028-02-28 20:00", "2028-02-29 08:00"),
    ],
)
def test_the_first_allowed_moment_in_vienna(case: str, open_at: SendWindow, asked: str, expected: str) -> None:
    assert first_allowed(open_at, VIENNA, utc(asked)) == utc(expected), case


def test_without_a_window_every_moment_is_allowed() -> None:
    assert first_allowed(None, VIENNA, utc("2026-11-23 03:00")) == utc("2026-11-23 03:00")


def slowly(open_at: SendWindow, zone: ZoneInfo, moment: datetime) -> datetime:
    """Minute by minute, with a clock on the wall and a calendar of the week in which the open minutes are marked."""
    calendar = _marked(open_at)
    while _minute_of_week(moment.astimezone(zone)) not in calendar:
        whole = moment.replace(second=0, microsecond=0)
        moment = whole + timedelta(minutes=1)
    return moment


def _minute_of_week(wall: datetime) -> int:
    return wall.weekday() * 1440 + wall.hour * 60 + wall.minute


def _marked(open_at: SendWindow) -> set[int]:
    ends = open_at.to_minute + (1440 if open_at.to_minute < open_at.from_minute else 0)
    midnights = [(day - 1) * 1440 for day in open_at.weekdays]
    return {(midnight + minute) % (7 * 1440) for midnight in midnights for minute in range(open_at.from_minute, ends)}


ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Vienna",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Beirut",
        "America/Santiago",
        "Pacific/Apia",
    ]
).map(ZoneInfo)
NEAR_A_CHANGE = st.sampled_from(
    ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2018-11-03", "2026-09-05"]
)
MOMENTS = st.builds(
    lambda day, seconds: utc(day) + timedelta(seconds=seconds), NEAR_A_CHANGE, st.integers(0, 3 * 86400)
)
WINDOWS = (
    st.builds(
        SendWindow,
        weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
        from_minute=st.integers(0, 1439),
        to_minute=st.integers(0, 1440),
    )
    .filter(lambda one: one.from_minute != one.to_minute)
    .filter(lambda one: len(one.weekdays) > 2)
)


@settings(max_examples=300, deadline=None)
@given(WINDOWS, ZONES, MOMENTS)
def test_it_agrees_with_the_slow_reference(open_at: SendWindow, zone: ZoneInfo, moment: datetime) -> None:
    assert first_allowed(open_at, zone, moment) == slowly(open_at, zone, moment)


@settings(deadline=None)
@given(WINDOWS, ZONES, MOMENTS, st.integers(0, 10_000))
def test_who_asks_later_is_never_allowed_earlier(
    open_at: SendWindow, zone: ZoneInfo, moment: datetime, later: int
) -> None:
    assert first_allowed(open_at, zone, moment) <= first_allowed(open_at, zone, moment + timedelta(minutes=later))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (SendWindow(weekdays=(), from_minute=0, to_minute=1), "send_window.weekdays"),
        (SendWindow(weekdays=(0,), from_minute=0, to_minute=1), "send_window.weekdays"),
        (SendWindow(weekdays=(1,), from_minute=1440, to_minute=1), "send_window.from_minute"),
        (SendWindow(weekdays=(1,), from_minute=5, to_minute=5), "send_window.to_minute"),
        (SendWindow(weekdays=(1,), from_minute=5, to_minute=1441), "send_window.to_minute"),
    ],
)
def test_a_window_that_says_nothing_is_refused(wrong: SendWindow, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_window(wrong)

    assert refused.value.field == field


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", "a\x00b"])
def test_a_zone_that_is_not_known_is_the_companys(name: str | None) -> None:
    assert zone_of(name, Rules(timezone="Europe/Vienna")) == VIENNA


def test_the_customers_zone_comes_first() -> None:
    assert zone_of("Asia/Tokyo", Rules(timezone="Europe/Vienna")) == ZoneInfo("Asia/Tokyo")
