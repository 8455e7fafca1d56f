"""Scheduler over HTTP."""

from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis import auth
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.scheduler.events import NPS, customer, deliverability, record, requests, start_campaign, until
from tests.waiting import eventually


async def make(scheduler: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await scheduler.post("/v1/campaigns", json={**NPS, **more})


async def test_a_campaign_begins_as_a_draft_that_others_are_told_of(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    questions = {"en": {"question": "How likely are you to recommend us?", "comment_questions": {"promoter": "Why?"}}}
    made = await make(
        scheduler, questions=questions, send_window={"weekdays": [1, 2], "from_minute": 540, "to_minute": 1020}
    )

    assert made.status_code == 201
    body = made.json()
    assert (body["id"], body["version"], body["state"], body["activated_at"]) == ("nps", 1, "draft", None)
    (told,) = await eventually(lambda: deployment.events(topics.SCHEDULER_CAMPAIGNS))
    assert (told.subject, told.seq, told.data.state, told.data.version) == ("nps", 1, "draft", 1)
    assert told.data.questions["en"].comment_questions == {"promoter": "Why?"}
    assert told.data.send_window.from_minute == 540
    assert (await scheduler.get("/v1/campaigns/nps")).json() == body


async def test_the_same_campaign_is_made_once(api: httpx.AsyncClient) -> None:
    first = await make(api)
    await api.post("/v1/campaigns/nps/activate")

    again, other = await make(api), await make(api, name="Another")

    assert (again.status_code, again.json()["version"], again.json()["state"]) == (201, 2, "active")
    assert first.json()["version"] == 1
    assert (other.status_code, other.json()["code"], other.json()["errors"][0]["field"]) == (
        409,
        "campaign-exists",
        "id",
    )


async def test_without_an_id_every_campaign_is_a_new_one(api: httpx.AsyncClient) -> None:
    first, second = await make(api, id=None), await make(api, id=None)
    key = {"Idempotency-Key": "one"}
    kept = [(await api.post("/v1/campaigns", json={"name": "Once"}, headers=key)).json()["id"] for _ in range(2)]

    assert first.json()["id"] != second.json()["id"]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"nam": "x"}, "nam"),
        ({"name": ""}, "name"),
        ({"id": "a b"}, "id"),
        ({"kind": "postal"}, "kind"),
        ({"metric": "happiness"}, "metric"),
        ({"priority": "high"}, "priority"),
        ({"schedule": {"first_after_days": -1}}, "schedule.first_after_days"),
        ({"schedule": {"every_days": 0}}, "schedule.every_days"),
        ({"schedule": {"clock": "mine"}}, "schedule.clock"),
        ({"schedule": {"first": 1}}, "schedule.first"),
        ({"send_window": {"weekdays": [8], "from_minute": 0, "to_minute": 5}}, "send_window.weekdays"),
        ({"expires_after_hours": 0}, "expires_after_hours"),
        ({"default_language": "german"}, "default_language"),
        ({"questions": {"fr": {"question": "Alors ?"}}}, "default_language"),
        (
            {"questions": {"en": {"question": "?", "comment_questions": {"$x": ""}}}},
            "questions.en.comment_questions.$x.[key]",
        ),
        ({"kind": "transactional", "trigger": {"type": ""}}, "trigger.type"),
        (
            {
                "kind": "transactional",
                "trigger": {"type": "x", "conditions": {"field": "total", "op": "eq", "value": 1}},
            },
            "trigger.conditions.field",
        ),
        ({"kind": "in_app", "in_app": {"sample_percent": 0}}, "in_app.sample_percent"),
        ({"kind": "link", "in_app": {}}, "in_app"),
        ({"schedule": {"starts_at": "2026-12-01T08:00:00"}}, "schedule.starts_at"),
        ({"schedule": {"starts_at": "9999-12-31T23:59:59-12:00"}}, "schedule.starts_at"),
        ({"reminders": [{"after_hours": 1, "condition": "bored"}]}, "reminders.0.condition"),
        ({"reminders": [{"after_hours": 1, "condition": "not_opened"}] * 6}, "reminders"),
        ({"further_questions": [{"id": "a", "kind": "text", "texts": {"fr": "Quoi ?"}}]}, "further_questions.0.texts"),
        (
            {
                "further_questions": [
                    {"id": "a", "kind": "text", "texts": {"en": "Why?"}, "show_if": {"classes": ["satisfied"]}}
                ]
            },
            "further_questions.0.show_if.classes",
        ),
        (
            {
                "questions": {
                    "en": {"question": "Well?", "next_steps": {"promoter": {"label": "Go", "url": "http://x"}}}
                }
            },
            "questions.en.next_steps.promoter.url",
        ),
        ({"audience": {"field": "tag", "op": "has", "value": "nps"}}, "audience.field"),
        ({"audience": {"all": [{"field": "city", "op": "eq", "value": {"$ne": None}}]}}, "audience.all.0.value"),
    ],
)
async def test_what_is_wrong_is_named(api: httpx.AsyncClient, wrong: dict[str, Any], field: str) -> None:
    refused = await make(api, **wrong)

    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert refused.json()["errors"][0]["reason"]


async def test_what_is_left_out_of_an_edit_stays(api: httpx.AsyncClient) -> None:
    made = (await make(api, priority=5)).json()

    edited = await api.patch("/v1/campaigns/nps", json={"name": "New name"}, headers={"If-Match": '"1"'})

    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    body = edited.json()
    assert {name for name in body if body[name] != made[name]} == {"name", "version", "changed_at"}


async def test_an_edit_of_an_older_version_is_refused(api: httpx.AsyncClient) -> None:
    await make(api)
    await api.patch("/v1/campaigns/nps", json={"name": "New name"})

    stale = await api.patch("/v1/campaigns/nps", json={"priority": 1}, headers={"If-Match": '"1"'})

    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (412, "campaign-changed", 2)


async def test_an_edit_that_changes_nothing_makes_no_version(api: httpx.AsyncClient) -> None:
    await make(api)

    assert (await api.patch("/v1/campaigns/nps", json={"name": NPS["name"]})).json()["version"] == 1


async def test_states(api: httpx.AsyncClient) -> None:
    await make(api)
    moves = ["pause", "activate", "activate", "pause", "activate", "finish", "finish", "activate"]

    answers = [await api.post(f"/v1/campaigns/nps/{move}") for move in moves]

    assert [answer.status_code for answer in answers] == [409, 200, 200, 200, 200, 200, 200, 409]
    assert [answer.json().get("state") for answer in answers if answer.is_success] == [
        "active",
        "active",
        "paused",
        "active",
        "finished",
        "finished",
    ]
    assert [answer.json().get("version") for answer in answers if answer.is_success] == [2, 2, 3, 4, 5, 5]


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"kind": "transactional", "schedule": {}}, "trigger"),
        ({"schedule": {}}, "schedule"),
        ({"kind": "link", "schedule": {}, "daily_cap": 10}, "daily_cap"),
    ],
)
async def test_what_would_survey_nobody_or_not_be_obeyed_can_be_kept_but_not_run(
    api: httpx.AsyncClient, lacking: dict[str, Any], field: str
) -> None:
    assert (await make(api, **lacking)).status_code == 201

    refused = await api.post("/v1/campaigns/nps/activate")

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_campaigns_are_listed_page_by_page(api: httpx.AsyncClient) -> None:
    for id_ in ("c", "a", "b"):
        await make(api, id=id_)
    await api.post("/v1/campaigns/b/activate")

    first = (await api.get("/v1/campaigns", params={"limit": 2})).json()
    second = (await api.get("/v1/campaigns", params={"limit": 2, "after": first["next"]})).json()
    active = (await api.get("/v1/campaigns", params={"state": "active"})).json()

    assert [one["id"] for one in first["items"]] == ["a", "b"]
    assert ([one["id"] for one in second["items"]], second["next"]) == (["c"], None)
    assert [one["id"] for one in active["items"]] == ["b"]
    assert (await api.get("/v1/campaigns", params={"state": "gone"})).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/campaigns/none"),
        ("PATCH", "/v1/campaigns/none"),
        ("POST", "/v1/campaigns/none/activate"),
        ("GET", "/v1/customers/none/next-survey"),
        ("POST", "/v1/customers/none/reset-last-survey"),
    ],
)
async def test_what_is_not_there(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path, json={} if method == "PATCH" else None)

    assert (answer.status_code, answer.json()["code"].endswith("-not-found")) == (404, True)


async def test_the_next_survey_is_explained_campaign_by_campaign(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    closed = {"field": "properties.plan", "op": "eq", "value": "enterprise"}
    tagged = {"field": "tags", "op": "has", "value": "nps"}
    await start_campaign(scheduler, schedule={"first_after_days": 3})
    await start_campaign(scheduler, id="big", name="Big ones", audience={"all": [tagged, closed]})
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada", properties={"plan": "pro"}))

    ada = await eventually(lambda: until(scheduler, "ada", kind="dated", campaign_id="nps", reason="first"))

    by_id = {one["campaign_id"]: one for one in ada["campaigns"]}
    assert (by_id["big"]["matches"], by_id["big"]["unmet"]) == (False, ["audience.all.1"])
    assert (by_id["nps"]["matches"], by_id["nps"]["unmet"], by_id["nps"]["reason"]) == (True, [], "first")
    assert by_id["nps"]["rule_at"] == by_id["nps"]["at"] == ada["at"]


async def test_the_companys_rules_hold_for_every_customer(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    nowhere = await scheduler.put("/v1/contact-rules", json={"timezone": "Mars/Olympus"})
    assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (422, "timezone")
    assert (await scheduler.get("/v1/contact-rules")).json() == {"quiet_period_days": 0, "timezone": "UTC"}
    night = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "to_minute": 1}
    await start_campaign(scheduler, schedule={"first_after_days": 3}, send_window=night)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    await until(scheduler, "ada", held_by=["send-window"])

    rules = {"quiet_period_days": 30, "timezone": "Asia/Kathmandu"}
    assert (await scheduler.put("/v1/contact-rules", json=rules)).json() == rules

    async def moved() -> bool:
        return bool((await until(scheduler, "ada", reason="first"))["at"].endswith("18:15:00Z"))

    await eventually(moved)


async def test_a_key_does_only_what_its_scopes_allow(bare: Deployment) -> None:
    text, key = auth.make_key("reader", ["campaigns:read"])
    settings = Settings(chassis=bare.settings.model_copy(update={"api_keys": (key,)}))
    async with bare.client(build(settings), "http") as client:
        client.headers["Authorization"] = f"Bearer {text}"

        assert (await client.get("/v1/campaigns")).status_code == 200
        assert (await client.post("/v1/campaigns", json=NPS)).status_code == 403
        assert (await client.get("/v1/customers/ada/next-survey")).status_code == 403
        del client.headers["Authorization"]
        assert (await client.get("/v1/campaigns")).status_code == 401


async def test_a_survey_by_hand_goes_out_once_whoever_the_audience_is(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler, audience={"field": "tags", "op": "has", "value": "nobody"})
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    await eventually(lambda: _known(scheduler, "ada"))
    body, key = {"customer_id": "ada"}, {"Idempotency-Key": "once"}

    sent = [await scheduler.post("/v1/campaigns/nps/send", json=body, headers=key) for _ in range(2)]
    again = await scheduler.post("/v1/campaigns/nps/send", json=body)
    unknown = await scheduler.post("/v1/campaigns/nps/send", json={"customer_id": "eve"})

    assert [answer.status_code for answer in (*sent, again, unknown)] == [202, 202, 409, 404]
    assert (again.json()["code"], again.json()["held_by"]) == ("survey-under-way", "awaiting-outcome")
    (told,) = await eventually(lambda: deployment.events(topics.SCHEDULER_DISPATCH_REQUESTS))
    assert (told.data.dispatch_id, told.data.reason) == (sent[0].json()["dispatch_id"], "manual")
    assert sent[0].json() == sent[1].json()


async def _known(scheduler: httpx.AsyncClient, id_: str) -> bool:
    return (await scheduler.get(f"/v1/customers/{id_}/next-survey")).status_code == 200


async def test_every_change_of_what_is_sent_or_to_whom_is_a_version(api: httpx.AsyncClient) -> None:
    await make(api)
    await api.post("/v1/campaigns/nps/activate")
    await api.patch("/v1/campaigns/nps", json={"audience": {}})
    await api.post("/v1/campaigns/nps/pause")

    page = (await api.get("/v1/campaigns/nps/versions")).json()
    before = await api.get("/v1/campaigns/nps/versions/2")
    now_, first = (await api.get("/v1/campaigns/nps/versions", params={"limit": 1})).json(), page["items"][1]

    assert [(one["version"], one["audience"]) for one in page["items"]] == [(3, {}), (1, NPS["audience"])]
    assert (before.status_code, before.json()) == (200, first)
    assert [one["version"] for one in now_["items"]] == [3]
    older = await api.get("/v1/campaigns/nps/versions", params={"before": now_["next"]})
    assert [one["version"] for one in older.json()["items"]] == [1]
    assert (await api.get("/v1/campaigns/other/versions")).status_code == 404


async def test_a_copy_is_a_draft_under_another_id(api: httpx.AsyncClient) -> None:
    made = (await make(api, priority=7)).json()
    await api.post("/v1/campaigns/nps/activate")

    copy = await api.post("/v1/campaigns/nps/duplicate", json={"id": "copy"})
    again = await api.post("/v1/campaigns/nps/duplicate", json={"id": "copy"})

    assert copy.status_code == 201, copy.text
    differ = {name for name, value in copy.json().items() if value != made[name]}
    assert differ == {"id", "name", "created_at", "changed_at"}
    assert (copy.json()["name"], again.status_code) == ("Relationship NPS (copy)", 409)


async def test_campaigns_are_found_by_kind_metric_brand_and_name(api: httpx.AsyncClient) -> None:
    await make(api)
    await make(api, id="app", name="In the APP", kind="in_app", metric="ces", brand_id="shop", schedule={})

    async def ids(**filters: str) -> list[str]:
        found = await api.get("/v1/campaigns", params=filters)
        return [one["id"] for one in found.json()["items"]]

    assert await ids() == ["app", "nps"]
    assert await ids(kind="in_app") == await ids(metric="ces") == await ids(brand_id="shop") == ["app"]
    assert await ids(q="the app") == await ids(q="app", kind="in_app") == ["app"]
    assert await ids(q=".*") == []


async def test_a_campaign_of_each_kind_is_told_with_its_part(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    parts: dict[str, dict[str, Any]] = {
        "transactional": {"trigger": {"type": "order.delivered", "delay_minutes": 60}},
        "in_app": {"in_app": {"every_days": 90}},
        "link": {"link": {"identified": True}},
        "one_time_email": {"schedule": {"starts_at": "2031-01-01T08:00:00Z"}},
    }
    for kind, part in parts.items():
        await start_campaign(scheduler, id=kind, kind=kind, **{"schedule": {}, **part})

    async def all_told() -> dict[str | None, Any]:
        events = await deployment.events(topics.SCHEDULER_CAMPAIGNS)
        found = {one.subject: one.data for one in events if one.data and one.data.state == "active"}
        assert set(found) == set(parts)
        return found

    told = await eventually(all_told)
    assert told["transactional"].trigger.delay_minutes == 60
    assert (told["in_app"].in_app.every_days, told["link"].link.identified) == (90, True)
    assert told["one_time_email"].schedule.starts_at.year == 2031


async def test_the_ledger_adds_up_and_each_number_is_a_list_of_people(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    people = [customer(f"c{number}") for number in range(4)]
    await deployment.publish(topics.PROFILE_CUSTOMERS, *people, customer("bob", tags=[]))
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("c0", 1, "unsubscribed"))
    for id_ in ("c1", "c2", "c3", "bob"):
        await until(scheduler, id_, reason="no-active-campaign")
    await until(scheduler, "c0", reason="unsubscribed")
    await start_campaign(scheduler)
    found = {one.customer_id: one for one in await requests(deployment, 3)}
    await deployment.publish(
        topics.OUTBOX_DISPATCHES,
        record(found["c1"], 1, "sent", sent_at=found["c1"].requested_at),
        record(found["c2"], 1, "bounced"),
    )

    async def counted() -> bool:
        body = (await scheduler.get("/v1/campaigns/nps/ledger")).json()
        entries = {name: one["by_rule"] for name, one in body["entries"].items() if one["count"]}
        assert entries == {
            "sent": {"sent": 1},
            "failed": {"bounced": 1},
            "due_later": {"on-its-way": 1},
            "suppressed": {"unsubscribed": 1},
        }
        return bool(body["audience"] == 4)

    await eventually(counted)
    (failed,) = (await scheduler.get("/v1/campaigns/nps/ledger/failed")).json()["items"]
    assert failed == {"customer_id": "c2", "rule": "bounced"}
    page = (await scheduler.get("/v1/campaigns/nps/ledger/sent", params={"limit": 1, "cycle": 1})).json()
    assert (page["items"][0]["customer_id"], page["next"]) == ("c1", "c1")
    assert (await scheduler.get("/v1/campaigns/other/ledger")).status_code == 404
