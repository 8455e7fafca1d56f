"""How often a survey shows itself in the app: every rule as a sentence."""

from typing import Any

import pytest

from services.scheduler.domain.campaign import Kind
from services.scheduler.domain.customer import Claim
from services.scheduler.domain.in_app import Not, Offer, Shown, offer
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.parts import InApp
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running, survey

NIGHT = SendWindow(weekdays=(1, 2, 3, 4, 5, 6, 7), from_minute=22 * 60, to_minute=6 * 60)


def shown(times: int, last: float = 0, *, dismissed: float | None = None) -> dict[str, Any]:
    """It was shown so often, the last time so many days ago, and perhaps dismissed."""
    at = NOON - days(last)
    claim = Claim(cycle=1, dispatch_id="d1", at=at, expires_at=at + days(2))
    dismissed_at = None if dismissed is None else NOON - days(dismissed)
    before = Shown(
        campaign_id="app",
        customer_id="ada",
        cycle=1,
        dispatch_id="d1",
        shown=times,
        first_at=at,
        last_at=at,
        dismissed_at=dismissed_at,
    )
    return {"before": before, "who": {"claims": {"app": claim}}}


def found(
    *surveys: Any,
    who: dict[str, Any] | None = None,
    before: Shown | None = None,
    answered: float | None = None,
    matches: bool = True,
    rules: Rules = Rules(),  # noqa: B008 - frozen
    window: SendWindow | None = None,
    **rule: Any,
) -> Offer | Not:
    app = campaign("app", first=None, every=None, kind=Kind.IN_APP, in_app=InApp(**rule), send_window=window)
    (one,) = running(app, matches=matches)
    answered_at = None if answered is None else NOON - days(answered)
    return offer(customer(*surveys, **(who or {})), one, before, answered_at, rules, NOON)


FIRST, GOES_ON, AGAIN = Offer(1), Offer(1), Offer(2)
CASES: dict[str, tuple[Offer | Not, Offer | Not]] = {
    "Never shown: it is": (found(), FIRST),
    "Shown once of three times: again": (found(**shown(1)), GOES_ON),
    "Shown as often as it may be: over": (found(**shown(3)), Not("already-asked")),
    "Dismissed: over, however seldom it was shown": (found(**shown(1, dismissed=0)), Not("already-asked")),
    "Answered: over": (found(**shown(1), answered=0), Not("already-asked")),
    "Over, and every 30 days, 29 days ago: too soon": (found(**shown(3, 29), every_days=30), Not("too-soon")),
    "Over, and every 30 days, 30 days ago: a new round": (found(**shown(3, 30), every_days=30), AGAIN),
    "The days count from the dismissal": (found(**shown(1, 40, dismissed=29), every_days=30), Not("too-soon")),
    "The days count from the answer": (found(**shown(1, 40), answered=29, every_days=30), Not("too-soon")),
    "Answered 30 days ago, every 30 days: a new round": (found(**shown(1, 40), answered=30, every_days=30), AGAIN),
    "Any other survey 6 days ago, 7 between: too soon": (
        found(survey(NOON - days(6)), min_days_between=7),
        Not("too-soon"),
    ),
    "Any other survey 7 days ago, 7 between: it is": (found(survey(NOON - days(7)), min_days_between=7), FIRST),
    "A round that goes on is not cut off by another survey": (
        found(survey(NOON - days(1)), **shown(1), min_days_between=7),
        GOES_ON,
    ),
    "The company's rest holds": (
        found(survey(NOON - days(2)), rules=Rules(quiet_period_days=3)),
        Not("quiet-period"),
    ),
    "The window is closed": (found(window=NIGHT), Not("send-window")),
    "Asked for a rest": (found(who={"paused_until": NOON + days(1)}), Not("paused")),
    "Unsubscribed": (found(who={"status": "unsubscribed"}), Not("unsubscribed")),
    "The mail address bounced: the app is no mail": (found(who={"status": "hard_bounced"}), FIRST),
    "Deleted": (found(who={"profile": {"created_at": NOON, "deleted_at": NOON}}), Not("deleted")),
    "Refused this campaign": (found(who={"refused_campaigns": ("app",)}), Not("refused")),
    "Refused its brand": (found(who={"refused_brands": ("b",)}), Not("refused")),
    "The audience does not match": (found(matches=False), Not("audience-not-matched")),
}


@pytest.mark.parametrize("sentence", CASES)
def test_a_survey_is_shown_as_the_sentence_says(sentence: str) -> None:
    told, expected = CASES[sentence]

    assert told == expected


def test_a_sample_is_the_same_people_for_ever() -> None:
    def asked() -> set[int]:
        (one,) = running(campaign("app", kind=Kind.IN_APP, in_app=InApp(sample_percent=30)))
        people = {number: customer() for number in range(1000)}
        told = {
            number: offer(type(who)(id=f"c{number}", profile=who.profile), one, None, None, Rules(), NOON)
            for number, who in people.items()
        }
        assert set(told.values()) == {FIRST, Not("not-in-sample")}
        return {number for number, one in told.items() if one == FIRST}

    assert asked() == asked()
    assert 250 < len(asked()) < 350
