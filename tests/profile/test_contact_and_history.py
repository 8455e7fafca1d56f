"""Numbers, places, languages and zones by their standards, the same by every way in; the history of each field."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment, sync_body
from tests.waiting import eventually

SAID = {"phone": "0664 / 123 45 67", "country": "Österreich", "state": "Steiermark", "language": "de_at"}
MEANT = {
    "phone": "0664 / 123 45 67",
    "phone_e164": "+436641234567",
    "country": "AT",
    "country_name": "Austria",
    "state": "Steiermark",
    "state_code": "AT-6",
    "state_name": "Steiermark",
    "language": "de-AT",
}


async def _found(profile: httpx.AsyncClient, email: str) -> dict[str, Any]:
    items = (await profile.get("/v1/customers", params={"email": email})).json()["items"]
    return items[0] if items else {}


async def test_every_way_in_reads_the_same_and_tells_others(deployment: Deployment, profile: httpx.AsyncClient) -> None:
    made = (await profile.post("/v1/customers", json={"email": "hand@example.com", **SAID})).json()
    await deployment.publish_raw(
        topics.INTEGRATIONS_CUSTOMERS, sync_body(email="sync@example.com", timezone="Wien", **SAID)
    )
    synced = await eventually(lambda: _found(profile, "sync@example.com"))

    for shown in (made, synced):
        assert {name: shown[name] for name in MEANT} == MEANT
    assert (made["unrecognised"], synced["unrecognised"], synced["timezone"]) == ([], ["timezone"], "Wien")
    told = await eventually(lambda: _told(deployment, 2))
    assert {(one.phone_e164, one.country, one.state_code, one.language) for one in told} == {
        ("+436641234567", "AT", "AT-6", "de-AT")
    }
    for field, value in (("phone_e164", "+436641234567"), ("state_code", "AT-6"), ("country", "AT")):
        clause = {"filter": {"field": field, "op": "eq", "value": value}}
        assert (await profile.post("/v1/customers/count", json=clause)).json()["count"] == 2


async def _told(deployment: Deployment, count: int) -> list[Any]:
    told = [event.data for event in await deployment.events(topics.PROFILE_CUSTOMERS)]
    return told if len(told) == count else []


@pytest.mark.parametrize(("field", "value"), [("language", "Klingonish"), ("timezone", "Wien")])
async def test_whoever_types_what_is_none_is_told_so(api: httpx.AsyncClient, field: str, value: str) -> None:
    refused = await api.post("/v1/customers", json={field: value})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_a_number_is_read_anew_when_the_country_becomes_known(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v1/customers", json={"phone": "0664 1234567"})).json()
    moved = (await api.patch(f"/v1/customers/{made['id']}", json={"country": "AT"})).json()

    assert (made["phone_e164"], made["unrecognised"]) == (None, ["phone"])
    assert (moved["phone_e164"], moved["phone"]) == ("+436641234567", "0664 1234567")


async def test_each_field_tells_what_it_was_when_and_from_where_until_the_person_is_erased(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    hand = {"email": "a@example.com", "city": "Graz", "tags": ["nps"], "properties": {"plan": "pro"}}
    made = (await profile.post("/v1/customers", json=hand)).json()
    path = f"/v1/customers/{made['id']}"
    await profile.patch(path, json={"city": "Linz", "tags": {"add": ["vip"]}, "properties": {"plan": "free"}})
    await deployment.publish_raw(
        topics.INTEGRATIONS_CUSTOMERS, sync_body(email="a@example.com", city="Wien", time=None)
    )

    async def all_there() -> dict[str, list[dict[str, Any]]]:
        fields = (await profile.get(f"{path}/history")).json()["fields"]
        by_name = {field["field"]: field["values"] for field in fields}
        return by_name if len(by_name["city"]) == 3 else {}

    fields = await eventually(all_there)
    assert [(one["value"], one["by"]) for one in fields["city"]] == [
        ("Wien", "crm"),
        ("Linz", "user:test"),
        ("Graz", "user:test"),
    ]
    assert [one["value"] for one in fields["tags"]] == [["nps", "vip"], ["nps"]]
    assert [one["value"] for one in fields["properties.plan"]] == ["free", "pro"]
    only = (await profile.get(f"{path}/history", params={"field": "city"})).json()["fields"]
    assert [one["field"] for one in only] == ["city"]
    held = (await profile.get(f"/v1/held/{made['id']}")).json()
    assert held["history"][0]["fields"]["city"][0][0] == "Graz"
    assert (await profile.get("/v1/customers/nobody/history")).status_code == 404


async def test_all_of_general_data_is_in_one_answer(deployment: Deployment) -> None:
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "relay") as profile:
        hand = {"first_name": "Ada", "tags": ["nps"], "properties": {"seats": 5, "since": "2026-01-01"}}
        made = (await profile.post("/v1/customers", json=hand)).json()
        new = {"sent": 0, "delivered": 0, "opened": 0, "responded": 0, "response_rate": None, "response_rate_of": None}
        assert (made["status"], made["last_score"], made["next_survey"], made["delivery_stats"]) == (
            None,
            None,
            None,
            new,
        )
        at = datetime(2026, 11, 30, 9, tzinfo=UTC)
        survey = {"kind": "dated", "at": at, "campaign_name": "NPS", "reason": "recurring", "last_survey_at": at}
        scheduled = {"kind": "scheduled", "reason": "triggered"}
        rows = service.database.collection("customers")
        shown = []
        for next_survey in (survey, scheduled):
            known = {
                "scores": [9, 3],
                "last_score": 3,
                "deliverability": {"status": "hard_bounced", "evidence": {"smtp_reply": "550 no such user"}},
                "delivery_stats": {**new, "sent": 2, "responded": 1, "response_rate": 50.0, "response_rate_of": "sent"},
                "next_survey": next_survey,
            }
            await rows.update_one({"_id": made["id"]}, {"$set": known})
            shown.append((await profile.get(f"/v1/customers/{made['id']}")).json())

    first, second = shown
    assert (first["source_label"], first["property_types"]) == ("Manually", {"seats": "number", "since": "date"})
    assert (first["next_survey"]["shown"], second["next_survey"]["shown"]) == ("2026-11-30", "Scheduled")
    assert first["last_survey_at"] == "2026-11-30T09:00:00Z"
    assert (first["status"], first["deliverability"]["evidence"]["smtp_reply"]) == ("hard_bounced", "550 no such user")
    assert (first["last_score"], first["score_trend"], first["delivery_stats"]["response_rate_of"]) == (
        3,
        [9, 3],
        "sent",
    )
    assert first["score_classes"] == [None, None]
