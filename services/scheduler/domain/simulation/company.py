"""The customers and campaigns that a simulation begins with."""

from collections.abc import Collection
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign, Clock, Kind, Schedule, State
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.simulation.chance import Chance

ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Atlantis/Center", None)
TAGGED = 0.6
TAGS = ("nps", "vip", "trial")
QUIET_DAYS, SILENT_DAYS = 7, 20
OFFICE = SendWindow(weekdays=(1, 2, 3, 4, 5), from_minute=9 * 60, to_minute=17 * 60)
NIGHT = SendWindow(weekdays=(1, 2, 3, 4, 5, 6, 7), from_minute=22 * 60, to_minute=6 * 60)


def rules() -> Rules:
    """The company's rules."""
    return Rules(quiet_period_days=QUIET_DAYS, timezone="Europe/Vienna")


def tagged(tag: str) -> dict[str, object]:
    """The audience of everyone with a tag."""
    return {"field": "tags", "op": "has", "value": tag}


def is_asked(campaign: Campaign, tags: Collection[str], last_survey_at: datetime | None, now: datetime) -> bool:
    """Whether a campaign is for somebody, told without the language that its audience is written in."""
    if campaign.id == "silent":
        return "vip" in tags and last_survey_at is not None and last_survey_at < now - timedelta(days=SILENT_DAYS)
    return ("trial" if campaign.id == "night" else "nps") in tags


def campaigns(now: datetime, customers: int) -> list[Campaign]:
    """Four that live side by side: the usual one, one by its own clock, a small one at night, one that looks back."""
    cap = max(1, customers // 60)
    silent: dict[str, object] = {
        "all": [tagged("vip"), {"field": "last_survey_at", "op": "lt", "value": {"days_ago": SILENT_DAYS}}]
    }
    return [
        _campaign("nps", now, tagged("nps"), 5, 90, daily_cap=cap, send_window=OFFICE),
        _campaign("ces", now, tagged("nps"), 30, 60, clock=Clock.THIS_CAMPAIGN, priority=1, brand_id="support"),
        _campaign("night", now, tagged("trial"), 2, None, send_window=NIGHT, daily_cap=max(1, cap // 3)),
        _campaign("silent", now, silent, None, 25, priority=2),
    ]


def _campaign(  # noqa: PLR0913 - what differs between them
    id_: str,
    now: datetime,
    audience: dict[str, object],
    first: int | None,
    every: int | None,
    *,
    clock: Clock = Clock.ANY_CAMPAIGN,
    priority: int = 0,
    brand_id: str = "main",
    send_window: SendWindow | None = None,
    daily_cap: int | None = None,
) -> Campaign:
    return Campaign(
        id=id_,
        name=id_,
        kind=Kind.RECURRING_EMAIL,
        state=State.ACTIVE,
        priority=priority,
        audience=audience,
        template_id="default",
        brand_id=brand_id,
        schedule=Schedule(first_after_days=first, every_days=every, clock=clock),
        send_window=send_window,
        daily_cap=daily_cap,
        created_at=now,
        changed_at=now,
        activated_at=now,
    )


def customer(number: int, added: datetime, chance: Chance) -> Customer:
    """Somebody."""
    tags = [tag for tag in TAGS if chance.random() < TAGGED]
    return Customer(
        id=f"c{number}",
        profile={
            "email": f"c{number}@example.com",
            "created_at": added,
            "deleted_at": None,
            "timezone": chance.choice(ZONES),
            "tag_keys": tags,
        },
    )


def crowd(count: int, now: datetime, chance: Chance) -> list[Customer]:
    """Those who are there on the first day; added over the last year."""
    return [customer(number, now - timedelta(days=chance.random() * 365), chance) for number in range(count)]
