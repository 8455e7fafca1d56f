"""The ledger that MongoDB counts is the one that the rules tell, customer by customer."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from chassis.ids import derived_id
from chassis.mongo import Database, open_database
from services.scheduler import store
from services.scheduler.domain.campaign import Campaign, Clock, Kind, Schedule, State
from services.scheduler.domain.customer import TAKEN_BACK, Claim, Customer, Outcome, Survey, Turn
from services.scheduler.domain.ledger import Bucket, Standing, standing
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.store import ledger as kept
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.scheduler.domain.cases import NOON, campaign, days

MANY = 400
CHANCE = Random(7)
RULES = Rules(quiet_period_days=9, timezone="Europe/Vienna")
FREE = Rules(timezone="Atlantis/Center")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
OFFICE = SendWindow(weekdays=(1, 2, 3, 4, 5), from_minute=9 * 60 + 7, to_minute=17 * 60 + 23)
NIGHT = SendWindow(weekdays=EVERY_DAY, from_minute=22 * 60, to_minute=6 * 60 + 30)
VIP = {"field": "tags", "op": "has", "value": "vip"}
SILENT = {"field": "last_survey_at", "op": "lt", "value": {"days_ago": 20}}


def some(*values: Any) -> Any:
    return CHANCE.choice(values)


def ago(most: float) -> datetime:
    return NOON - timedelta(minutes=CHANCE.randrange(int(most * 1440)))


def person(number: int) -> Customer:
    id_ = f"c{number:03}"
    if number % 50 == 0:
        return Customer(id=id_, erased=some(True, False))
    profile = {
        "email": some(*["a@b.example"] * 8, "", None),
        "created_at": ago(60),
        "deleted_at": some(*[None] * 9, NOON),
        "timezone": some("Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Atlantis/Center", None),
        "tag_keys": some(["vip"], ["vip", "nps"], []),
    }
    claims = {name: claim for name in ("nps", "ces") if (claim := claim_of(name, id_, some(0, 0, 1, 2, 3)))}
    heard_of = {**dict.fromkeys(some((), (), ("nps",), ("ces",))), **claims}
    surveys = [survey for name, one in heard_of.items() for survey in surveys_of(name, id_, one)]
    return Customer(
        id=id_,
        profile=profile,
        status=some(*[None] * 6, "unsubscribed", "hard_bounced"),
        status_at=some(None, ago(20)),
        paused_until=some(None, None, ago(20), NOON + days(3)),
        resting_until=some(None, None, None, ago(20), NOON + days(4)),
        refused_campaigns=some(*[()] * 9, ("nps",)),
        refused_brands=some(*[()] * 12, ("b",), ("other",)),
        reset_at=some(None, None, ago(40)),
        claims=claims,
        surveys=tuple(sorted(surveys, key=lambda one: (one.at, one.dispatch_id))),
        turns=some({}, {"nps": Turn(until=NOON + days(2), cap=some(5, 6))}, {"ces": Turn(until=NOON, cap=5)}),
    )


def claim_of(campaign_id: str, id_: str, cycle: int) -> Claim | None:
    at = ago(30)
    dispatch_id = derived_id(campaign_id, id_, cycle)
    return Claim(cycle=cycle, dispatch_id=dispatch_id, at=at, expires_at=at + days(2)) if cycle else None


def surveys_of(campaign_id: str, id_: str, claim: Claim | None) -> list[Survey]:
    """What was heard of the rounds; of some, nothing. Some are of rounds that nobody remembers to have begun."""
    found = []
    for cycle in range(1, (claim.cycle if claim else 0) + some(1, 1, 1, 2, 3)):
        outcome, at = some(*Outcome), some(ago(90 / cycle), ago(2))
        nothing = some("failed", "bounced", TAKEN_BACK)
        state = {Outcome.OPEN: "", Outcome.SURVEYED: some("", "unknown"), Outcome.MISSED: nothing}
        found.append(
            Survey(
                dispatch_id=derived_id(campaign_id, id_, cycle),
                campaign_id=campaign_id,
                outcome=outcome,
                at=at,
                expires_at=at + days(2),
                suppressed=outcome is Outcome.MISSED and (nothing == TAKEN_BACK or some(True, False)),
                state=state[outcome],
            )
        )
    return [one for one in found if CHANCE.random() > 0.2]


PEOPLE = [person(number) for number in range(MANY)]
WITH = {
    "as it is": campaign(),
    "by its own clock": campaign(first=3, every=20, clock="this_campaign"),
    "without recurring": campaign(every=None),
    "without a first survey": campaign(first=None, every=10),
    "a little later": campaign(first=45, every=30, activated_at=NOON + days(1)),
    "paused": campaign(state=State.PAUSED),
    "one-time": campaign(kind=Kind.ONE_TIME_EMAIL, first=None, every=None),
    "one-time, from a moment on": replace(
        campaign(kind=Kind.ONE_TIME_EMAIL),
        schedule=Schedule(starts_at=NOON + timedelta(hours=2), clock=Clock.ANY_CAMPAIGN),
    ),
    "transactional": campaign(kind=Kind.TRANSACTIONAL),
    "in the app": campaign(kind=Kind.IN_APP),
    "by a link": campaign(kind=Kind.LINK),
    "within a window": campaign(first=30, every=30, send_window=OFFICE),
    "at night, under a cap": campaign(first=30, every=20, send_window=NIGHT, daily_cap=5, audience=VIP),
    "under a cap": campaign(first=10, daily_cap=5),
    "to the silent": campaign(audience={"all": [VIP, SILENT]}, daily_cap=6, brand_id="other"),
}
LOOKS = ((None, RULES), (None, FREE), (1, FREE), (2, RULES), (3, FREE), (5, RULES))
"""Which round, under which rules of the company."""


@pytest.fixture
async def db(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Database]:
    """A database with people of all kinds."""
    opened = open_database(infrastructure.mongodb, f"{prefix.database}ledger")
    await opened.collection(store.CUSTOMERS).insert_many([store.document_of(one, 1) for one in PEOPLE])
    yield opened
    await opened.drop_database()
    opened.close()


def told(by: Campaign, cycle: int | None, rules: Rules) -> dict[str, Standing]:
    """Where everyone stands by the rules."""
    one = store.run(by, NOON)
    places = {who.id: standing(who, one, rules, NOON, derived_id, cycle) for who in PEOPLE}
    return {id_: place for id_, place in places.items() if place is not None}


@pytest.mark.parametrize("kind", WITH)
async def test_mongodb_counts_what_the_rules_say(db: Database, kind: str) -> None:
    for cycle, rules in LOOKS:
        expected = told(WITH[kind], cycle, rules)
        found, places = Counter[Standing](), dict[str, Standing]()
        for part in kept.parts(WITH[kind], rules, cycle, NOON):
            for place, count in await kept.count(db, part):
                found[place] += count
            places |= {id_: place async for id_, place in kept.people(db, part, None)}

        assert places == expected, (cycle, rules)
        assert found == Counter(expected.values()), (cycle, rules)


def test_the_people_of_this_test_stand_everywhere() -> None:
    """Else it would prove little."""
    seen = {place for by in WITH.values() for look in LOOKS for place in told(by, *look).values()}

    assert {one.bucket for one in seen} == set(Bucket)
    rules = {one.rule for one in seen}
    assert rules >= {"awaiting-outcome", "retry-later", "paused", "quiet-period", "daily-cap", "send-window"}
    assert rules >= {"first", "recurring", "one-time", "refused", "no-address", "first-survey-off", "recurring-off"}
    assert rules >= {"on-its-way", "no-record", "earlier-round", "already-surveyed", "refused-by-sender", "unknown"}
    assert rules >= {TAKEN_BACK, "soft-bounced"}
    assert {one.bucket for one in seen if one.rule == TAKEN_BACK} == {Bucket.HELD, Bucket.SUPPRESSED}
