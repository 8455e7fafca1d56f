"""Finding customers: lists, filters, sorting, counts, and a part of what is known of them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment, sync_body
from tests.fixtures import few_partitions, lasting
from tests.infrastructure import Shared
from tests.waiting import eventually

PEOPLE: list[dict[str, Any]] = [
    {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Analytical",
        "tags": ["VIP"],
        "properties": {"seats": 5},
    },
    {"first_name": "José", "last_name": "Groß", "company": "Bäckerei", "tags": ["vip", "new"]},
    {"first_name": "Anna", "last_name": "Ångström", "properties": {"seats": 50, "plan": "pro"}},
    {"first_name": "Bob", "company": "Analytical Engines"},
    {"company": "Zeta"},
]


@pytest.fixture(scope="module")
async def people(infrastructure: Shared) -> AsyncIterator[httpx.AsyncClient]:
    """Five customers, p0 to p4 at example.com, all of whom can be found; for those who only look."""
    bodies = [
        sync_body(subject=f"c-{n}", email=f"p{n}@example.com", time=f"2026-11-2{n}T10:00:00Z", **person)
        for n, person in enumerate(PEOPLE)
    ]
    with few_partitions(), lasting(infrastructure) as deployment:
        await deployment.make(*topics.ALL)
        async with deployment.client(build(Settings(chassis=deployment.settings))) as profile:
            await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, *bodies)
            await eventually(lambda: _all_found(profile))
            yield profile


async def _all_found(profile: httpx.AsyncClient) -> bool:
    return len(await _search(profile, q="example.com")) == len(PEOPLE)


async def _search(profile: httpx.AsyncClient, **body: Any) -> list[str]:
    """The numbers of the people found."""
    answer = await profile.post("/v1/customers/search", json=body)
    assert answer.status_code == 200, answer.text
    return [item["email"][1] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("lovel", {"0"}),
        ("ADA LOV", {"0"}),
        ("jose", {"1"}),
        ("José", {"1"}),
        ("gross", {"1"}),
        ("angstrom", {"2"}),
        ("p3@ex", {"3"}),
        ("c-4", {"4"}),
        ("engines", {"3"}),
        ("analytical", {"0", "3"}),
        ("a", {"0", "2", "3"}),
        ("an", {"0", "2", "3"}),
        ("example.com", {"0", "1", "2", "3", "4"}),
        ("nobody", set()),
        (".*", set()),
        ("lace\nanal", set()),
    ],
)
async def test_any_part_that_a_person_would_type_finds(people: httpx.AsyncClient, q: str, found: set[str]) -> None:
    assert set(await _search(people, q=q)) == found


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ({"field": "tags", "op": "has", "value": "Vip"}, {"0", "1"}),
        ({"field": "properties.seats", "op": "gte", "value": 10}, {"2"}),
        ({"field": "properties.plan", "op": "missing"}, {"0", "1", "3", "4"}),
        ({"field": "company", "op": "contains", "value": "analytical"}, {"0", "3"}),
        ({"field": "source", "op": "eq", "value": "crm"}, {"0", "1", "2", "3", "4"}),
        ({"field": "email", "op": "eq", "value": "P2@example.com"}, {"2"}),
        ({"field": "last_score", "op": "exists"}, set()),
        ({"not": {"field": "first_name", "op": "exists"}}, {"4"}),
        ({"field": "external_ids.crm", "op": "in", "value": ["c-1", "c-3"]}, {"1", "3"}),
    ],
)
async def test_a_filter_finds_whom_it_holds_for(
    people: httpx.AsyncClient, clause: dict[str, Any], found: set[str]
) -> None:
    assert set(await _search(people, filter=clause)) == found
    count = await people.post("/v1/customers/count", json={"filter": clause})
    assert count.json() == {"count": len(found), "exact": True}


async def test_a_search_and_a_filter_hold_together(people: httpx.AsyncClient) -> None:
    clause = {"field": "tags", "op": "has", "value": "vip"}

    assert await _search(people, q="analytical", filter=clause) == ["0"]


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "company", "-company", "-created_at", "changed_at"])
async def test_pages_of_any_order_hold_everyone_once(people: httpx.AsyncClient, sort: str) -> None:
    whole = await _search(people, sort=sort)
    pages: list[str] = []
    after: str | None = None
    for _ in range(len(PEOPLE)):
        answer = (
            await people.get("/v1/customers", params={"sort": sort, "limit": 2, **({"after": after} if after else {})})
        ).json()
        pages += [item["email"][1] for item in answer["items"]]
        after = answer["next"]
        if after is None:
            break

    assert pages == whole
    assert sorted(whole) == ["0", "1", "2", "3", "4"]


async def test_sorting_puts_the_missing_first_and_turns_round(people: httpx.AsyncClient) -> None:
    assert await _search(people, sort="-company") == ["4", "1", "3", "0", "2"]
    assert await _search(people, sort="company") == ["2", "0", "3", "1", "4"]


async def test_the_pages_of_a_search_hold_everyone_once(people: httpx.AsyncClient) -> None:
    first = (await people.get("/v1/customers", params={"q": "example", "limit": 3})).json()
    second = (await people.get("/v1/customers", params={"q": "example", "limit": 3, "after": first["next"]})).json()

    assert len({item["id"] for item in first["items"] + second["items"]}) == len(PEOPLE)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter": {"field": "nme", "op": "eq", "value": 1}}, "filter.field"),
        ({"sort": "shoe_size"}, "sort"),
        ({"q": "ada", "sort": "company"}, "sort"),
        ({"q": " "}, "q"),
        ({"after": "nonsense"}, "after"),
        ({"after": "eyJhIjoxfQ"}, "after"),
        ({"filter": {"$where": "1"}}, "filter"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    people: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await people.post("/v1/customers/search", json=body)

    assert answer.status_code == 422
    assert field in answer.text


async def test_who_is_renamed_is_found_by_the_new_name_only(profile: httpx.AsyncClient) -> None:
    ada = (await profile.post("/v1/customers", json={"first_name": "Ada", "last_name": "Lovelace"})).json()

    async def found(q: str) -> list[str]:
        items = (await profile.get("/v1/customers", params={"q": q})).json()["items"]
        return [one["id"] for one in items]

    await eventually(lambda: found("lovelace"))
    await profile.patch(f"/v1/customers/{ada['id']}", json={"last_name": "Byron"})

    async def renamed() -> bool:
        return await found("ada byron") == [ada["id"]] and await found("lovelace") == []

    await eventually(renamed)


BY_LESS = ("email", "last_score", "last_survey_at", "next_survey_at")


async def test_who_has_what_a_list_is_sorted_by_comes_first_and_nobody_is_left_out(deployment: Deployment) -> None:
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "relay") as profile:
        for number in range(7):
            await profile.post("/v1/customers", json={"company": str(number)})
        rows = service.database.collection("customers")
        moment = datetime(2026, 11, 23, tzinfo=UTC)
        for number, rank in ((1, 5), (2, 3), (4, 3), (5, 9)):
            at = moment + timedelta(days=rank)
            survey = {"kind": "dated", "reason": "first", "at": at, "last_survey_at": at}
            shown = {"last_score": rank, "next_survey": survey, "canonical_email": f"a{rank}{number}@example.com"}
            await rows.update_one({"fields.company": str(number)}, {"$set": shown})
        none = {"last_score": None, "next_survey": {"kind": "none", "reason": "no-address", "at": None}}
        await rows.update_one({"fields.company": "3"}, {"$set": none})
        pages = {f"{sign}{name}": await _pages(profile, f"{sign}{name}") for name in BY_LESS for sign in ("", "-")}

    assert {sort: found[:4] for sort, found in pages.items()} == {
        sort: [*"5142"] if sort.startswith("-") else [*"2415"] for sort in pages
    }
    assert [sorted(found) for found in pages.values()] == [[*"0123456"]] * len(pages)


async def _pages(profile: httpx.AsyncClient, sort: str) -> list[str]:
    found: list[str] = []
    asked: dict[str, Any] = {"sort": sort, "limit": 2}
    for _ in range(7):
        documents = (await profile.get("/v1/customers", params=asked)).json()
        found += [item["company"] for item in documents["items"]]
        if documents["next"] is None:
            break
        asked["after"] = documents["next"]
    return found
