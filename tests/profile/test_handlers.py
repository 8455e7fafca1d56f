"""What profile makes of the events that it reads, on real Kafka and MongoDB."""

import asyncio

import httpx
from sounding_contracts import topics
from sounding_contracts.envelope import decode
from sounding_contracts.integrations import CustomerSync

from chassis.clock import now
from services.profile.commands.customers import apply_syncs
from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment, sync_body
from tests.waiting import eventually


async def _found(profile: httpx.AsyncClient, email: str) -> dict[str, object]:
    answer = await profile.get("/v1/customers", params={"email": email})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return items[0] if items else {}


async def test_a_sync_event_becomes_a_customer_whom_others_are_told_of(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    body = sync_body(email="Ada@Example.com", first_name="Ada", tags={"add": ["nps"]}, properties={"plan": "pro"})
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, body)

    ada = await eventually(lambda: _found(profile, "ada@example.com"))

    assert (ada["first_name"], ada["email"], ada["source"]) == ("Ada", "Ada@Example.com", "crm")
    assert (ada["tags"], ada["properties"], ada["status"]) == (["nps"], {"plan": "pro"}, None)
    told = await eventually(lambda: deployment.events(topics.PROFILE_CUSTOMERS))
    assert [(event.seq, event.subject, event.data.first_name) for event in told] == [(1, ada["id"], "Ada")]


async def _field(profile: httpx.AsyncClient, email: str, name: str, wanted: object) -> bool:
    return (await _found(profile, email)).get(name) == wanted


async def test_what_is_left_out_stays_and_null_clears(deployment: Deployment, profile: httpx.AsyncClient) -> None:
    first = sync_body(email="a@example.com", first_name="Ada", city="Wien", time="2026-11-23T10:00:00Z")
    second = sync_body(city=None, company="ACME", time="2026-11-23T11:00:00Z")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, first, second)

    await eventually(lambda: _field(profile, "a@example.com", "company", "ACME"))
    ada = await _found(profile, "a@example.com")
    assert (ada["first_name"], ada["city"]) == ("Ada", None)


async def test_an_older_event_never_overwrites_a_newer_one(deployment: Deployment, profile: httpx.AsyncClient) -> None:
    newer = sync_body(email="a@example.com", first_name="New", time="2026-11-23T11:00:00Z")
    older = sync_body(first_name="Old", company="ACME", time="2026-11-23T10:00:00Z")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, newer, older)

    await eventually(lambda: _field(profile, "a@example.com", "company", "ACME"))
    assert (await _found(profile, "a@example.com"))["first_name"] == "New"


async def test_two_integrations_that_create_one_address_at_once_end_as_one_customer(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    for number in range(12):
        address = f"p{number}@example.com"
        crm = sync_body(source="crm", subject=f"c-{number}", email=address, first_name="Ada")
        shop = sync_body(source="shop", subject=f"s-{number}", email=address.upper(), company="ACME")
        await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, crm, key=f"c-{number}".encode(), partition=0)
        await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, shop, key=f"s-{number}".encode(), partition=1)

    for number in range(12):
        ids = {"crm": f"c-{number}", "shop": f"s-{number}"}
        await eventually(lambda: _field(profile, f"p{number}@example.com", "external_ids", ids))  # noqa: B023
    assert len((await profile.get("/v1/customers")).json()["items"]) == 12


async def _heard_at_once(deployment: Deployment, *bodies: bytes) -> dict[str, str]:
    """One batch in one transaction; afterwards, the addresses by the integration's id."""
    service = deployment.opened(build(Settings(chassis=deployment.settings)))
    await service.prepare()
    events = [decode(body, (), {CustomerSync.type: CustomerSync}) for body in bodies]
    await service.database.transact(lambda tx: apply_syncs(tx, events, now()))
    rows = await service.database.collection("customers").find().to_list(None)
    deployment.close()
    return {row["external_ids"]["crm"]: row["canonical_email"] for row in rows}


async def test_an_address_is_given_up_and_taken_in_one_batch(deployment: Deployment) -> None:
    before = await _heard_at_once(deployment, sync_body(subject="c-1", email="a@example.com"))
    moved = await _heard_at_once(
        deployment,
        sync_body(subject="c-1", email=None, deleted=True, time="2026-11-23T11:00:00Z"),
        sync_body(subject="c-2", email="A@example.com", time="2026-11-23T12:00:00Z"),
        sync_body(subject="c-3", email="c@example.com", time="2026-11-23T12:00:00Z"),
    )

    assert before == {"c-1": "a@example.com"}
    assert moved == {"c-1": None, "c-2": "a@example.com", "c-3": "c@example.com"}


async def test_two_customers_exchange_their_addresses_in_one_batch(deployment: Deployment) -> None:
    await _heard_at_once(
        deployment, sync_body(subject="c-1", email="a@example.com"), sync_body(subject="c-2", email="b@example.com")
    )
    exchanged = await _heard_at_once(
        deployment,
        sync_body(subject="c-1", email=None, time="2026-11-23T11:00:00Z"),
        sync_body(subject="c-2", email="a@example.com", time="2026-11-23T12:00:00Z"),
        sync_body(subject="c-1", email="b@example.com", time="2026-11-23T13:00:00Z"),
    )

    assert exchanged == {"c-1": "b@example.com", "c-2": "a@example.com"}


async def _letters(profile: httpx.AsyncClient) -> list[dict[str, str]]:
    items: list[dict[str, str]] = (await profile.get("/v1/dead-letters")).json()["items"]
    return items


async def test_an_event_that_claims_two_customers_is_put_aside_with_both_ids_and_can_be_replayed(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    one = sync_body(subject="c-1", email="one@example.com")
    two = sync_body(subject="c-2", email="two@example.com")
    both = sync_body(subject="c-1", email="two@example.com", time="2026-11-23T12:00:00Z")
    after = sync_body(subject="c-3", email="three@example.com")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, one, two, both, after)

    await eventually(lambda: _found(profile, "three@example.com"))
    (letter,) = await eventually(lambda: _letters(profile))
    for address in ("one@example.com", "two@example.com"):
        assert str((await _found(profile, address))["id"]) in letter["reason"]

    path = f"/v1/dead-letters/{letter['id']}"
    assert (await profile.post(f"{path}/replay")).status_code == 409
    freed = sync_body(subject="c-2", email="other@example.com", time="2026-11-23T13:00:00Z")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, freed)
    await eventually(lambda: _found(profile, "other@example.com"))
    assert (await profile.post(f"{path}/replay")).json()["state"] == "replayed"
    assert (await _found(profile, "two@example.com"))["external_ids"] == {"crm": "c-1"}


async def test_a_property_of_another_type_is_put_aside_and_named(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    first = sync_body(subject="c-1", email="a@example.com", properties={"seats": 5})
    wrong = sync_body(subject="c-2", email="b@example.com", properties={"seats": "many"})
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, first, wrong)

    (letter,) = await eventually(lambda: _letters(profile))
    assert letter["reason"] == "data.properties.seats: seats holds a number, not a text"


async def test_f26_of_two_edits_of_one_version_one_is_done_and_one_refused(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, sync_body(email="a@example.com"))
    ada = await eventually(lambda: _found(profile, "a@example.com"))
    edit = {"headers": {"If-Match": '"1"'}}

    answers = await asyncio.gather(
        *(profile.patch(f"/v1/customers/{ada['id']}", json={"city": city}, **edit) for city in ("Wien", "Graz"))  # type: ignore[arg-type]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert next(a for a in answers if a.status_code == 412).json()["current_version"] == 2


async def test_f27_one_idempotency_key_has_one_effect_and_one_answer(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, sync_body(email="a@example.com"))
    ada = await eventually(lambda: _found(profile, "a@example.com"))
    path, key = f"/v1/customers/{ada['id']}", {"Idempotency-Key": "k-1"}

    answers = await asyncio.gather(*(profile.patch(path, json={"city": "Wien"}, headers=key) for _ in range(5)))
    other = await profile.patch(path, json={"city": "Graz"}, headers=key)

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["version"] for answer in answers} == {2}
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_who_has_no_key_learns_nothing(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/customers", headers={"Authorization": "Bearer snd_wrong_key"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
