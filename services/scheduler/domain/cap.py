"""A campaign's daily cap: who goes out today, and on which day those come to their turn who do not."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.scheduler.domain.customer import Customer, Turn
from services.scheduler.domain.limits import Rules, begin_of

MAX_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class CapDay:
    """A campaign on one day of the company: how many it asked for, and how many had to wait."""

    campaign_id: str
    day: date
    sent: int = 0
    turned: int = 0

    @property
    def id(self) -> str:
        """Unique for campaign and day."""
        return f"{self.campaign_id}|{self.day.isoformat()}"


def admit(today: CapDay, cap: int) -> tuple[CapDay, int]:
    """The day after one more has come, and how many days that one waits: 0 means that it goes out.

    Of those who wait, so many as the cap lets through wait for tomorrow, as many for the day after, and so on.
    """
    if today.sent < cap:
        return replace(today, sent=today.sent + 1), 0
    return replace(today, turned=today.turned + 1), min(1 + today.turned // cap, MAX_DAYS)


def turned_away(customer: Customer, today: CapDay, cap: int, days: int, rules: Rules) -> Customer:
    """The customer, to come again on the first moment of a later day."""
    turn = Turn(until=first_moment(today.day, days, rules), cap=cap)
    return replace(customer, turns={**customer.turns, today.campaign_id: turn})


def first_moment(day: date, days: int, rules: Rules) -> datetime:
    """The first moment of the day that comes so many days later."""
    return begin_of(day + timedelta(days=days), rules)
