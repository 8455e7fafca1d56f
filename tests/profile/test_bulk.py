"""What others own, done for many: each customer once, whoever asks and wherever it stops; who could not be, and why."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from chassis import auth
from chassis.errors import Conflict, TooLarge, Unavailable
from chassis.mongo import Database, Transaction
from services.profile import jobs as loops
from services.profile.adapters.owners import Caller, Owners
from services.profile.jobs import step
from services.profile.main import build
from services.profile.settings import Settings
from services.profile.store.jobs import take_job
from tests.deployment import KEY, Deployment
from tests.profile.test_jobs import _people

NAMED = {"field": "company", "op": "eq", "value": "ACME"}


class Office(Owners):
    """Owners in this process: they remember whom they did what for, by key, and may be away."""

    def __init__(self) -> None:
        super().__init__({}, "the key")
        self.effects: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.dies_after = 10**9
        self.refuses: set[str] = set()

    async def ask(self, owner: str, path: str, body: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        if self.asked.total() >= self.dies_after:
            raise Unavailable("owner-away", f"{owner} cannot be reached; nothing was done. Try again soon.")
        key = str(caller.idempotency_key)
        self.asked[key] += 1
        if body.get("customer_id", path.split("/")[3]) in self.refuses:
            raise Conflict("customer-suppressed", "=It said no.")
        self.effects[key] = path
        return {}


@pytest.fixture
async def idle(deployment: Deployment) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    """A profile in which nobody works, with a key to ask others."""
    service = build(Settings(chassis=deployment.settings, owners_key=KEY))
    async with deployment.client(service, "streams", "relay") as client:
        yield client, service.database


async def _begun(profile: httpx.AsyncClient, **draft: Any) -> str:
    answer = await profile.post("/v1/jobs", json=draft)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _work(database: Database, office: Owners, holder: str, *, steps: int = 100) -> None:
    for _ in range(steps):
        job = await take_job(database, holder, 0)
        if job is None:
            return
        await step(database, office, job, holder)


async def _report(profile: httpx.AsyncClient, id_: str) -> list[list[str]]:
    content = (await profile.get(f"/v1/jobs/{id_}/report")).content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_f10_an_owner_is_asked_once_for_each_though_it_went_away_and_another_went_on(
    idle: tuple[httpx.AsyncClient, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, database = idle
    monkeypatch.setattr(loops, "ASKED_AT_ONCE", 4)
    await _people(profile, 10)
    everyone = [one["id"] for one in (await profile.get("/v1/customers")).json()["items"]]
    office = Office()
    office.refuses, office.dies_after = {everyone[2]}, 6
    id_ = await _begun(profile, kind="unsubscribe", ids=everyone[:9], note="asked by their company")

    await _work(database, office, "first", steps=2)
    waits = (await profile.get(f"/v1/jobs/{id_}")).json()
    office.dies_after = 10**9
    await _work(database, office, "second")

    assert (waits["state"], waits["looked_at"], "outbox cannot be reached" in waits["reason"]) == ("running", 4, True)
    done = (await profile.get(f"/v1/jobs/{id_}")).json()
    assert [done[name] for name in ("state", "total", "looked_at", "changed", "refused", "reason")] == [
        *("done", 9, 9, 8, 1, None),
    ]
    assert sorted(office.effects.values()) == sorted(
        f"/v1/customers/{one}/unsubscribe" for one in everyone[:9] if one != everyone[2]
    )
    assert max(office.asked.values()) == 2
    assert await _report(profile, id_) == [
        ["customer_id", "code", "reason"],
        [everyone[2], "customer-suppressed", "'=It said no."],
    ]
    for one, outcome in ((everyone[0], "done"), (everyone[2], "refused")):
        (entry,) = (await profile.get(f"/v1/customers/{one}/audit")).json()["items"]
        assert (entry["action"], entry["outcome"], entry["by"]) == ("bulk-unsubscribe", outcome, "test")


async def test_without_a_key_for_each_customer_an_owner_would_do_it_twice(
    idle: tuple[httpx.AsyncClient, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, database = idle
    await _people(profile, 6)
    office, made = Office(), iter(range(10**6))
    monkeypatch.setattr(office, "caller", lambda key: Caller("", f"{key}:{next(made)}"))
    await _begun(profile, kind="reset-last-survey")
    office.dies_after = 3

    await _work(database, office, "first", steps=1)
    office.dies_after = 10**9
    await _work(database, office, "second")

    assert len(office.effects) > 6


async def test_one_whom_a_rule_stands_against_does_not_hold_up_the_others(
    idle: tuple[httpx.AsyncClient, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, database = idle
    await _people(profile, 5)
    stubborn = (await profile.get("/v1/customers")).json()["items"][2]["id"]
    publish = Transaction.publish

    async def too_large(tx: Transaction, stream: Any, events: Any) -> None:
        every = list(events)
        if any(event.subject == stubborn for event in every):
            raise TooLarge("event-too-large", "the event would be too large")
        await publish(tx, stream, every)

    monkeypatch.setattr(Transaction, "publish", too_large)
    id_ = await _begun(profile, kind="edit", edit={"city": "Graz"})
    await _work(database, Office(), "one")

    done = (await profile.get(f"/v1/jobs/{id_}")).json()
    assert (done["state"], done["changed"], done["refused"]) == ("done", 4, 1)
    assert await _report(profile, id_) == [
        ["customer_id", "code", "reason"],
        [stubborn, "event-too-large", "the event would be too large"],
    ]


@pytest.mark.parametrize(
    ("draft", "status", "field"),
    [
        ({"kind": "send-survey"}, 422, "body"),
        ({"kind": "delete", "campaign_id": "nps"}, 422, "body"),
        ({"kind": "delete", "note": "why"}, 422, "body"),
        ({"kind": "delete", "ids": []}, 422, "ids"),
        ({"kind": "delete", "segment": "none"}, 422, "segment"),
        ({"kind": "unsubscribe"}, 422, "kind"),
    ],
)
async def test_what_makes_no_sense_or_cannot_be_asked_is_refused(
    profile: httpx.AsyncClient, draft: dict[str, Any], status: int, field: str
) -> None:
    refused = await profile.post("/v1/jobs", json=draft)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)


async def test_whoever_may_not_do_it_singly_may_not_do_it_for_many(deployment: Deployment) -> None:
    text, key = auth.make_key("editor", ["customers:*"])
    settings = deployment.settings.model_copy(update={"api_keys": (key,)})
    service = build(Settings(chassis=settings, owners_key=KEY))
    async with deployment.client(service, "relay") as profile:
        held = {"Authorization": f"Bearer {text}"}
        refused = await profile.post("/v1/jobs", json={"kind": "unsubscribe"}, headers=held)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
