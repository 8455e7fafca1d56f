"""Northlight's customers: two thousand people, a year of what they said. The same each time, but for today's date."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

CUSTOMERS, SEED = 2_000, 11
SURVEYED_NOW = 0.12
"""This share has the tag of the recurring campaign, and gets a mail at once."""
ANSWERERS, ANSWERED = 0.62, 0.48
LEFT, GONE = 0.01, "nobody."
"""Such addresses are refused by the local mail server, as those of people who have left are."""
PLANS = (("starter", 0.45, 1, 15), ("pro", 0.4, 10, 90), ("scale", 0.15, 60, 900))
_SWAY = {"starter": -0.5, "pro": 0.2, "scale": 0.6}
_BAD_TIMES = range(215, 260)
"""Days ago: a season of outages, which the figures show."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: for which campaign, how many days ago, and what."""

    campaign_id: str
    days_ago: float
    score: int
    comment: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: the sync event that tells of it, and what it said over the year, the oldest first."""

    subject: str
    event: dict[str, Any]
    said: tuple[Said, ...]
    unsubscribes: str | None

    @property
    def email(self) -> str:
        """The address."""
        found: str = self.event["data"]["email"]
        return found


def people(count: int = CUSTOMERS) -> Iterator[Person]:
    """The company's customers."""
    words = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
    random = Random(SEED)  # noqa: S311 - the same company each time
    firms = [_firm(random, words) for _ in range(count // 9 + 1)]
    for number in range(count):
        yield _person(random, words, number, random.choice(firms))


def answered_at(said: Said, now: datetime) -> datetime:
    """When an answer was given."""
    return (now - timedelta(days=said.days_ago)).replace(microsecond=0)


def _firm(random: Random, words: dict[str, Any]) -> dict[str, Any]:
    first, second, third = (random.choice(part) for part in words["company_words"])
    plan, _, least, most = random.choices(PLANS, [one[1] for one in PLANS])[0]
    weights = [place[4] for place in words["places"]]
    return {
        "name": f"{first}{second} {third}",
        "domain": f"{first}{second}-{third}.example".lower(),
        "plan": plan,
        "seats": random.randint(least, most),
        "place": random.choices(words["places"], weights)[0],
        "since": f"20{random.randint(21, 25)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
    }


def _person(random: Random, words: dict[str, Any], number: int, firm: dict[str, Any]) -> Person:
    first, last = random.choice(words["first_names"]), random.choice(words["last_names"])
    city, country, language, zone, _ = firm["place"]
    subject, gone = f"demo-{number + 1:05}", GONE if random.random() < LEFT else ""
    tags = random.sample(words["tags"], random.choices((0, 1, 2), (4, 4, 2))[0])
    tags += ["nps"] if gone or random.random() < SURVEYED_NOW else []
    event = _sync(
        subject,
        {
            "first_name": first,
            "last_name": last,
            "job_title": random.choice(words["titles"]),
            "company": firm["name"],
            "email": f"{gone}{first}.{last}{number}@{firm['domain']}".lower(),
            "city": city,
            "country": country,
            "language": language,
            "timezone": zone,
            "tags": {"add": tags},
            "properties": {
                "plan": firm["plan"],
                "seats": firm["seats"],
                "customer_since": firm["since"],
                "logins_last_month": random.randint(0, 60),
                "has_account_manager": firm["plan"] == "scale",
            },
        },
    )
    note = random.choice(words["unsubscribe_notes"]) if random.random() < 0.015 else None  # noqa: PLR2004
    return Person(subject, event, _answers(random, words, firm["plan"], language), note)


def _sync(subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{subject}:1",
        "source": "crm",
        "type": "customer.sync",
        "subject": subject,
        "time": "2026-11-16T09:00:00Z",
        "data": data,
    }


def _answers(random: Random, words: dict[str, Any], plan: str, language: str) -> tuple[Said, ...]:
    """Some never answer; the others do so in about every second quarter."""
    answers = random.random() < ANSWERERS
    mood, first = random.gauss(8.1, 1.6) + _SWAY[plan], random.uniform(2, 88)
    days = [first + 91 * quarter for quarter in (3, 2, 1, 0) if answers and random.random() < ANSWERED]
    return tuple(_answer(random, words, mood, day, language) for day in days)


def _answer(random: Random, words: dict[str, Any], mood: float, day: float, language: str) -> Said:
    felt = mood + random.gauss(0, 1.2) + 0.6 * (1 - day / 365) - (1.6 if int(day) in _BAD_TIMES else 0)
    campaign, low, high = random.choices(
        (("relationship-nps", 0, 10), ("support-ces", 1, 7), ("onboarding-csat", 1, 5)), (80, 12, 8)
    )[0]
    score = min(high, max(low, round(felt * high / 10)))
    share = score / high
    kind = "promoter" if share >= 0.9 else "passive" if share >= 0.7 else "detractor"  # noqa: PLR2004
    by_language = words["comments"][kind]
    spoken = language if language in by_language else "en"
    comment = random.choice(by_language[spoken]) if random.random() < 0.42 else None  # noqa: PLR2004
    return Said(campaign, day, score, comment, spoken)
