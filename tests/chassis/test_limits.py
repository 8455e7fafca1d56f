"""Who asks without a key may ask so often and no more; who has a key is not counted."""

import httpx
import pytest

from chassis.limits import Limits
from tests.chassis.web import web
from tests.deployment import KEY, Deployment


def test_an_address_may_ask_for_a_moment_more_and_then_as_often_as_the_rate() -> None:
    limits = Limits(rate=10)

    at_once = [limits.wait("192.0.2.1", 100.0) for _ in range(41)]
    assert at_once[:40] == [0.0] * 40
    assert at_once[40] == pytest.approx(0.1)
    assert limits.wait("192.0.2.1", 100.2) == 0.0
    assert limits.wait("192.0.2.2", 100.0) == 0.0
    assert sum(limits.wait("192.0.2.1", 101 + n / 100) == 0.0 for n in range(1000)) == pytest.approx(10 * 10, abs=12)


def test_addresses_that_are_many_are_forgotten_and_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.limits.MOST_ADDRESSES", 10)
    limits = Limits(rate=1)

    assert [limits.wait(str(n), 0.0) for n in range(100)] == [0.0] * 100
    assert len(limits._buckets) <= 10


def test_the_client_is_who_the_proxy_names_last_and_this_machine_is_nobody() -> None:
    proxied, direct = Limits(1, "x-forwarded-for"), Limits(1)

    assert proxied.address({"x-forwarded-for": "203.0.113.9, 192.0.2.1"}, "10.0.0.1") == "192.0.2.1"
    assert proxied.address({}, "10.0.0.1") == "10.0.0.1"
    assert direct.address({"x-forwarded-for": "203.0.113.9"}, "10.0.0.1") == "10.0.0.1"
    assert direct.address({}, "127.0.0.1") is None


async def test_a_flood_without_a_key_is_told_to_wait_and_others_are_served(deployment: Deployment) -> None:
    settings = {"public_rate": 0.5, "address_header": "x-real-ip"}
    deployment.settings = deployment.settings.model_copy(update=settings)
    app = web(deployment).app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sounding") as client:
        flood = [await client.get("/nothing", headers={"x-real-ip": "192.0.2.1"}) for _ in range(3)]
        other = await client.get("/nothing", headers={"x-real-ip": "192.0.2.2"})
        known = await client.get("/nothing", headers={"x-real-ip": "192.0.2.1", "authorization": f"Bearer {KEY}"})
        false = await client.get("/nothing", headers={"x-real-ip": "192.0.2.1", "authorization": "Bearer of nothing"})
        health = await client.get("/health/live", headers={"x-real-ip": "192.0.2.1"})

    assert [one.status_code for one in flood] == [404, 404, 429]
    assert flood[2].headers["content-type"] == "application/problem+json"
    assert flood[2].json()["code"] == "too-many-requests"
    assert int(flood[2].headers["retry-after"]) >= 1
    assert false.status_code == 429
    assert (other.status_code, known.status_code, health.status_code) == (404, 404, 200)
