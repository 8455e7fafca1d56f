"""When a customer is surveyed next. The first table is written to be read by whoever owns the product."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.campaign import Campaign, Kind, Running
from services.scheduler.domain.customer import Claim, Customer, NextSurvey, Outcome, Survey
from services.scheduler.domain.limits import Rules, SendWindow, first_allowed, zone_named
from services.scheduler.domain.next_survey import next_survey, verdicts
from tests.scheduler.domain.cases import NOON, campaign, customer, days, missed, running, survey, taken_back, waiting

OFFICE_HOURS = SendWindow(weekdays=(1, 2, 3, 4, 5), from_minute=9 * 60, to_minute=17 * 60)
LONG_AGO = NOON - days(400)


def asked(who: Customer, *campaigns: Campaign, now: datetime = NOON, **rules: Any) -> NextSurvey:
    return next_survey(who, running(*campaigns), Rules(**rules), now)


def dated(found: NextSurvey) -> tuple[str, float | None, tuple[str, ...]]:
    """Rule, days from noon, holds."""
    return found.reason, (found.at - NOON) / days(1) if found.at else None, found.held_by


@pytest.mark.parametrize(
    ("case", "who", "what", "expected"),
    [
        ("a first survey, 5 days after being added", customer(added=NOON), campaign(first=5), ("first", 5, ())),
        ("at once", customer(added=NOON), campaign(first=0), ("first", 0, ())),
        ("older than that already: when it was", customer(added=NOON - days(9)), campaign(first=5), ("first", -4, ())),
        (
            "much older when the campaign is switched on: then",
            customer(added=LONG_AGO),
            campaign(first=5, activated_at=NOON - days(1)),
            ("first", -1, ()),
        ),
        ("no first survey in this campaign", customer(), campaign(first=None), ("first-survey-off", None, ())),
        ("surveyed 30 days ago, every 90", customer(survey(NOON - days(30))), campaign(), ("recurring", 60, ())),
        (
            "the latest survey counts",
            customer(survey(NOON - days(30)), survey(NOON - days(80))),
            campaign(),
            ("recurring", 60, ()),
        ),
        ("surveyed by another campaign", customer(survey(NOON - days(30), "ces")), campaign(), ("recurring", 60, ())),
        (
            "surveyed by another campaign, own clock: first",
            customer(survey(NOON - days(2), "ces")),
            campaign(clock="this_campaign"),
            ("first", -10, ()),
        ),
        (
            "surveyed by both, own clock",
            customer(survey(NOON - days(30)), survey(NOON - days(2), "ces")),
            campaign(clock="this_campaign"),
            ("recurring", 60, ()),
        ),
        ("recurring off", customer(survey(NOON - days(30))), campaign(every=None), ("recurring-off", None, ())),
        (
            "reset: first again",
            customer(survey(NOON - days(30)), reset_at=NOON - days(1)),
            campaign(),
            ("first", -10, ()),
        ),
        (
            "reset, surveyed since: recurring from there",
            customer(survey(NOON - days(30)), survey(NOON - days(5)), reset_at=NOON - days(10)),
            campaign(),
            ("recurring", 85, ()),
        ),
        ("unsubscribed", customer(status="unsubscribed"), campaign(), ("unsubscribed", None, ())),
        ("hard-bounced", customer(status="hard_bounced"), campaign(), ("hard-bounced", None, ())),
        ("non-deliverable", customer(status="non_deliverable"), campaign(), ("non-deliverable", None, ())),
        (
            "requested an hour ago: counts as surveyed",
            customer(waiting(NOON - days(1 / 24))),
            campaign(),
            ("recurring", 90 - 1 / 24, ()),
        ),
        (
            "requested, every day: not while it may still go out",
            customer(waiting(NOON - days(1))),
            campaign(every=1),
            ("recurring", 1, ("awaiting-outcome",)),
        ),
        (
            "reset while it may still go out",
            customer(waiting(NOON - days(1)), reset_at=NOON),
            campaign(),
            ("recurring", 89, ()),
        ),
        ("it came to nothing: again a day later", customer(missed(NOON)), campaign(), ("first", 1, ("retry-later",))),
        (
            "twice: two days later",
            customer(missed(NOON - days(1)), missed(NOON)),
            campaign(),
            ("first", 2, ("retry-later",)),
        ),
        (
            "ten times: thirty days later",
            customer(*(missed(NOON - days(40 - 4 * n)) for n in range(11))),
            campaign(),
            ("first", 30, ("retry-later",)),
        ),
        (
            "taken back: when it would come again if it had gone out",
            customer(taken_back(NOON)),
            campaign(),
            ("first", 90, ("taken-back",)),
        ),
        (
            "taken back, and deliverable again since: not earlier",
            customer(taken_back(NOON - days(2)), status_at=NOON - days(1)),
            campaign(),
            ("first", 88, ("taken-back",)),
        ),
        (
            "taken back, asked once only: never",
            customer(taken_back(NOON)),
            campaign(every=None),
            ("taken-back", None, ()),
        ),
        (
            "taken back by another campaign: this one asks",
            customer(taken_back(NOON, "ces")),
            campaign(),
            ("first", -10, ()),
        ),
        (
            "reset after it was taken back: first again",
            customer(taken_back(NOON - days(1)), reset_at=NOON - days(0.5)),
            campaign(),
            ("first", -10, ()),
        ),
        (
            "taken back, and surveyed by hand since: the rule counts from that",
            customer(taken_back(NOON - days(9)), survey(NOON - days(5))),
            campaign(),
            ("recurring", 85, ()),
        ),
        (
            "taken back after one that came to nothing: the later counts",
            customer(missed(NOON - days(1)), taken_back(NOON)),
            campaign(),
            ("first", 90, ("taken-back",)),
        ),
        (
            "taken back long ago, came to nothing since: again a day later",
            customer(taken_back(NOON - days(95)), missed(NOON)),
            campaign(),
            ("first", 1, ("taken-back", "retry-later")),
        ),
        (
            "what came to nothing elsewhere does not matter",
            customer(missed(NOON, "ces")),
            campaign(),
            ("first", -10, ()),
        ),
        (
            "suppressed, and deliverable again since: at once",
            customer(missed(NOON - days(2), suppressed=True), status_at=NOON - days(1)),
            campaign(),
            ("first", -10, ()),
        ),
        (
            "came to nothing after a survey: the rule counts from the survey",
            customer(survey(NOON - days(90)), missed(NOON)),
            campaign(),
            ("recurring", 1, ("retry-later",)),
        ),
        (
            "reset after it came to nothing",
            customer(missed(NOON - days(1)), reset_at=NOON - days(0.5)),
            campaign(),
            ("first", -10, ()),
        ),
    ],
)
def test_one_campaign(
    case: str, who: Customer, what: Campaign, expected: tuple[str, float | None, tuple[str, ...]]
) -> None:
    assert dated(asked(who, what)) == expected, case


def test_somebody_who_is_deleted_is_not_surveyed() -> None:
    who = customer()
    gone = replace(who, profile={**(who.profile or {}), "deleted_at": NOON})

    assert dated(asked(gone, campaign())) == ("deleted", None, ())


def test_somebody_without_an_address_is_not_surveyed_by_mail() -> None:
    who = customer()
    unreachable = replace(who, profile={**(who.profile or {}), "email": None})

    assert dated(asked(unreachable, campaign())) == ("no-address", None, ())


def test_without_an_active_campaign_there_is_no_survey() -> None:
    assert dated(asked(customer())) == ("no-active-campaign", None, ())


def test_whom_no_audience_matches_is_not_surveyed() -> None:
    found = next_survey(customer(), running(campaign(), matches=False), Rules(), NOON)

    assert dated(found) == ("no-campaign-matches", None, ())


@pytest.mark.parametrize("kind", [Kind.TRANSACTIONAL, Kind.IN_APP])
def test_where_only_an_event_can_start_it_the_survey_is_scheduled(kind: Kind) -> None:
    found = asked(customer(), campaign(kind=kind))

    assert (found.kind, found.reason, found.at) == ("scheduled", "triggered", None)


def test_a_date_goes_before_scheduled() -> None:
    assert asked(customer(), campaign("app", kind=Kind.IN_APP), campaign()).campaign_id == "nps"


def test_the_answer_names_the_campaign_and_the_last_survey() -> None:
    found = asked(customer(survey(NOON - days(30))), campaign())

    assert (found.kind, found.campaign_id, found.campaign_name) == ("dated", "nps", "NPS")
    assert found.last_survey_at == NOON - days(30)


def test_the_earliest_date_wins() -> None:
    assert (
        asked(customer(added=NOON), campaign("late", first=5, priority=9), campaign("early", first=4)).campaign_id
        == "early"
    )


def test_equal_dates_go_by_priority() -> None:
    assert asked(customer(), campaign("low"), campaign("high", priority=1)).campaign_id == "high"


def test_equal_priorities_go_by_age() -> None:
    young = campaign("a", created_at=NOON - days(5))

    assert asked(customer(), young, campaign("z")).campaign_id == "z"


def test_who_is_pushed_back_keeps_the_place_in_line() -> None:
    sunday = NOON - days(1)
    first_in_line = campaign("office", send_window=OFFICE_HOURS, activated_at=sunday)
    found = asked(customer(), first_in_line, campaign("later", activated_at=sunday + days(0.1)), now=sunday + days(0.2))

    assert (found.campaign_id, found.at, found.held_by) == ("office", NOON - timedelta(hours=3), ("send-window",))


def test_the_quiet_period_is_kept_between_any_two_surveys() -> None:
    who = customer(survey(NOON - days(2), "ces"))

    assert dated(asked(who, campaign(clock="this_campaign"), quiet_period_days=7)) == ("first", 5, ("quiet-period",))


def test_a_reset_does_not_shorten_the_quiet_period() -> None:
    who = customer(survey(NOON - days(2)), reset_at=NOON - days(1))

    assert dated(asked(who, campaign(), quiet_period_days=7)) == ("first", 5, ("quiet-period",))


def test_the_window_follows_the_quiet_period() -> None:
    who = customer(survey(NOON - days(2), "ces"))
    found = asked(who, campaign(clock="this_campaign", send_window=OFFICE_HOURS), quiet_period_days=7)

    assert dated(found) == ("first", 6.875, ("quiet-period", "send-window"))


@pytest.mark.parametrize(
    ("case", "zone", "now", "hours_from_noon"),
    [
        ("open in London: it has been due", "Europe/London", NOON, -3 - 10 * 24),
        ("closed in Tokyo: the next morning", "Asia/Tokyo", NOON, 12),
        ("zone not known: the company's, Tokyo", "Atlantis/Center", NOON, 12),
        ("no zone: the company's, Tokyo", None, NOON, 12),
    ],
)
def test_the_window_is_open_in_the_customers_zone(
    case: str, zone: str | None, now: datetime, hours_from_noon: float
) -> None:
    who = customer(added=NOON - days(10) - timedelta(hours=4), timezone=zone)
    found = asked(who, campaign(send_window=OFFICE_HOURS), now=now, timezone="Asia/Tokyo")

    assert found.at == NOON + timedelta(hours=hours_from_noon), case


def test_a_window_that_was_missed_is_waited_for_again() -> None:
    """The scheduler stood still over the whole of Monday's window."""
    evening = NOON + timedelta(hours=8)

    found = asked(customer(), campaign(send_window=OFFICE_HOURS), now=evening)

    assert (found.at, found.held_by) == (NOON + days(1) - timedelta(hours=3), ("send-window",))


def test_a_claim_of_which_nothing_was_heard_counts_as_surveyed() -> None:
    claim = Claim(cycle=1, dispatch_id="d", at=NOON, expires_at=NOON + days(2))

    assert dated(asked(customer(claims={"nps": claim}), campaign())) == ("recurring", 90, ())


def test_what_is_heard_of_a_claim_takes_its_place() -> None:
    claim = Claim(cycle=1, dispatch_id="d", at=NOON, expires_at=NOON + days(2))
    who = customer(missed(NOON + days(2), id="d"), claims={"nps": claim})

    assert dated(asked(who, campaign())) == ("first", 3, ("retry-later",))


def test_every_campaign_says_what_it_has_in_mind() -> None:
    nobodys = running(campaign("other"), matches=False)
    found = verdicts(
        customer(survey(NOON)), [*running(campaign(), campaign("once", every=None)), *nobodys], Rules(), NOON
    )

    assert [(one.campaign.id, one.matches, one.reason) for one in found] == [
        ("nps", True, "recurring"),
        ("once", True, "recurring-off"),
        ("other", False, "audience-not-matched"),
    ]


MOMENTS = st.integers(-3000, 300).map(lambda hours: NOON + timedelta(hours=hours))
SURVEYS = st.builds(
    lambda at, campaign_id, outcome, number: survey(at, campaign_id, outcome, id=f"d{number}"),
    MOMENTS,
    st.sampled_from(["nps", "ces", "csat"]),
    st.sampled_from(Outcome),
    st.integers(0, 10**9),
)
HISTORIES = st.lists(SURVEYS, max_size=6, unique_by=lambda one: one.dispatch_id)
ZONES = st.sampled_from([None, "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Nowhere/Else"])
WINDOWS = st.one_of(
    st.none(),
    st.builds(
        SendWindow,
        weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda found: tuple(sorted(found))),
        from_minute=st.integers(0, 700),
        to_minute=st.integers(701, 1440),
    ),
)
CAMPAIGNS = st.builds(
    lambda id, first, every, clock, window, priority, since: campaign(
        id,
        first=first,
        every=every,
        clock=clock,
        send_window=window,
        priority=priority,
        activated_at=NOON - days(since),
    ),
    st.sampled_from(["nps", "ces", "csat"]),
    st.one_of(st.none(), st.integers(0, 60)),
    st.one_of(st.none(), st.integers(1, 200)),
    st.sampled_from(["any_campaign", "this_campaign"]),
    WINDOWS,
    st.integers(0, 2),
    st.integers(0, 300),
)
CUSTOMERS = st.builds(
    lambda history, added, zone, reset_at: customer(*history, added=added, timezone=zone, reset_at=reset_at),
    HISTORIES,
    MOMENTS,
    ZONES,
    st.one_of(st.none(), MOMENTS),
)
COMPANIES = st.lists(CAMPAIGNS, max_size=3, unique_by=lambda one: one.id).map(lambda found: running(*found))
RULES = st.builds(Rules, quiet_period_days=st.integers(0, 30))


@given(CUSTOMERS, COMPANIES, RULES, MOMENTS)
def test_it_is_never_inside_the_quiet_period(
    who: Customer, company: list[Running], rules: Rules, now: datetime
) -> None:
    found = next_survey(who, company, rules, now)
    before = [one.at for one in who.history if one.outcome is not Outcome.MISSED]

    if found.at is not None and before and rules.quiet_period_days:
        assert found.at >= max(before) + days(rules.quiet_period_days)


@given(CUSTOMERS, COMPANIES, RULES, MOMENTS)
def test_a_first_survey_is_never_before_its_days_are_over(
    who: Customer, company: list[Running], rules: Rules, now: datetime
) -> None:
    found = next_survey(who, company, rules, now)

    if found.reason == "first" and found.at is not None and who.profile is not None:
        (chosen,) = [one.campaign for one in company if one.campaign.id == found.campaign_id]
        assert found.at >= who.profile["created_at"] + days(chosen.schedule.first_after_days or 0)


@given(CUSTOMERS, COMPANIES, RULES, MOMENTS)
def test_it_is_inside_the_window_or_has_been(
    who: Customer, company: list[Running], rules: Rules, now: datetime
) -> None:
    found = next_survey(who, company, rules, now)
    chosen = next((one.campaign for one in company if one.campaign.id == found.campaign_id), None)

    if found.at is not None and chosen is not None:
        zone = zone_named((who.profile or {}).get("timezone")) or zone_named("UTC")
        assert zone is not None
        assert first_allowed(chosen.send_window, zone, found.at) == found.at
        assert found.at > now or first_allowed(chosen.send_window, zone, now) == now or found.at == now


@given(CUSTOMERS, CAMPAIGNS, st.integers(1, 200), RULES, MOMENTS)
def test_a_longer_interval_never_brings_a_survey_earlier(
    who: Customer, what: Campaign, longer: int, rules: Rules, now: datetime
) -> None:
    def after(interval: int) -> datetime | None:
        patient = replace(what, schedule=replace(what.schedule, every_days=interval))
        return next_survey(who, running(patient), rules, now).at

    every = what.schedule.every_days or 1
    sooner, later = after(every), after(every + longer)

    assert sooner is None or (later is not None and sooner <= later)


@given(CUSTOMERS, COMPANIES, RULES, MOMENTS, st.randoms(use_true_random=False))
def test_the_order_of_events_and_campaigns_changes_nothing(
    who: Customer, company: list[Running], rules: Rules, now: datetime, shuffle: Any
) -> None:
    surveys: list[Survey] = list(who.surveys)
    campaigns = list(company)
    shuffle.shuffle(surveys)
    shuffle.shuffle(campaigns)

    shuffled = next_survey(replace(who, surveys=tuple(surveys)), campaigns, rules, now)

    assert shuffled == next_survey(who, company, rules, now)


@settings(max_examples=200)
@given(CUSTOMERS, COMPANIES, RULES, MOMENTS, st.integers(0, 500))
def test_waiting_for_the_date_does_not_move_it(
    who: Customer, company: list[Running], rules: Rules, now: datetime, minutes: int
) -> None:
    """What was told of the next survey stays true until it is due."""
    found = next_survey(who, company, rules, now)
    later = now + timedelta(minutes=minutes)

    if found.at is None or later <= found.at:
        assert next_survey(who, company, rules, later) == found
