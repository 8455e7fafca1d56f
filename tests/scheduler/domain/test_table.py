"""Every rule of the next survey as a sentence, what is given, and what is expected. It is Monday, 23 November 2026, noon UTC.

The same sentences stand in `docs/guide/next-survey.md`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.scheduler.domain.campaign import Campaign, Kind, activate, finish, pause
from services.scheduler.domain.customer import Customer, NextSurvey, Turn
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.next_survey import next_survey
from tests.scheduler.domain.cases import NOON, campaign, customer, days, missed, running, survey, waiting

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "next-survey.md"
OFFICE = SendWindow(weekdays=(1, 2, 3, 4, 5), from_minute=9 * 60, to_minute=17 * 60)
NIGHT = SendWindow(weekdays=(1, 2, 3, 4, 5, 6, 7), from_minute=22 * 60, to_minute=6 * 60)

SMALL_HOURS = SendWindow(weekdays=(7,), from_minute=2 * 60 + 30, to_minute=4 * 60)


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def who(*surveys: Any, **more: Any) -> Customer:
    return customer(*surveys, **{"added": NOON - days(10), **more})


def without_address() -> Customer:
    return who(profile={"email": None, "created_at": NOON, "deleted_at": None})


def deleted() -> Customer:
    return who(profile={"email": "a@b.example", "created_at": NOON, "deleted_at": NOON})


def erased() -> Customer:
    return who(profile=None)


def case(given: Customer, *campaigns: Campaign, matches: bool = True, now: datetime = NOON, **rules: Any) -> Any:
    active = [one for one in campaigns or (campaign(),) if one.runs]
    return lambda: next_survey(given, running(*active, matches=matches), Rules(**rules), now)


def paused(*, resumed: datetime | None = None, **more: Any) -> Campaign:
    """A campaign that was paused a week ago, and perhaps goes on since a moment."""
    found = pause(campaign(**more), NOON - days(7))
    return activate(found, resumed) if resumed else found


def nobody_runs(given: Customer) -> Any:
    return lambda: next_survey(given, [], Rules(), NOON)


def in_words(found: NextSurvey) -> str:
    """`first Sat 28 Nov 12:00 by nps, held by quiet-period`; without a date only the reason."""
    if found.at is None:
        return f"{found.kind}: {found.reason}"
    held = f", held by {' and '.join(found.held_by)}" if found.held_by else ""
    return f"{found.reason} {found.at:%a %d %b %H:%M} by {found.campaign_id}{held}"


CASES: dict[str, tuple[Any, str]] = {
    "Added today, first survey after 5 days: in 5 days": (
        case(who(added=NOON), campaign(first=5)),
        "first Sat 28 Nov 12:00 by nps",
    ),
    "Older than those days already when the campaign is switched on: the moment it is switched on": (
        case(who(added=NOON - days(400)), campaign(first=5, activated_at=NOON)),
        "first Mon 23 Nov 12:00 by nps",
    ),
    "Surveyed 30 days ago, every 90 days: in 60 days": (
        case(who(survey(NOON - days(30)))),
        "recurring Fri 22 Jan 12:00 by nps",
    ),
    "Surveyed by another campaign 30 days ago: that counts too": (
        case(who(survey(NOON - days(30), "ces"))),
        "recurring Fri 22 Jan 12:00 by nps",
    ),
    "Surveyed by another campaign, and this one has its own clock: its first survey comes": (
        case(who(survey(NOON - days(2), "ces")), campaign(first=12, clock="this_campaign")),
        "first Wed 25 Nov 12:00 by nps",
    ),
    "No first survey in this campaign, never surveyed: none": (
        case(who(), campaign(first=None)),
        "none: first-survey-off",
    ),
    "Recurring is off and the first survey is over: none": (
        case(who(survey(NOON - days(30))), campaign(every=None)),
        "none: recurring-off",
    ),
    "The last survey was reset: the first-survey rule holds again": (
        case(who(survey(NOON - days(30)), reset_at=NOON), campaign(first=12)),
        "first Wed 25 Nov 12:00 by nps",
    ),
    "Two campaigns match: the earliest date wins": (
        case(who(), campaign("late", first=14), campaign("early", first=13)),
        "first Thu 26 Nov 12:00 by early",
    ),
    "Two campaigns on the same date: the higher priority wins": (
        case(who(), campaign("low", first=12), campaign("high", first=12, priority=1)),
        "first Wed 25 Nov 12:00 by high",
    ),
    "Two campaigns, same date and priority: the older one wins": (
        case(who(), campaign("young", first=12, created_at=NOON), campaign("old", first=12)),
        "first Wed 25 Nov 12:00 by old",
    ),
    "Unsubscribed: none": (case(who(status="unsubscribed")), "none: unsubscribed"),
    "The address bounced: none": (case(who(status="hard_bounced")), "none: hard-bounced"),
    "The address cannot receive mail: none": (case(who(status="non_deliverable")), "none: non-deliverable"),
    "No address: none": (case(without_address()), "none: no-address"),
    "Deleted: none": (case(deleted()), "none: deleted"),
    "Erased: none": (case(erased()), "none: deleted"),
    "Refused this campaign: none": (case(who(refused_campaigns=("nps",))), "none: refused"),
    "Refused the campaign's brand: none": (case(who(refused_brands=("b",))), "none: refused"),
    "Refused another campaign: nothing changes": (
        case(who(refused_campaigns=("ces",), refused_brands=("other",)), campaign(first=12)),
        "first Wed 25 Nov 12:00 by nps",
    ),
    "Refused the campaign that would be first: the next one surveys": (
        case(who(refused_campaigns=("early",)), campaign("late", first=14), campaign("early", first=13)),
        "first Fri 27 Nov 12:00 by late",
    ),
    "Asked for a rest of three months: when it is over": (
        case(who(paused_until=NOON + days(92)), campaign(first=12)),
        "first Tue 23 Feb 12:00 by nps, held by paused",
    ),
    "Asked for a rest that is over: nothing changes": (
        case(who(paused_until=NOON - days(20)), campaign(first=12)),
        "first Wed 25 Nov 12:00 by nps",
    ),
    "Mails came back and the mailbox rests: when it is over": (
        case(who(resting_until=NOON + days(92)), campaign(first=12)),
        "first Tue 23 Feb 12:00 by nps, held by soft-bounced",
    ),
    "The company lets customers rest 7 days, surveyed 2 days ago: in 5 days": (
        case(who(survey(NOON - days(2), "ces")), campaign(clock="this_campaign"), quiet_period_days=7),
        "first Sat 28 Nov 12:00 by nps, held by quiet-period",
    ),
    "The rest holds after a survey by an event or in the app as well": (
        case(who(survey(NOON - days(2), "in-the-app")), campaign(clock="this_campaign"), quiet_period_days=7),
        "first Sat 28 Nov 12:00 by nps, held by quiet-period",
    ),
    "A reset does not shorten the rest": (
        case(who(survey(NOON - days(2)), reset_at=NOON), quiet_period_days=7),
        "first Sat 28 Nov 12:00 by nps, held by quiet-period",
    ),
    "A rest asked for and the company's rest: the later one counts": (
        case(
            who(survey(NOON - days(2), "ces"), paused_until=NOON + days(1)),
            campaign(clock="this_campaign"),
            quiet_period_days=7,
        ),
        "first Sat 28 Nov 12:00 by nps, held by paused and quiet-period",
    ),
    "The campaign's daily cap was reached: the day on which the turn comes": (
        case(who(turns={"nps": Turn(until=on("2026-11-24"), cap=100)}), campaign(daily_cap=100)),
        "first Tue 24 Nov 00:00 by nps, held by daily-cap",
    ),
    "The cap was changed since: asked at once whether there is room": (
        case(who(turns={"nps": Turn(until=on("2026-11-24"), cap=100)}), campaign(daily_cap=200)),
        "first Fri 13 Nov 12:00 by nps",
    ),
    "Pushed back by the cap, another campaign would be free: the place in line is kept": (
        case(
            who(turns={"nps": Turn(until=on("2026-11-24"), cap=100)}),
            campaign(daily_cap=100),
            campaign("other", first=1),
        ),
        "first Tue 24 Nov 00:00 by nps, held by daily-cap",
    ),
    "The cap's next day is before the window: when the window opens": (
        case(
            who(turns={"nps": Turn(until=on("2026-11-24"), cap=100)}),
            campaign(daily_cap=100, send_window=OFFICE),
        ),
        "first Tue 24 Nov 09:00 by nps, held by daily-cap and send-window",
    ),
    "Due in the night, office hours: in the morning": (
        case(who(added=on("2026-11-13 04:00")), campaign(first=10, send_window=OFFICE)),
        "first Mon 23 Nov 09:00 by nps, held by send-window",
    ),
    "Due on Saturday, office hours: on Monday": (
        case(who(), campaign(first=15, send_window=OFFICE)),
        "first Mon 30 Nov 09:00 by nps, held by send-window",
    ),
    "A window over midnight, due at noon: at ten in the evening": (
        case(who(), campaign(first=11, send_window=NIGHT)),
        "first Tue 24 Nov 22:00 by nps, held by send-window",
    ),
    "Office hours in the customer's zone: nine in the morning in Vienna is eight UTC": (
        case(who(timezone="Europe/Vienna"), campaign(first=15, send_window=OFFICE)),
        "first Mon 30 Nov 08:00 by nps, held by send-window",
    ),
    "The customer's zone is not known: the company's counts": (
        case(who(timezone="Atlantis/Center"), campaign(first=15, send_window=OFFICE), timezone="Asia/Tokyo"),
        "first Mon 30 Nov 00:00 by nps, held by send-window",
    ),
    "Neither the customer's zone nor the company's is known: UTC": (
        case(who(timezone="Atlantis/Center"), campaign(first=15, send_window=OFFICE), timezone="Nowhere/At-All"),
        "first Mon 30 Nov 09:00 by nps, held by send-window",
    ),
    "The clocks go on during the night: nine in the morning is an hour earlier in UTC": (
        case(
            who(added=on("2027-03-27 20:00"), timezone="Europe/Vienna"),
            campaign(first=0, send_window=replace(OFFICE, weekdays=(7,))),
            now=on("2027-03-27 20:00"),
        ),
        "first Sun 28 Mar 07:00 by nps, held by send-window",
    ),
    "The clocks go back during the night: nine in the morning is an hour later in UTC": (
        case(
            who(added=on("2026-10-24 20:00"), timezone="Europe/Vienna"),
            campaign(first=0, send_window=replace(OFFICE, weekdays=(7,))),
            now=on("2026-10-24 20:00"),
        ),
        "first Sun 25 Oct 08:00 by nps, held by send-window",
    ),
    "A window that opens within the hour that the clocks leave out: as soon as it is over": (
        case(
            who(added=on("2027-03-27 20:00"), timezone="Europe/Vienna"),
            campaign(first=0, send_window=SMALL_HOURS),
            now=on("2027-03-27 20:00"),
        ),
        "first Sun 28 Mar 01:00 by nps, held by send-window",
    ),
    "Due on 29 February: on that day": (
        case(who(added=on("2028-02-24 12:00")), campaign(first=5), now=on("2028-02-24 12:00")),
        "first Tue 29 Feb 12:00 by nps",
    ),
    "Added on 29 February, surveyed 365 days later: on 28 February": (
        case(who(added=on("2028-02-29 12:00")), campaign(first=365), now=on("2028-03-01")),
        "first Wed 28 Feb 12:00 by nps",
    ),
    "Thirty days after 30 January of a leap year: on 29 February": (
        case(who(survey(on("2028-01-30 12:00"))), campaign(every=30), now=on("2028-02-01")),
        "recurring Tue 29 Feb 12:00 by nps",
    ),
    "The audience matches no longer: none": (case(who(), matches=False), "none: no-campaign-matches"),
    "No campaign is switched on: none": (nobody_runs(who()), "none: no-active-campaign"),
    "The only campaign is paused: none": (case(who(), paused(first=12)), "none: no-active-campaign"),
    "The earliest campaign is paused: the next one surveys": (
        case(who(), campaign("late", first=14), paused(id="early", first=13)),
        "first Fri 27 Nov 12:00 by late",
    ),
    "Paused, and resumed before the date: the date stays": (
        case(who(), paused(first=12, resumed=NOON)),
        "first Wed 25 Nov 12:00 by nps",
    ),
    "Paused, and resumed after the date: the moment it is resumed": (
        case(who(), paused(first=5, resumed=NOON + days(1)), now=NOON + days(1)),
        "first Tue 24 Nov 12:00 by nps",
    ),
    "Paused, and resumed after the next survey was due: the moment it is resumed": (
        case(who(survey(NOON - days(95))), paused(resumed=NOON)),
        "recurring Mon 23 Nov 12:00 by nps",
    ),
    "The campaign is finished: none": (
        case(who(), finish(campaign(), NOON)),
        "none: no-active-campaign",
    ),
    "Only an in-app campaign matches: scheduled": (
        case(who(), campaign(kind=Kind.IN_APP)),
        "scheduled: triggered",
    ),
    "Only a transactional campaign matches: scheduled": (
        case(who(), campaign(kind=Kind.TRANSACTIONAL)),
        "scheduled: triggered",
    ),
    "A survey is on its way, every day: not before it is known what became of it": (
        case(who(waiting(NOON - days(1))), campaign(every=1)),
        "recurring Tue 24 Nov 12:00 by nps, held by awaiting-outcome",
    ),
    "The last request came to nothing: again a day later": (
        case(who(missed(NOON))),
        "first Tue 24 Nov 12:00 by nps, held by retry-later",
    ),
    "The scheduler stood still over the whole window: the next time it opens": (
        case(who(), campaign(send_window=OFFICE), now=NOON + timedelta(hours=8)),
        "first Tue 24 Nov 09:00 by nps, held by send-window",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_the_next_survey_is_as_the_sentence_says(sentence: str) -> None:
    found, expected = CASES[sentence]

    assert in_words(found()) == expected


def test_the_guide_tells_the_same_sentences() -> None:
    guide = GUIDE.read_text()

    assert [sentence for sentence in CASES if f"- {sentence}." not in guide] == []
