"""Builders with valid defaults: a company, its campaigns, a customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.scheduler.domain.campaign import Campaign, Clock, Kind, Running, Schedule, State
from services.scheduler.domain.customer import TAKEN_BACK, Customer, Outcome, Survey

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""


def days(count: float) -> timedelta:
    return timedelta(days=count)


@dataclass(frozen=True)
class Always:
    """An audience of everyone, or of no one."""

    answer: bool = True

    def matches(self, document: Mapping[str, Any]) -> bool:
        del document
        return self.answer


def campaign(
    id: str = "nps", *, first: int | None = 0, every: int | None = 90, clock: str = "any_campaign", **more: Any
) -> Campaign:
    values: dict[str, Any] = {
        "name": id.upper(),
        "kind": Kind.RECURRING_EMAIL,
        "state": State.ACTIVE,
        "template_id": "t",
        "brand_id": "b",
        "created_at": NOON - days(1000),
        "changed_at": NOON - days(1000),
        "activated_at": NOON - days(1000),
    }
    schedule = Schedule(first_after_days=first, every_days=every, clock=Clock(clock))
    return Campaign(id=id, schedule=schedule, **{**values, **more})


def running(*campaigns: Campaign, matches: bool = True) -> list[Running]:
    return [Running(campaign=one, audience=Always(matches)) for one in campaigns]


def customer(*surveys: Survey, added: datetime = NOON - days(10), **more: Any) -> Customer:  # noqa: B008
    profile = {
        "email": "ada@example.com",
        "created_at": added,
        "deleted_at": None,
        "timezone": more.pop("timezone", None),
    }
    return Customer(id="ada", surveys=surveys, **{"profile": profile, **more})


def survey(
    at: datetime, campaign_id: str = "nps", outcome: Outcome = Outcome.SURVEYED, *, id: str = "", **more: Any
) -> Survey:
    values: dict[str, Any] = {"expires_at": at + timedelta(hours=48), **more}
    return Survey(dispatch_id=id or f"{campaign_id}-{at}", campaign_id=campaign_id, outcome=outcome, at=at, **values)


def missed(at: datetime, campaign_id: str = "nps", **more: Any) -> Survey:
    return survey(at, campaign_id, Outcome.MISSED, **more)


def taken_back(at: datetime, campaign_id: str = "nps", **more: Any) -> Survey:
    return missed(at, campaign_id, suppressed=True, state=TAKEN_BACK, **more)


def waiting(at: datetime, campaign_id: str = "nps", **more: Any) -> Survey:
    return survey(at, campaign_id, Outcome.OPEN, **more)
