"""Feedback over HTTP, for the console and other systems."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from chassis.clock import now
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, dispatch, erased


async def _answered(desk: Desk, count: int) -> None:
    """Some answers, a minute apart, of two customers to two campaigns."""
    await desk.hear(campaign("csat", metric="csat"))
    for n in range(count):
        who, what = ("ada", "nps") if n % 2 == 0 else ("bob", "csat")
        await desk.hear(dispatch(f"e{n}", who, campaign_id=what))
        with time_machine.travel(now() + timedelta(minutes=n), tick=False):
            assert (await desk.post(desk.path(f"e{n}"), score=str(1 + n % 5))).status_code == 200


async def test_answers_are_listed_newest_first_page_by_page(desk: Desk) -> None:
    await _answered(desk, 7)
    seen, after = [], None
    while True:
        page = (await desk.http.get("/v1/responses", params={"limit": 3} | ({"after": after} if after else {}))).json()
        seen += [item["dispatch_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
        assert len(page["items"]) == 3
        assert after == str(httpx.URL(f"http://x/?after={after}").params["after"])

    assert seen == [f"e{n}" for n in reversed(range(7))]


async def test_answers_at_the_same_moment_are_each_listed_once(desk: Desk) -> None:
    with time_machine.travel(now(), tick=False):
        for n in range(5):
            await desk.hear(dispatch(f"e{n}"))
            await desk.post(desk.path(f"e{n}"), score="9")
    first = (await desk.http.get("/v1/responses", params={"limit": 3})).json()
    rest = (await desk.http.get("/v1/responses", params={"limit": 3, "after": first["next"]})).json()

    assert {item["dispatch_id"] for item in first["items"] + rest["items"]} == {f"e{n}" for n in range(5)}
    assert (len(rest["items"]), rest["next"]) == (2, None)


async def test_a_customers_or_a_campaigns_answers_alone(desk: Desk) -> None:
    await _answered(desk, 5)

    bobs = (await desk.http.get("/v1/responses", params={"customer_id": "bob"})).json()["items"]
    csat = (await desk.http.get("/v1/responses", params={"campaign_id": "csat"})).json()["items"]
    assert {item["customer_id"] for item in bobs} == {"bob"}
    assert bobs == csat
    assert bobs[0]["campaign_name"] == "Relationship NPS"
    assert (bobs[0]["metric"], bobs[0]["score"], bobs[0]["score_class"]) == ("csat", 4, "satisfied")
    one = (await desk.http.get(f"/v1/responses/{bobs[0]['id']}")).json()
    assert one | bobs[0] == one


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"after": "nonsense"}, "after"),
        ({"limit": 0}, "query.limit"),
        ({"limit": 1001}, "query.limit"),
        ({"customer_id": "x" * 201}, "query.customer_id"),
    ],
    ids=["a cursor that is none", "no answers", "too many", "an id too long"],
)
async def test_a_question_that_is_none_is_refused_by_field(desk: Desk, params: dict[str, str], field: str) -> None:
    answer = await desk.http.get("/v1/responses", params=params)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/responses/x", "/v1/summary"])
async def test_nobody_reads_answers_without_a_key(desk: Desk, path: str) -> None:
    assert (await desk.http.get(path, headers={"Authorization": ""})).status_code == 401


async def test_an_answer_that_is_none_is_not_found(desk: Desk) -> None:
    answer = await desk.http.get("/v1/responses/none")

    assert (answer.status_code, answer.json()["code"]) == (404, "response-not-found")


async def test_an_operator_in_a_parameter_is_a_text_like_any_other(desk: Desk) -> None:
    await desk.post(score="9")

    assert (await desk.http.get("/v1/responses", params={"customer_id": '{"$ne": null}'})).json()["items"] == []


async def test_the_summary_counts_final_answers_of_its_campaign(desk: Desk) -> None:
    for n, score in enumerate([10, 9, 8, 2]):
        await desk.hear(dispatch(f"e{n}"))
        await desk.post(desk.path(f"e{n}"), score=str(score))
    await desk.hear(dispatch("e9"))
    await desk.post(desk.path("e9"), score="0", provisional="1")

    summary = (await desk.http.get("/v1/summary", params={"campaign_id": "nps"})).json()
    assert {name: summary[name] for name in ("count", "promoters", "passives", "detractors", "nps", "nps_exact")} == {
        "count": 4,
        "promoters": 2,
        "passives": 1,
        "detractors": 1,
        "nps": 25,
        "nps_exact": 25.0,
    }
    assert (await desk.http.get("/v1/summary", params={"campaign_id": "other"})).json()["count"] == 0


async def _add(desk: Desk, key: str | None = None, **more: Any) -> httpx.Response:
    body = {"customer_id": "ada", "campaign_id": "nps", "score": 9, "comment": "  At the fair: \u202egreat  ", **more}
    headers = {"Idempotency-Key": key} if key else {}
    return await desk.http.post("/v1/responses", json=body, headers=headers)


async def test_an_answer_from_outside_is_added_once_and_says_who_added_it(desk: Desk) -> None:
    given = (now() - timedelta(days=3)).isoformat().replace("+00:00", "Z")
    added = [await _add(desk, "one", answered_at=given) for _ in range(2)]

    assert [answer.status_code for answer in added] == [201, 201]
    body = added[0].json()
    assert (body["channel"], body["added_by"], body["campaign_name"]) == ("manual", "test", "Relationship NPS")
    assert (body["score_class"], body["comment"], body["answered_at"]) == ("promoter", "At the fair: great", given)
    assert body["attributes"]["country"] is not None
    assert (await desk.http.get("/v1/responses")).json()["items"] == [body]
    (told,) = await desk.database.collection("_pending").find({}).to_list(None)
    assert json.loads(told["value"])["data"]["added_by"] == "test"


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"customer_id": "eve"}, 404, "customer_id"),
        ({"campaign_id": "csat"}, 404, "campaign_id"),
        ({"campaign_id": None}, 422, "metric"),
        ({"metric": "ces"}, 422, "metric"),
        ({"score": 11}, 422, "score"),
        ({"score": "9"}, 422, "score"),
        ({"answered_at": "2999-01-01T00:00:00Z"}, 422, "answered_at"),
        ({"answered_at": "2026-01-01T00:00:00"}, 422, "answered_at"),
        ({"comment": "x" * 5001}, 422, "comment"),
    ],
)
async def test_what_cannot_be_an_answer_is_refused_by_field(
    desk: Desk, wrong: dict[str, Any], status: int, field: str
) -> None:
    refused = await _add(desk, **wrong)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)
    assert await desk.answers() == []


async def test_nothing_is_added_of_who_was_erased(desk: Desk) -> None:
    await desk.hear(erased("ada"))

    assert (await _add(desk)).status_code == 404
