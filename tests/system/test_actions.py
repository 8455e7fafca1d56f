"""What the profile page does with what other services own: each asked over HTTP, with one answer."""

import json
import re
from typing import Any

import httpx
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import KEY, sync_body
from tests.system.house import House, publish_as_a_stranger, start_campaign
from tests.waiting import PATIENCE_SECONDS, eventually

ADA = "ada@example.com"


async def _ada(house: House, *tags: str, **more: Any) -> str:
    """A customer whom every service knows; its id."""
    publish_as_a_stranger(house, sync_body(email=ADA, first_name="Ada", tags=list(tags), **more), "c-1")
    ada = await eventually(lambda: house.customer(ADA))

    async def known() -> bool:
        asked = await house.scheduler.get(f"/v1/customers/{ada['id']}/next-survey")
        return asked.status_code == 200

    await eventually(known)
    id_: str = ada["id"]
    return id_


async def _audit(house: House, id_: str) -> list[tuple[str, str, str | None]]:
    items = (await house.profile.get(f"/v1/customers/{id_}/audit")).json()["items"]
    return [(item["action"], item["outcome"], item["code"]) for item in items]


async def _shows(house: House, id_: str, **wanted: Any) -> bool:
    shown = (await house.profile.get(f"/v1/customers/{id_}")).json()
    return {name: shown[name] for name in wanted} == wanted


async def test_unsubscribed_at_the_profile_nothing_is_sent_until_resubscribed(house: House) -> None:
    await start_campaign(house)
    id_ = await _ada(house)
    path = f"/v1/customers/{id_}"

    no = await house.profile.post(f"{path}/unsubscribe", json={"note": "asked by phone"})
    refused = await house.profile.post(f"{path}/send-survey", json={"campaign_id": "relationship-nps"})

    assert (no.status_code, no.json()["status"], no.json()["evidence"]["actor"]) == (200, "unsubscribed", "test")
    await eventually(lambda: _shows(house, id_, status="unsubscribed"))
    assert refused.status_code in {202, 409}
    yes = await house.profile.post(f"{path}/resubscribe", json={})
    assert (yes.status_code, yes.json()["status"]) == (200, None)
    await eventually(lambda: _shows(house, id_, status=None))
    assert house.mailbox.to(ADA) == []
    assert [entry[0] for entry in await _audit(house, id_)] == ["resubscribe", "send-survey", "unsubscribe"]


async def test_a_survey_by_hand_is_sent_once_and_its_answer_shows(house: House) -> None:
    await start_campaign(house)
    id_ = await _ada(house)
    path, body, key = f"/v1/customers/{id_}", {"campaign_id": "relationship-nps"}, {"Idempotency-Key": "one"}

    sent = [await house.profile.post(f"{path}/send-survey", json=body, headers=key) for _ in range(2)]
    again = await house.profile.post(f"{path}/send-survey", json=body)

    assert [answer.status_code for answer in (*sent, again)] == [202, 202, 409]
    assert again.json()["held_by"] == "awaiting-outcome"
    assert sent[0].json() == sent[1].json()
    (mail,) = await eventually(lambda: house.mailbox.to(ADA))
    page = await house.page_in(mail)
    await house.feedback.post(page, data={"score": "6"})
    await eventually(lambda: _shows(house, id_, last_score=6))
    assert len(house.mailbox.to(ADA)) == 1
    (record,) = (await house.outbox.get("/v1/dispatches", params={"customer_id": id_})).json()["items"]
    assert record["how_sent"] == "manually"
    assert (await _audit(house, id_))[0] == ("send-survey", "refused", "survey-under-way")


async def test_feedback_from_outside_and_a_reset_show_in_the_profile(house: House) -> None:
    id_ = await _ada(house)
    path = f"/v1/customers/{id_}"

    added = await house.profile.post(f"{path}/feedback", json={"metric": "nps", "score": 3, "comment": "On the phone"})
    reset = await house.profile.post(f"{path}/reset-last-survey")
    wrong = await house.profile.post(f"{path}/feedback", json={"metric": "csat", "score": 9})

    assert (added.status_code, added.json()["score_class"], added.json()["added_by"]) == (201, "detractor", "test")
    await eventually(lambda: _shows(house, id_, last_score=3, score_trend=[3]))
    await house.profile.post(f"{path}/feedback", json={"metric": "csat", "score": 5})
    await eventually(lambda: _shows(house, id_, score_trend=[3, 5], score_classes=["detractor", "satisfied"]))
    assert (reset.status_code, reset.json()["last_survey_at"]) == (200, None)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "score")


async def test_many_are_unsubscribed_resubscribed_and_reset_in_the_background(house: House) -> None:
    await start_campaign(house)
    ada = await _ada(house, "some")
    publish_as_a_stranger(house, sync_body(subject="c-2", email="bob@example.com", tags=["some"]), "c-2")
    bob = (await eventually(lambda: house.customer("bob@example.com")))["id"]

    async def known() -> bool:
        path = f"/v1/customers/{bob}/next-survey"
        return (await house.scheduler.get(path)).status_code == 200

    await eventually(known)
    some = {"field": "tags", "op": "has", "value": "some"}

    for kind, status in (("unsubscribe", "unsubscribed"), ("resubscribe", None), ("reset-last-survey", None)):
        begun = await house.profile.post("/v1/jobs", json={"kind": kind, "filter": some})
        assert begun.status_code == 202, begun.text
        job = str(begun.json()["id"])
        done = await eventually(lambda job=job: _ended(house, job))  # type: ignore[misc]
        assert [done[name] for name in ("state", "changed", "refused")] == ["done", 2, 0]
        for one in (ada, bob):
            await eventually(lambda one=one, status=status: _shows(house, one, status=status))  # type: ignore[misc]

    assert [entry[0] for entry in await _audit(house, bob)] == [
        *("bulk-reset-last-survey", "bulk-resubscribe", "bulk-unsubscribe"),
    ]


async def _ended(house: House, id_: str) -> dict[str, Any]:
    job: dict[str, Any] = (await house.profile.get(f"/v1/jobs/{id_}")).json()
    return job if job["state"] in {"done", "failed"} else {}


async def _counted(house: House, id_: str) -> dict[str, Any]:
    """What is held of a customer once the figures have been brought up to it."""
    held: dict[str, Any] = (await house.profile.get(f"/v1/customers/{id_}/held")).json()["services"]
    return held if "to_count" not in held["feedback"] else {}


async def test_f53_who_is_erased_is_forgotten_everywhere_and_never_surveyed_again(house: House) -> None:
    await start_campaign(house)
    id_ = await _ada(house, time="2026-11-23T10:00:00Z")
    await house.profile.post(f"/v1/customers/{id_}/feedback", json={"metric": "nps", "score": 9, "comment": "I am Ada"})
    await eventually(lambda: _shows(house, id_, last_score=9))
    held = (await house.profile.get(f"/v1/customers/{id_}/held")).json()["services"]
    assert [held[name]["customers"][0]["_id"] for name in ("profile", "scheduler", "feedback")] == [id_] * 3
    assert (held["outbox"]["recipients"][0]["email"], held["feedback"]["responses"][0]["comment"]) == (ADA, "I am Ada")

    export = await house.profile.get(f"/v1/customers/{id_}/export")
    assert export.json()["services"]["feedback"]["responses"] == held["feedback"]["responses"]
    assert export.headers["content-disposition"] == 'attachment; filename="customer.json"'
    erased = await house.profile.post(f"/v1/customers/{id_}/erase")
    publish_as_a_stranger(house, sync_body(email=ADA, tags=["nps"], time="2026-11-23T11:00:00Z"), "c-1")
    publish_as_a_stranger(house, sync_body(subject="c-9", email="bob@example.com", tags=["nps"]), "c-1")

    assert (erased.status_code, erased.json()["held_before"]["feedback"]["responses"]) == (200, 1)
    await eventually(lambda: house.mailbox.to("bob@example.com"))
    assert await house.customer(ADA) == {}
    assert (await house.profile.get(f"/v1/customers/{id_}")).status_code == 404
    assert await _audit(house, id_) == [
        ("erase", "done", None),
        ("unsubscribe", "done", None),
        ("add-feedback", "done", None),
    ]
    (answer,) = (await house.feedback.get("/v1/responses", params={"customer_id": id_})).json()["items"]
    assert (answer["score"], answer["comment"]) == (9, None)

    left = await eventually(lambda: _counted(house, id_))
    assert {name: set(held) for name, held in left.items()} == {
        "profile": {"audit", "answers"},
        "scheduler": {"customers", "answers", "looks"},
        "outbox": {"gates"},
        "feedback": {"people", "responses", "audit"},
    }
    assert not re.search(r"\bada\b|example", json.dumps(left), re.IGNORECASE)

    report = (await house.profile.get(f"/v1/customers/{id_}/erasure")).json()
    assert report["held_before"] == erased.json()["held_before"]
    assert report["left"] == {
        name: {kind: len(documents) for kind, documents in found.items()} for name, found in left.items()
    }
    later = sync_body(email=ADA, tags=["nps"], time="2099-01-01T00:00:00Z")
    publish_as_a_stranger(house, later, "c-1")
    back = await eventually(lambda: house.customer(ADA))
    await eventually(lambda: _shows(house, back["id"], status="unsubscribed"))
    assert back["id"] != id_
    assert house.mailbox.to(ADA) == []
    told = [event for event in await house.deployment.events(topics.PROFILE_CUSTOMERS) if event.subject == id_]
    assert told[-1].data is None


async def test_where_the_owner_is_away_nothing_is_done_and_that_is_said(house: House) -> None:
    id_ = await _ada(house)
    away = build(Settings(chassis=house.deployment.settings, outbox_url="http://127.0.0.1:9"))
    async with house.deployment.client(away, "http") as profile:
        for action in ("unsubscribe", "erase"):
            answer = await profile.post(f"/v1/customers/{id_}/{action}", json={})
            assert (answer.status_code, answer.json()["code"]) == (503, "owner-away")

    assert (await house.profile.get(f"/v1/customers/{id_}")).status_code == 200
    assert await _audit(house, id_) == [("unsubscribe", "asked", None)] * 2


async def test_strangers_and_unknown_customers_are_refused_before_anyone_is_asked(house: House) -> None:
    for key, status in (("nobody", 401), (KEY, 404)):
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            base_url=house.profile.base_url, headers=headers, timeout=PATIENCE_SECONDS
        ) as client:
            answer = await client.post("/v1/customers/nobody/unsubscribe", json={})

        assert answer.status_code == status
