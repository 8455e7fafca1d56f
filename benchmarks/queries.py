"""What people ask of a list of customers, each time with other values: common ones, rare ones, and what is nowhere."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.people import FIRST, LAST, SYLLABLES
from chassis.ids import derived_id
from services.profile.domain.finding import Order

START = datetime(2025, 1, 1, tzinfo=UTC)
CAMPAIGNS = tuple(derived_id("campaign", number) for number in range(5))
Body = dict[str, Any]
Ask = Callable[[random.Random], Body]


def _clause(field: str, op: str, value: object = None) -> Body:
    return {"field": field, "op": op, **({} if op in {"exists", "missing"} else {"value": value})}


def _by(field: str, op: str, *values: object) -> Ask:
    return lambda chance: {"filter": _clause(field, op, chance.choice(values))}


def _q(*texts: str) -> Ask:
    return lambda chance: {"q": chance.choice(texts)}


def _all(*asks: Ask) -> Ask:
    return lambda chance: {"filter": {"all": [ask(chance)["filter"] for ask in asks]}}


def _any(*asks: Ask) -> Ask:
    return lambda chance: {"filter": {"any": [ask(chance)["filter"] for ask in asks]}}


def _sorted(sort: str, ask: Ask = lambda _: {}) -> Ask:
    return lambda chance: {**ask(chance), "sort": sort}


def _deep(sort: str) -> Ask:
    """A page far behind the first, as one gets there by paging on."""

    def ask(chance: random.Random) -> Body:
        moment = START + timedelta(seconds=17 * chance.randrange(1_000_000))
        value: Body = {"id": None, "created_at": moment, "last_name": chance.choice(LAST), "company": "Mobada Labs AG"}
        id_ = f"{int(moment.timestamp() * 1000):012x}"
        return {"sort": sort, "after": Order.of(sort).mark(value[sort.removeprefix("-")], id_)}

    return ask


MOMENT = ("2026-03-01T00:00:00Z", "2026-06-01", "2025-11-15")
QUERIES: dict[str, Ask] = {
    "all": lambda _: {},
    **{
        f"sorted by {sort}": _sorted(sort)
        for sort in ("-id", "created_at", "-created_at", "last_name", "-last_name", "company", "-company")
    },
    **{f"far behind by {sort}": _deep(sort) for sort in ("id", "created_at", "-last_name", "company")},
    "search, one letter": lambda chance: {"q": chance.choice("abcdefgjklmst")},
    "search, two letters": _q("an", "ma", "sc", "zo", "qu", "xy"),
    "search, three letters": _q("ann", "smi", "gmb", "lov", "xyz", "com"),
    "search, a common name": _q("smith", "maria", "müller", "GMAIL.com", "example"),
    "search, a first and a last name": lambda chance: {"q": f"{chance.choice(FIRST)} {chance.choice(LAST)}"},
    "search, a rare name": lambda chance: {"q": "".join(chance.choices(SYLLABLES, k=4))},
    "search, an address": lambda chance: {"q": f"smith{chance.randrange(1_000_000)}@"},
    "search, a part of an address": lambda chance: {"q": f"{chance.choice(LAST)[:4]}{chance.randrange(1000)}".lower()},
    "search, a company": _q("analytics gmbh", "bakery", "hotels spa", "labs"),
    "search, an external id": lambda chance: {"q": f"c-{chance.randrange(1_000_000)}"},
    "search, what is nowhere": _q("zzqqxx", "nobody here", "ann@smith", "maria.x", "com.com", "lena müllerova"),
    "search with a filter": lambda chance: {"q": "anna", **_by("properties.plan", "eq", "enterprise")(chance)},
    "by company": lambda chance: {"filter": _clause("company", "contains", "".join(chance.choices(SYLLABLES, k=3)))},
    "by last name": _by("last_name", "eq", *LAST, "Nobody"),
    "by city": _by("city", "eq", "Wien", "Tokyo", "Atlantis"),
    "by address": lambda chance: {"filter": _clause("email", "eq", f"ada.smith{chance.randrange(1000)}@gmail.com")},
    "by a part of the address": _by("email", "contains", "@gmail", "smith12345", "xx@yy"),
    "by a text property": _by("properties.plan", "eq", "free", "enterprise", "gold"),
    "by a number": _by("properties.seats", "gte", 2, 500, 50_000, 10**9),
    "by a yes or no": _by("properties.renewed", "eq", True, False),
    "by a date": _by("properties.signed_up", "lt", "2019-01-03", "2024-01-01", "2018-01-01"),
    "by tag": _by("tags", "has", "vip", "event-2026", "nps", "none"),
    "by status": _by("status", "eq", "unsubscribed", "hard_bounced", "non_deliverable"),
    "by source": _by("source", "eq", "crm", "shop", "csv"),
    "by score": _by("last_score", "lte", 0, 6, 10, -1),
    "by last survey": _by("last_survey_at", "gte", *MOMENT, "2031-01-01"),
    "by next survey": _by("next_survey_at", "lt", *MOMENT, "2019-01-01"),
    "by campaign": _by("campaigns", "has", *CAMPAIGNS, "none"),
    "by next campaign": _by("next_campaign", "eq", *CAMPAIGNS, "none"),
    "by two of them": _all(_by("tags", "has", "vip"), _by("city", "eq", "Wien", "Tokyo")),
    "by three of them": _all(
        _by("properties.plan", "eq", "enterprise"), _by("last_score", "lte", 6), _by("country", "eq", "US", "AT")
    ),
    "by one or the other": _any(_by("city", "eq", "Praha", "Wien"), _by("properties.seats", "gte", 1000, 10**9)),
    "by a city, sorted by last name": _sorted("last_name", _by("city", "eq", "Wien", "Tokyo", "Atlantis")),
    "by a number, sorted by company": _sorted("-company", _by("properties.seats", "gte", 3, 800)),
    "by a tag, newest first": _sorted("-created_at", _by("tags", "has", "vip", "partner")),
    "by a score, sorted by last name": _sorted("last_name", _by("last_score", "eq", 0, 9)),
    "count, all": lambda _: {},
    "count, by city": _by("city", "eq", "Wien", "Tokyo", "Atlantis"),
    "count, by tag": _by("tags", "has", "vip", "partner"),
    "count, by two of them": _all(
        _by("properties.plan", "eq", "pro", "enterprise"), _by("city", "eq", "Wien", "Tokyo")
    ),
    "count, a search": _q("smith", "anna", "xyz", "gmail.com"),
}
