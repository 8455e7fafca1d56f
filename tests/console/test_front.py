"""One origin in front of the services: who may what, in whose name, and what is said when a service is away."""

import asyncio

import httpx
import pytest

from chassis.ids import new_id
from tests.console.house import House, Person


@pytest.fixture(scope="module")
async def admin(house: House) -> Person:
    return await house.person("ada@example.com", "admin")


@pytest.fixture(scope="module")
async def viewer(house: House) -> Person:
    return await house.person("vera@example.com", "viewer")


@pytest.fixture(scope="module")
async def agent(house: House) -> Person:
    return await house.person("agnes@example.com", "agent")


async def _made(admin: Person, **fields: object) -> httpx.Response:
    return await admin.ask("POST", "/api/profile/v1/customers", json={"email": f"{new_id()}@example.com", **fields})


async def test_a_change_is_made_in_the_name_of_who_is_signed_in(admin: Person) -> None:
    made = (await _made(admin)).json()

    audit = (await admin.ask("GET", f"/api/profile/v1/customers/{made['id']}/audit")).json()["items"]

    assert [(entry["action"], entry["by"]) for entry in audit] == [("create", "ada@example.com")]


async def test_bodies_versions_and_refusals_are_the_services_own(admin: Person) -> None:
    made = await _made(admin, first_name="Ada")
    got = await admin.ask("GET", f"/api/profile/v1/customers/{made.json()['id']}")
    stale = await admin.client.patch(
        f"/api/profile/v1/customers/{made.json()['id']}",
        json={"first_name": "Bea"},
        headers={"X-CSRF-Token": admin.csrf, "If-Match": '"99"'},
    )
    wrong = await admin.ask("POST", "/api/profile/v1/customers", json={"emial": "x@example.com"})

    assert got.headers["etag"] == '"1"'
    assert got.headers["cache-control"] == "no-store"
    assert stale.status_code == 412
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "emial"
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.json()["request_id"] == wrong.headers["x-request-id"]


async def test_the_same_idempotency_key_is_one_customer_though_each_request_has_its_own_pass(admin: Person) -> None:
    headers = {"X-CSRF-Token": admin.csrf, "Idempotency-Key": new_id()}
    body = {"email": f"{new_id()}@example.com"}

    answers = [await admin.client.post("/api/profile/v1/customers", json=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


async def test_a_role_may_what_it_may_and_is_told_which_one_may_more(
    admin: Person, agent: Person, viewer: Person
) -> None:
    customer = (await _made(admin)).json()
    at = f"/api/profile/v1/customers/{customer['id']}"

    assert (await viewer.ask("GET", at)).status_code == 200
    assert (await viewer.ask("POST", "/api/profile/v1/customers/count", json={})).status_code == 200
    refused = await viewer.ask("PATCH", at, json={"first_name": "Vera"})
    assert (refused.status_code, refused.json()["code"], refused.json()["needs"]) == (403, "role-too-low", "agent")
    assert (await agent.ask("PATCH", at, json={"first_name": "Agnes"})).status_code == 200
    assert (await agent.ask("DELETE", at)).json()["needs"] == "manager"
    assert (await agent.ask("POST", f"{at}/erase")).json()["needs"] == "admin"
    assert (await agent.ask("GET", f"{at}/held")).json()["needs"] == "manager"
    assert (await agent.ask("GET", "/api/console/v1/users")).json()["needs"] == "admin"
    assert (await agent.ask("GET", "/api/profile/v1/dead-letters")).json()["needs"] == "admin"


async def test_nobody_in_particular_may_nothing(house: House) -> None:
    stranger = house.stranger()

    asked = await stranger.client.get("/api/profile/v1/customers")
    guessed = await stranger.client.get("/api/profile/v1/customers", headers={"Authorization": "Bearer snd_x_y"})

    assert (asked.status_code, asked.json()["code"]) == (401, "not-signed-in")
    assert (guessed.status_code, guessed.json()["code"]) == (401, "key-not-known")


async def test_only_what_is_meant_for_people_can_be_reached(admin: Person) -> None:
    for path in (
        "profile/metrics",
        "profile/health/ready",
        "profile/docs",
        "nothing/v1/x",
        "profile/v1/../metrics",
        "profile/v1/%2e%2e/metrics",
    ):
        answer = await admin.ask("GET", f"/api/{path}")
        assert answer.status_code == 404, path


async def test_a_service_that_is_away_is_named_and_the_others_go_on(admin: Person) -> None:
    away = await admin.ask("GET", "/api/feedback/v1/responses")

    assert (away.status_code, away.json()["code"], away.json()["service"]) == (503, "service-away", "feedback")
    assert away.headers["retry-after"]
    assert (await admin.ask("GET", "/api/profile/v1/customers")).status_code == 200


async def test_a_service_that_takes_a_request_and_dies_is_named(house: House, admin: Person) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(die, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with house.other(outbox_url=f"http://127.0.0.1:{port}") as url:
        answer = await admin.ask("POST", f"{url}/api/outbox/v1/sending/pause")

    server.close()
    assert (answer.status_code, answer.json()["code"], answer.json()["service"]) == (502, "service-silent", "outbox")


async def test_a_body_that_is_too_large_is_refused_before_it_goes_on(admin: Person) -> None:
    answer = await admin.ask("POST", "/api/profile/v1/customers", content=b" " * 1_000_001)

    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_key_made_here_works_for_the_services_until_it_is_revoked(house: House, admin: Person) -> None:
    made = await admin.ask("POST", "/api/console/v1/keys", json={"name": "Billing", "scopes": ["customers:read"]})
    key, id_ = made.json()["key"], made.json()["id"]
    program = house.stranger().client
    program.headers["Authorization"] = f"Bearer {key}"

    read = await program.get("/api/profile/v1/customers")
    write = await program.post("/api/profile/v1/customers", json={"email": "x@example.com"})
    listed = (await admin.ask("GET", "/api/console/v1/keys")).json()["items"]
    revoked = await admin.ask("POST", f"/api/console/v1/keys/{id_}/revoke")
    after = await program.get("/api/profile/v1/customers")

    assert (made.status_code, made.json()["created_by"]) == (201, "ada@example.com")
    assert read.status_code == 200
    assert (write.status_code, write.json()["code"]) == (403, "scope-missing")
    assert [(one["id"], one["last_used_at"] is not None) for one in listed] == [(id_, True)]
    assert all("key" not in one and "hash" not in one for one in listed)
    assert revoked.json()["revoked_at"]
    assert after.status_code == 401


async def test_a_scope_that_no_service_knows_is_refused(admin: Person) -> None:
    body = {"name": "Billing", "scopes": ["customers:raed"]}

    answer = await admin.ask("POST", "/api/console/v1/keys", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "scope-not-known")


async def test_an_admin_shuts_somebody_out_at_once_and_never_the_last_admin(house: House, admin: Person) -> None:
    victim = await house.person("vic@example.com", "manager")
    users = (await admin.ask("GET", "/api/console/v1/users")).json()["items"]
    by_email = {one["email"]: one for one in users}

    done = await admin.ask(
        "PATCH", f"/api/console/v1/users/{by_email['vic@example.com']['id']}", json={"disabled": True}
    )
    refused = await admin.ask("DELETE", f"/api/console/v1/users/{by_email['ada@example.com']['id']}")

    assert done.json()["state"] == "disabled"
    assert (await victim.ask("GET", "/api/profile/v1/customers")).status_code == 401
    assert (await victim.sign_in("vic@example.com")).status_code == 401
    assert (refused.status_code, refused.json()["code"]) == (409, "last-admin")


async def test_how_the_services_are_is_asked_of_them(admin: Person) -> None:
    found = (await admin.ask("GET", "/api/console/v1/system")).json()["services"]

    state = {one["name"]: one["ready"] for one in found}
    assert state["profile"] is True
    assert state["feedback"] is False
