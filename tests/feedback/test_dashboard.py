"""The dashboard over HTTP: what the page gets, what it is told where it asks wrongly, and that all is counted by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis.clock import now
from chassis.errors import Invalid
from chassis.filters import parse
from services.feedback.commands.recounting import count_all, count_unstamped, recount
from services.feedback.main import build
from services.feedback.schemas.dashboard import FIGURE_FIELDS
from services.feedback.settings import Settings
from services.feedback.store.collections import COLUMNS, TO_COUNT
from services.feedback.views.sifting import MOST_LOOKED_AT, Sieve, looked_up
from tests.deployment import Deployment
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, customer, dispatch
from tests.waiting import eventually


async def _answered(desk: Desk) -> None:
    """Ada 9 then 3, Bob 10 with a comment, Cid 7 to another campaign; Dora was asked and only opened."""
    await desk.hear(
        customer("bob", properties={"plan": "free"}), customer("cid", properties={}, tags=[]), customer("dora")
    )
    await desk.hear(campaign("other", name="Other"))
    asked = {"d1": ("ada", "nps"), "d2": ("ada", "nps"), "d3": ("bob", "nps"), "d4": ("cid", "other")}
    for id_, (who, what) in asked.items():
        versions = {"template_id": "t", "template_version": 2}
        await desk.hear(dispatch(id_, who, 2, campaign_id=what, delivered_at=now(), language="en", **versions))
    await desk.hear(dispatch("d5", "dora", opened_at=now()))
    for id_, score, comment in (("d1", 9, ""), ("d2", 3, ""), ("d3", 10, "Great"), ("d4", 7, "")):
        assert (await desk.post(desk.path(id_), score=str(score), comment=comment)).status_code == 200
    await count_all(desk.database)


async def _ask(http: httpx.AsyncClient, path: str, **asked: Any) -> Any:
    answer = await http.post(f"/v1/dashboard/{path}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_page_gets_scores_a_course_a_table_and_a_funnel(desk: Desk) -> None:
    await _answered(desk)

    (nps, csat) = (await _ask(desk.http, "scores", metrics=["nps", "csat"]))["scores"]
    assert (nps["count"], nps["score"], nps["exact"]) == (3, 0, 0.0)
    assert nps["classes"]["promoter"] == {"count": 1, "percent": pytest.approx(33.3333, abs=0.001)}
    assert {score: count for score, count in nps["distribution"].items() if count} == {"3": 1, "7": 1, "10": 1}
    assert (nps["previous"]["count"], nps["change"]) == (0, None)
    assert (csat["count"], csat["score"], csat["margin"]) == (0, None, None)
    every = (await _ask(desk.http, "scores", metrics=["nps"], answers="every"))["scores"][0]
    assert (every["count"], every["score"]) == (4, 25)

    course = await _ask(desk.http, "over-time", metric="nps", unit="day")
    assert [one["count"] for one in course["buckets"]][-2:] == [0, 3]
    table = await _ask(desk.http, "breakdown", metric="nps", by="properties.plan")
    assert [(one["value"], one["count"], one["score"], one["few"]) for one in table["items"]] == [
        ("free", 1, 100, True),
        ("pro", 1, -100, True),
        (None, 1, 0, True),
    ]
    steps = (await _ask(desk.http, "funnel"))["steps"]
    assert all(one["known"] for one in steps)
    assert {one["name"]: one["count"] for one in steps} == {
        "sent": 5,
        "delivered": 5,
        "opened": 5,
        "responded": 4,
        "commented": 1,
    }


async def test_what_arrived_is_not_known_where_no_server_has_told(desk: Desk) -> None:
    await desk.hear(customer("ada"), dispatch("d1", "ada"), dispatch("d2", "ada"), dispatch("d3", "ada"))
    await desk.post(desk.path("d1"), score="9", comment="")
    await count_all(desk.database)
    silent = (await _ask(desk.http, "funnel"))["steps"]
    await desk.hear(dispatch("d2", "ada", 2, delivered_at=now()))
    await count_all(desk.database)
    told = (await _ask(desk.http, "funnel"))["steps"]

    assert [(one["name"], one["count"]) for one in silent if not one["known"]] == [("delivered", 1)]
    assert [(one["name"], one["count"]) for one in told[:3]] == [("sent", 3), ("delivered", 2), ("opened", 1)]
    assert all(one["known"] for one in told)
    assert told[1]["percent_of_sent"] == pytest.approx(66.6667, abs=0.001)


async def test_campaigns_are_named_and_versions_of_templates_told_apart(desk: Desk) -> None:
    await _answered(desk)

    by_campaign = (await _ask(desk.http, "breakdown", metric="nps", by="campaign_id"))["items"]
    by_version = (await _ask(desk.http, "breakdown", metric="nps", by="template_version"))["items"]

    assert [(one["label"], one["count"]) for one in by_campaign] == [("Relationship NPS", 2), ("Other", 1)]
    assert [(one["value"], one["count"]) for one in by_version] == [("t/2", 3)]


async def test_attributes_are_those_of_then_unless_those_of_now_are_asked_for(desk: Desk) -> None:
    await _answered(desk)
    await desk.hear(customer("bob", 2, properties={"plan": "pro"}))
    await count_all(desk.database)
    pro = {"field": "properties.plan", "op": "eq", "value": "pro"}

    counts = [
        (await _ask(desk.http, "scores", metrics=["nps"], filter=pro, attributes=when))["scores"][0]["count"]
        for when in ("then", "now")
    ]

    assert counts == [1, 2]


async def test_what_a_machine_gave_or_nobody_sent_off_is_left_out_and_said(desk: Desk) -> None:
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(desk.path("d1"), score="9", website="http://x")
    await desk.post(desk.path("d2"), score="9", provisional="1")
    await count_all(desk.database)

    without = (await _ask(desk.http, "scores", metrics=["nps"]))["scores"][0]
    provisional = (await _ask(desk.http, "scores", metrics=["nps"], provisional=True))["scores"][0]

    assert (without["count"], without["left_out"]) == (0, {"provisional": 1, "suspected_automatic": 1})
    assert (provisional["count"], provisional["left_out"]["provisional"]) == (1, 0)


async def test_dimensions_are_what_answers_have(desk: Desk) -> None:
    await _answered(desk)

    found = (await desk.http.get("/v1/dashboard/dimensions")).json()["items"]

    names = {one["name"]: one["of"] for one in found}
    assert names["properties.plan"] == "customer"
    assert names["campaign_id"] == "answer"
    assert {"template_version", "country", "tags", "channel"} <= set(names)
    for name in names:
        assert (await _ask(desk.http, "breakdown", metric="nps", by=name))["items"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("scores", {"zone": "Mars/Olympus"}, "zone"),
    ("scores", {"zone": "../etc/passwd"}, "zone"),
    ("scores", {"first_day": "2026-02-02", "last_day": "2026-02-01"}, "first_day"),
    ("scores", {"last_day": "1970-01-01"}, "last_day"),
    ("scores", {"filter": {"field": "shoe", "op": "eq", "value": 1}}, "filter.field"),
    ("funnel", {"filter": {"field": "country", "op": "eq", "value": "AT"}}, "filter.field"),
    ("over-time", {"metric": "nps", "unit": "day", "first_day": "2000-01-01"}, "unit"),
    ("breakdown", {"metric": "nps", "by": "shoe"}, "by.field"),
    ("breakdown", {"metric": "nps", "by": "comment"}, "by"),
]


async def test_what_cannot_be_reckoned_is_refused_by_field(desk: Desk) -> None:
    for path, asked, field in WRONG:
        answer = await desk.http.post(f"/v1/dashboard/{path}", json=asked)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_words_of_comments_are_looked_for_in_so_many_answers_and_no_more(desk: Desk) -> None:
    good = parse({"field": "comment", "op": "contains", "value": "good"}, FIGURE_FIELDS)

    with pytest.raises(Invalid, match=f"{MOST_LOOKED_AT:,}"):
        await looked_up(desk.database, Sieve(good, "nps"), {}, MOST_LOOKED_AT + 1)


async def test_it_counts_by_itself_also_what_was_there_before_there_were_figures(
    bare_deployment: Deployment, settings: Settings, desk: Desk
) -> None:
    await desk.post(score="9")
    await desk.database.collection(TO_COUNT).delete_many({})
    async with bare_deployment.client(build(settings), "http", "jobs") as http:

        async def counted(wanted: int) -> bool:
            found = await _ask(http, "scores", metrics=["nps"], answers="every")
            return (found["scores"][0]["count"], found["waiting"]) == (wanted, 0)

        await eventually(lambda: counted(1))
        await desk.hear(dispatch("d2", "bob"))
        await desk.post(desk.path("d2"), score="9")
        await eventually(lambda: counted(2))


async def test_it_counts_the_days_that_an_earlier_build_left_without_stamps(
    bare_deployment: Deployment, settings: Settings, desk: Desk
) -> None:
    await desk.post(score="9")
    await count_all(desk.database)
    stamps = desk.database.collection(COLUMNS)
    await stamps.delete_many({"of": {"$exists": False}})
    assert (await _ask(desk.http, "scores", metrics=["nps"], answers="every"))["scores"][0]["count"] == 0

    async with bare_deployment.client(build(settings), "http", "jobs") as http:

        async def counted() -> bool:
            return bool((await _ask(http, "scores", metrics=["nps"], answers="every"))["scores"][0]["count"] == 1)

        await eventually(counted)
    assert await count_unstamped(desk.database) == 0


async def test_a_recount_finds_and_mends_what_is_wrong(desk: Desk) -> None:
    await _answered(desk)
    rows = desk.database.collection(COLUMNS)
    of_days = {"of": {"$exists": True}}
    right = await rows.find(of_days).sort("_id", 1).to_list(None)
    assert (await recount(desk.database, compare_only=True)).wrong == []

    await rows.update_one({"column": "score"}, {"$set": {"data": b"\x00" * 4}})
    await rows.delete_one({"column": "next_final"})
    stray = {**right[0], "_id": right[0]["_id"].replace(right[0]["of"][-10:], "2020-01-01"), "of": "nps|2020-01-01"}
    await rows.insert_one(stray)

    found = (await recount(desk.database, compare_only=True)).wrong
    assert {one.partition("|")[0] for one in found} == {"nps"}
    assert "nps|2020-01-01" in found
    assert (await recount(desk.database)).wrong == found
    assert await rows.find(of_days).sort("_id", 1).to_list(None) == right


async def test_days_begin_where_the_company_is(desk: Desk) -> None:
    await desk.hear(customer("bob"))
    before_midnight = datetime.now(UTC).replace(hour=12) - timedelta(days=3)  # noqa: TID251
    late = before_midnight.replace(hour=23, minute=30, second=0, microsecond=0)
    draft = {"customer_id": "bob", "metric": "nps", "score": 9, "answered_at": late.isoformat()}
    assert (await desk.http.post("/v1/responses", json=draft)).status_code == 201
    await count_all(desk.database)

    for zone, day in (("UTC", late.date()), ("Europe/Vienna", late.date() + timedelta(days=1))):
        asked = {"metric": "nps", "unit": "day", "zone": zone}
        buckets = (await _ask(desk.http, "over-time", **asked))["buckets"]
        assert [one["first_day"] for one in buckets if one["count"]] == [str(day)]
