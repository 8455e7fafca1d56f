"""Open pages hear within a second what changed, whichever process they are connected to."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts.envelope import Event

from chassis import clock
from chassis.ids import new_id
from services.console import store
from services.console.domain.news import LISTED, Change, Wanted
from services.console.events import changes_in
from services.console.views.live import WAITING, Hub
from tests.console.house import House, Person
from tests.console.listening import listening
from tests.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture(scope="module")
async def admin(house: House) -> Person:
    return await house.person("ada@example.com", "admin")


async def _customer(admin: Person, **fields: Any) -> str:
    made = await admin.ask("POST", "/api/profile/v1/customers", json={"email": f"{new_id()}@example.com", **fields})
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


async def _note(house: House, *changes: Change) -> None:
    await house.console.database.transact(lambda tx: store.news.add(tx, changes, clock.now()))


async def test_a_page_hears_of_a_change_within_a_second(admin: Person) -> None:
    async with listening(admin.client) as page:
        await page.hears("customers", await _customer(admin))
        id_ = await _customer(admin)
        began = time.monotonic()

        change = await page.hears("customers", id_)

        assert time.monotonic() - began < 5
        assert (change["customer_id"], change["seq"]) == (id_, 1)
        await eventually(lambda: page.beats)


async def test_eight_tabs_and_another_process_hear_of_it(house: House, admin: Person) -> None:
    async with house.other() as url, AsyncExitStack() as stack:
        elsewhere = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, cookies=admin.client.cookies, timeout=PATIENCE_SECONDS)
        )
        clients = [admin.client] * 8 + [elsewhere]
        pages = [await stack.enter_async_context(listening(client)) for client in clients]

        id_ = await _customer(admin)

        await asyncio.gather(*(page.hears("customers", id_) for page in pages))


async def test_a_page_of_one_customer_hears_of_that_one_only(house: House, admin: Person) -> None:
    mine, other = new_id(), new_id()
    answer = Change("responses", "r1", mine, 3)

    async with listening(admin.client, f"?customer={mine}&stream=responses&stream=dispatches") as page:
        await _note(house, Change("responses", "r0", other, 1), Change("customers", mine, mine, 1), answer)

        await page.hears("responses", "r1")

        assert page.changes() == [{"stream": "responses", "id": "r1", "customer_id": mine, "seq": 3}]


async def test_what_was_missed_is_told_after_a_reconnect(house: House, admin: Person) -> None:
    async with listening(admin.client) as page:
        _, last, hello = page.told[0]
        assert hello["replayed"] is False
    await _note(house, Change("campaigns", "missed", None, 1))

    async with listening(admin.client, last=last) as page:
        assert page.told[0][2]["replayed"] is True
        await page.hears("campaigns", "missed")
        at = page.told[-1][1]
    async with listening(admin.client, last=at) as page:
        assert page.told[0][2]["replayed"] is True
        assert page.changes() == []


async def test_a_page_that_was_away_for_too_long_is_told_to_fetch_anew(house: House, admin: Person) -> None:
    await _note(house, Change("campaigns", "kept", None, 1))
    latest = await store.news.latest(house.console.database)
    await house.console.database.collection("news").delete_many({"_id": {"$lt": latest}})

    for last in (latest - 2, latest + 1_000):
        async with listening(admin.client, last=last) as page:
            assert page.told[0][2]["replayed"] is False
    async with listening(admin.client, last=latest - 1) as page:
        await page.hears("campaigns", "kept")


async def test_much_at_once_is_told_in_a_word(house: House, admin: Person) -> None:
    crowd = [Change("customers", f"c{number}", f"c{number}", 1) for number in range(LISTED + 1)]

    async with listening(admin.client) as page, listening(admin.client, "?customer=c7") as of_one:
        await _note(house, *crowd, Change("campaigns", "few", None, 1))

        await page.hears("campaigns", "few")
        await of_one.hears("customers", "c7")

        assert page.told[-1][2]["many"] == ["customers"]
        assert [one["stream"] for one in page.changes()] == ["campaigns"]


async def test_what_comes_during_a_heartbeat_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(database=house.console.database, poll_seconds=0.005, heartbeat_seconds=0.05, per_session=9)
    mine, beats = f"beat-{new_id()}", 0

    async def lasts(*_: object) -> bool:
        nonlocal beats
        beats += 1
        if beats == 1:
            await _note(house, Change("campaigns", mine, None, 1))
            await eventually(lambda: hub._at >= noted)
        return True

    monkeypatch.setattr(store.sessions, "lasts", lasts)
    noted = await store.news.latest(house.console.database) + 1
    stream = hub.stream("s", Wanted(), None, asyncio.Event())

    async with asyncio.timeout(20):
        async for text in stream:
            if mine in text:
                break
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_client_that_does_not_read_is_dropped_and_the_others_are_not(house: House) -> None:
    hub = Hub(database=house.console.database, poll_seconds=0.005, heartbeat_seconds=30, per_session=9)
    slow = hub.stream("s", Wanted(), None, asyncio.Event())
    quick = hub.stream("s", Wanted(), None, asyncio.Event())
    heard: list[str] = []
    assert "hello" in await anext(slow)

    async def read() -> None:
        heard.extend([text async for text in quick])

    task = asyncio.create_task(read())
    await eventually(lambda: hub.open == 2)
    for number in range(WAITING + 5):
        await _note(house, Change("campaigns", f"n{number}", None, 1))
    await eventually(lambda: hub.dropped)

    rest = [text async for text in slow]

    assert len(rest) <= 1
    await eventually(lambda: hub.open == 1)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_stream_ends_when_the_session_does(house: House) -> None:
    person = await house.person("leaving@example.com")

    async with listening(person.client) as page:
        assert (await person.ask("DELETE", "/api/session")).status_code == 204

        await eventually(lambda: page.ended)


async def test_a_session_has_so_many_streams_and_no_more(house: House, admin: Person) -> None:
    async with (
        house.other(live_per_session=1) as url,
        httpx.AsyncClient(base_url=url, cookies=admin.client.cookies, timeout=PATIENCE_SECONDS) as client,
        listening(client),
    ):
        refused = await client.get("/api/live")

        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")


async def test_a_process_with_open_streams_stops_at_once(house: House, admin: Person) -> None:
    async with AsyncExitStack() as stack:
        async with house.other() as url:
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, cookies=admin.client.cookies, timeout=PATIENCE_SECONDS)
            )
            page = await stack.enter_async_context(listening(client))
            began = time.monotonic()
        assert time.monotonic() - began < house.deployment.settings.graceful_seconds / 2
        await eventually(lambda: page.ended)


async def test_nobody_listens_without_a_session(house: House) -> None:
    answer = await house.stranger().client.get("/api/live")

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


def test_events_of_long_ago_are_no_news() -> None:
    now = clock.now()
    ages = {"old": timedelta(hours=2), "new": timedelta(0)}
    events: list[Event[Any]] = [
        Event(id=f"{id_}:1", source="/p", type="t", subject=id_, time=now - age, data=None, seq=1)
        for id_, age in ages.items()
    ]

    assert [one.id for one in changes_in("customers", events, now)] == ["new"]
