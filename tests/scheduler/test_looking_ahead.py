"""What people see before and after they decide: counts, why and when, a dry run, how far dates have followed."""

from typing import Any

import httpx
from sounding_contracts import topics

from chassis.clock import now
from tests.deployment import Deployment
from tests.scheduler.events import NPS, customer, deliverability, start_campaign, until
from tests.waiting import eventually

SCHEDULE = {"first_after_days": 5, "every_days": 90}


async def asked(scheduler: httpx.AsyncClient, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = await scheduler.request(method, path, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_audience_is_counted_and_a_campaign_tried_before_it_runs(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    people = [*(customer(f"c{number}") for number in range(5)), customer("other", tags=["none"])]
    await deployment.publish(topics.PROFILE_CUSTOMERS, *people)
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("c1", 1, "unsubscribed"))
    assert (await scheduler.post("/v1/campaigns", json={**NPS, "daily_cap": 3})).status_code == 201

    async def all_known() -> dict[str, Any]:
        counted = await asked(scheduler, "POST", "/v1/audiences/count", json={"audience": NPS["audience"]})
        assert counted["count"] == 5
        return counted

    counted = await eventually(all_known)
    await until(scheduler, "c1", reason="unsubscribed")
    assert counted["exact"] is True
    assert {one["matched"][0]["value"] for one in counted["samples"]} == {"nps"}

    tried = await asked(scheduler, "POST", "/v1/campaigns/nps/dry-run")
    assert (tried["audience"], tried["total"], tried["first_day"], tried["exact"]) == (5, 4, 3, True)
    assert [one["count"] for one in tried["sends"]][:3] == [3, 1, 0]
    assert tried["nothing"] == [{"by": "unsubscribed", "count": 1, "samples": ["c1"]}]
    assert tried["held"] == [{"by": "daily-cap", "count": 1, "samples": []}]

    changed = await asked(scheduler, "POST", "/v1/campaigns/nps/dry-run?days=7", json={"schedule": SCHEDULE})
    assert (changed["first_day"], changed["total"], len(changed["sends"])) == (0, 4, 7)
    kept = await asked(scheduler, "GET", "/v1/campaigns/nps")
    assert (kept["state"], kept["schedule"]["first_after_days"]) == ("draft", 0)


async def test_what_cannot_be_counted_or_tried_is_named(api: httpx.AsyncClient) -> None:
    wrong = await api.post("/v1/audiences/count", json={"audience": {"field": "tag", "op": "has", "value": "a"}})
    unknown = await api.post("/v1/campaigns/none/dry-run")

    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "audience.field")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "campaign-not-found")


async def test_each_campaign_says_which_clauses_hold_and_what_delays_it(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    hour = now().hour
    far = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "from_minute": (hour + 12) % 24 * 60, "to_minute": (hour + 13) % 24 * 60}
    both = {"all": [NPS["audience"], {"field": "city", "op": "eq", "value": "Graz"}]}
    await start_campaign(scheduler, send_window=far)
    await start_campaign(scheduler, id="graz", audience=both)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada", city="Wien"))

    found = await until(scheduler, "ada", kind="dated", campaign_id="nps")

    by_id = {one["campaign_id"]: one for one in found["campaigns"]}
    assert [(one["field"], one["value"], one["holds"]) for one in by_id["graz"]["clauses"]] == [
        ("tags", "nps", True),
        ("city", "Graz", False),
    ]
    assert by_id["graz"]["unmet"] == ["audience.all.1"]
    assert [one["by"] for one in by_id["nps"]["holds"]] == by_id["nps"]["held_by"] == ["send-window"]
    assert by_id["nps"]["holds"][0]["until"] == by_id["nps"]["at"] == found["at"]


async def test_how_far_the_dates_have_followed_a_change_is_told(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler, schedule=SCHEDULE)
    await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(f"c{number}") for number in range(30)))
    await until(scheduler, "c29", reason="first")

    before = await asked(scheduler, "GET", "/v1/recalculations")
    edited = await scheduler.patch("/v1/campaigns/nps", json={"schedule": {"first_after_days": 6}})
    assert edited.status_code == 200

    async def finished() -> dict[str, Any]:
        found = await asked(scheduler, "GET", "/v1/recalculations")
        assert found["finished"]
        return found

    after = await eventually(finished)
    assert after["version"] == before["version"] + 1
    assert (after["customers"], after["done"], after["left"]) == (30, 30, 0)
    assert after["changed_at"] > before["changed_at"]
