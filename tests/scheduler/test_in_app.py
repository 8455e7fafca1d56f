"""Surveys in an app: shown to whom the app's server vouches for, as often as the campaign says, and public links."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sounding_contracts import topics

from chassis.clock import now
from chassis.tokens import Links
from services.scheduler.domain.identity import signature_of
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.scheduler.events import answer, customer, deliverability, requests, start_campaign, until
from tests.waiting import eventually

SECRET, ORIGIN = "app-secret", "https://app.example"
APP = {
    "id": "app",
    "name": "In the app",
    "kind": "in_app",
    "metric": "ces",
    "audience": {},
    "schedule": {},
    "in_app": {"max_shown": 2},
    "questions": {"en": {"question": "How easy was it?"}, "fr": {"question": "Facile ?"}},
}


@pytest.fixture
async def app(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A scheduler that knows an app's secret."""
    keys = {"*": (SecretStr(SECRET),), "changing": (SecretStr("old"), SecretStr("new"))}
    settings = Settings(chassis=deployment.settings, in_app_secrets=keys, in_app_origins=(ORIGIN,))
    async with deployment.client(build(settings)) as client:
        yield client


async def visit(app: httpx.AsyncClient, user: str = "7", **more: Any) -> dict[str, Any]:
    signed = {"user_id": user, "signature": signature_of(user, SECRET)}
    found = await app.post("/in-app/v1/survey", json={**signed, **more})
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def say(app: httpx.AsyncClient, what: str, survey: dict[str, Any]) -> httpx.Response:
    return await app.post(f"/in-app/v1/{what}", json={"show": survey["show"]})


def jwt(subject: str, until: float, secret: str = SECRET, alg: str = "HS256") -> str:
    parts = [json.dumps({"alg": alg}), json.dumps({"sub": subject, "exp": until})]
    text = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    mark = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


async def test_a_survey_is_shown_claimed_once_and_over_when_answered(
    deployment: Deployment, app: httpx.AsyncClient
) -> None:
    ada = customer("ada", external_ids={"app": "7"}, language="fr-CA")
    await deployment.publish(topics.PROFILE_CUSTOMERS, ada, customer("bob"))
    await until(app, "ada", reason="no-active-campaign")
    await start_campaign(app, **APP)
    await until(app, "ada", kind="scheduled")

    survey = (await visit(app))["survey"]
    assert (survey["language"], survey["questions"]["question"], survey["metric"]) == ("fr", "Facile ?", "ces")
    shown = [await say(app, "shown", survey) for _ in range(2)]
    (request,) = await requests(deployment, 1)

    assert [one.json()["shown"] for one in shown] == [1, 2]
    assert (request.customer_id, request.channel, request.reason, request.cycle) == ("ada", "in_app", "in_app", 1)
    links = Links(deployment.settings.signing_keys)
    assert links.read("survey", survey["survey_token"]) == request.dispatch_id
    assert survey["url"].endswith(f"/s/{survey['survey_token']}")
    assert (await visit(app))["reason"] == "already-asked"
    assert (await visit(app, "bob"))["survey"]["language"] == "en"
    assert (await visit(app, "nobody"))["reason"] == "customer-not-known"


async def test_who_dismissed_answered_or_unsubscribed_is_left_alone(
    deployment: Deployment, app: httpx.AsyncClient
) -> None:
    people = ("ada", "bob", "eve")
    await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, people))
    await start_campaign(app, **{**APP, "in_app": {"max_shown": 9}})
    for id_ in people:
        await until(app, id_, kind="scheduled")
    surveys = {id_: (await visit(app, id_))["survey"] for id_ in people}
    early = await say(app, "dismissed", surveys["ada"])
    for id_ in ("ada", "bob"):
        assert (await say(app, "shown", surveys[id_])).status_code == 200
        assert (await visit(app, id_))["survey"] is not None
    dismissed = await say(app, "dismissed", surveys["ada"])
    dispatch_id = next(one.dispatch_id for one in await requests(deployment, 2) if one.customer_id == "bob")
    await deployment.publish(topics.FEEDBACK_RESPONSES, answer("bob", 5, dispatch_id=dispatch_id))
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("eve", 1, "unsubscribed"))

    async def reasons() -> bool:
        found = [(await visit(app, id_))["reason"] for id_ in people]
        assert found == ["already-asked", "already-asked", "unsubscribed"]
        return True

    await eventually(reasons)
    assert (early.status_code, dismissed.json()["dismissed"]) == (409, True)
    assert (await say(app, "shown", surveys["eve"])).status_code == 409
    assert (await app.post("/in-app/v1/shown", json={"show": "made up"})).status_code == 422


async def test_only_what_the_apps_server_signed_is_believed(app: httpx.AsyncClient) -> None:
    soon = now().timestamp() + 60
    wrong: list[dict[str, Any]] = [
        {"user_id": "8", "signature": signature_of("7", SECRET)},
        {"user_id": "7", "signature": signature_of("7", "other")},
        {"token": jwt("7", soon, "other")},
        {"token": jwt("7", soon - 3600)},
        {"token": jwt("7", soon, alg="none")},
        {"token": "a.b"},
    ]

    answers = [await app.post("/in-app/v1/survey", json=one, headers={"Origin": ORIGIN}) for one in [*wrong, {}]]
    codes = [one.status_code for one in answers]
    right = await app.post("/in-app/v1/survey", json={"token": jwt("7", soon)}, headers={"Origin": ORIGIN})
    foreign = await app.options("/in-app/v1/survey", headers={"Origin": "https://evil.example"})
    asked = await app.options("/in-app/v1/survey", headers={"Origin": ORIGIN})

    assert codes == [401] * len(wrong) + [422]
    assert {one.headers["access-control-allow-origin"] for one in answers} == {ORIGIN}, "a page reads refusals too"
    assert (right.status_code, right.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (204, "content-type")
    assert "access-control-allow-origin" not in foreign.headers
    assert (await app.post("/in-app/v1/survey", json={"user_id": "7"})).status_code == 422


async def test_a_link_campaign_has_a_signed_link_for_anyone_or_for_one(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    await until(scheduler, "ada", reason="no-active-campaign")
    link = {"kind": "link", "schedule": {}, "audience": {}}
    await start_campaign(scheduler, **link, id="open")
    await start_campaign(scheduler, **link, id="named", link={"identified": True})

    async def get(id: str, **query: str) -> httpx.Response:
        return await scheduler.get(f"/v1/campaigns/{id}/link", params=query)

    links = Links(deployment.settings.signing_keys)
    anyone, ada = (await get("open")).json(), (await get("named", customer_id="ada")).json()
    tried = (await scheduler.get("/v1/campaigns/open/preview", params={"language": "de"})).json()["url"]
    assert links.read("preview", tried.rpartition("/s/")[2].removesuffix("?language=de")) == "open"
    assert links.read("link", anyone["url"].rpartition("/l/")[2]) == "|open"
    assert links.read("link", ada["url"].rpartition("/l/")[2]) == "ada|named"
    wrong = [await get("open", customer_id="ada"), await get("named"), await get("named", customer_id="bob")]
    assert [one.status_code for one in wrong] == [422, 422, 404]
    await until(scheduler, "ada", reason="by-link", kind="none")


async def test_while_a_key_is_changed_both_are_taken_and_none_is_shown(app: httpx.AsyncClient) -> None:
    codes = []
    for secret in ("old", "new", SECRET):
        signed = {"user_id": "7", "signature": signature_of("7", secret), "brand_id": "changing"}
        codes.append((await app.post("/in-app/v1/survey", json=signed)).status_code)
    found = await app.get("/v1/in-app")

    assert codes == [200, 200, 401]
    assert [(one["brand_id"], len(one["fingerprints"])) for one in found.json()["keys"]] == [("*", 1), ("changing", 2)]
    assert (found.json()["source"], found.json()["origins"]) == ("app", [ORIGIN])
    assert SECRET not in found.text


def test_one_key_may_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDING_SCHEDULER_IN_APP_SECRETS", '{"*": "one", "b": ["old", "new"]}')
    monkeypatch.setenv("SOUNDING_KAFKA", "nowhere:1")
    monkeypatch.setenv("SOUNDING_MONGODB", "mongodb://nowhere")

    assert [len(Settings().in_app_secrets[name]) for name in ("*", "b")] == [1, 2]
