"""Finding among many: what the projection leads to is what looking at each customer finds, in the same order."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from benchmarks.customers import seed_some
from chassis.mongo import Database
from services.profile import store
from services.profile.main import build
from services.profile.schemas.customers import Wanted
from services.profile.settings import Settings
from services.profile.views import customers as views
from services.profile.views import finding
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared

COUNT = 150


def _is(field: str, op: str, value: object) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


FILTERS: list[dict[str, Any]] = [
    {},
    _is("city", "eq", "Wien"),
    _is("city", "eq", "Atlantis"),
    _is("city", "in", ["Wien", "Graz"]),
    _is("properties.seats", "gte", 4),
    _is("properties.seats", "gt", 4),
    _is("properties.seats", "lte", 4),
    _is("properties.seats", "lt", 4),
    _is("properties.renewed", "eq", False),
    _is("properties.signed_up", "lt", "2020-01-01"),
    _is("properties.signed_up", "gte", "2020-01-01"),
    _is("last_name", "gt", "M"),
    _is("last_name", "lte", "Miller"),
    _is("company", "contains", "labs"),
    _is("email", "contains", "@gmail"),
    _is("tags", "has", "vip"),
    _is("last_score", "lte", 6),
    _is("next_survey_at", "lt", "2026-01-01"),
    {"all": [_is("tags", "has", "vip"), _is("city", "eq", "Wien")]},
    {"any": [_is("city", "eq", "Praha"), _is("properties.seats", "gte", 20)]},
    {"not": _is("city", "eq", "Wien")},
    {"all": [_is("properties.plan", "ne", "free"), {"field": "job_title", "op": "missing"}]},
]
SORTS = ("id", "-id", "last_name", "-last_name", "company", "-created_at")


@pytest.fixture
async def crowd(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Database]:
    """Some hundred customers, written as profile writes them."""
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    service = deployment.opened(build(Settings(chassis=deployment.settings)))
    await service.database.ensure_indexes({name: store.INDEXES[name] for name in (store.CUSTOMERS, store.FINDING)})
    seed_some(infrastructure.mongodb, service.database.name, 0, COUNT)
    yield service.database
    deployment.close()


async def _everyone(database: Database, wanted: Wanted, *, exact: bool, limit: int) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await views.customers(database, wanted, after=after, limit=limit, exact=exact)
        found += [item.id for item in page.items]
        after = page.next
        if after is None:
            return found


async def test_the_projection_leads_to_the_same_customers_in_the_same_order(
    crowd: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MANY", 0)
    for number, tree in enumerate(FILTERS):
        for sort in SORTS[number % 3 :: 3]:
            wanted = Wanted(filter=tree, sort=sort)
            expected = await _everyone(crowd, wanted, exact=True, limit=1000)
            for few in (1, 3000):
                monkeypatch.setattr(finding, "FEW", few)
                monkeypatch.setattr(finding, "VERY_FEW", min(few, 10))
                assert await _everyone(crowd, wanted, exact=False, limit=47) == expected, (tree, sort, few)
            count = await views.count(crowd, wanted, up_to=10_000)
            assert count.estimated or (count.count, count.exact) == (len(expected), True), tree


async def test_what_takes_long_to_count_is_judged_and_says_so(crowd: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"not": _is("city", "eq", "Wien")}
    exact = await views.count(crowd, Wanted(filter=tree), up_to=10_000)
    monkeypatch.setattr(finding, "MANY", 0)
    monkeypatch.setattr(views, "COUNTING_SECONDS", 0)

    judged = await views.count(crowd, Wanted(filter=tree), up_to=10_000)
    everyone = await views.count(crowd, Wanted(), up_to=10)

    assert (exact.exact, judged.exact, judged.estimated) == (True, False, True)
    assert judged.count == pytest.approx(exact.count, rel=0.3)
    assert (everyone.count, everyone.estimated) == (COUNT, True)


async def test_a_search_starts_from_an_index_and_a_rare_filter_too(
    crowd: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MANY", 0)
    wanted = Wanted(filter=_is("city", "eq", "Wien"))
    way = await finding.way_of_filter(crowd, wanted.parsed(), by_id=True)
    assert way is not None

    plan = await crowd.collection(store.FINDING).find(dict(way.asked)).sort("_id").hint(way.hint or "").explain()

    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "facets.k_1_facets.v_1__id_1" in stages
    assert "'SORT'" not in stages
    assert "COLLSCAN" not in stages


async def test_who_is_known_is_looked_up_and_not_searched_for(crowd: Database) -> None:
    """A partial index that is defined by `$type` is passed over: each batch of syncs would read all customers."""
    rows = crowd.collection(store.CUSTOMERS)
    queries: list[dict[str, Any]] = [
        {"$or": [{"external_keys": {"$in": ["crm:1"]}}, {"canonical_email": {"$in": ["a@b.example"]}}]},
        Wanted(filter=_is("email", "eq", "a@b.example")).parsed().query(),
    ]
    for query in queries:
        assert "COLLSCAN" not in str((await rows.find(query).explain())["queryPlanner"]["winningPlan"])
    by_type = {"canonical_email": {"$type": "string"}}
    other = crowd.collection("other")
    await other.create_index("canonical_email", unique=True, partialFilterExpression=by_type)
    assert "COLLSCAN" in str((await other.find(queries[1]).explain())["queryPlanner"]["winningPlan"])
