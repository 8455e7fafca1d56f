"""Outgoing webhooks: told of each answer, in order, signed, until it is taken; and nothing inside is ever called."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis.clock import now
from chassis.mongo import Database
from services.feedback import store
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands import webhooks as commands
from services.feedback.events import response_changed
from services.feedback.jobs.webhooks import tell_next
from services.feedback.main import build
from services.feedback.settings import Settings
from services.feedback.store import webhooks as rows
from tests.deployment import Deployment
from tests.feedback.desk import Desk
from tests.feedback.events import brand, campaign, customer, dispatch, event
from tests.feedback.receiver import Receiver, receiving
from tests.waiting import eventually

HERE = ("127.0.0.0/8",)
ALWAYS = "2026-11-20T00:00:00Z"


@pytest.fixture
def settings(bare_deployment: Deployment) -> Settings:
    return Settings(chassis=bare_deployment.settings, webhook_networks=HERE)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@dataclass
class Teller:
    """Answers given, and webhooks told of them one by one, as the job does."""

    desk: Desk
    poster: Poster

    @property
    def database(self) -> Database:
        return self.desk.database

    async def subscribe(self, url: str, **more: Any) -> dict[str, Any]:
        made = await self.desk.http.post("/v1/webhooks", json={"name": "CRM", "url": url, **more})
        assert made.status_code == 201, made.text
        body: dict[str, Any] = made.json()
        return body

    async def answer(self, customer_id: str, score: int) -> None:
        """An answer, told on the stream."""
        draft = {"customer_id": customer_id, "metric": "nps", "score": score}
        id_ = (await self.desk.http.post("/v1/responses", json=draft)).json()["id"]
        await self.changed(id_)

    async def changed(self, id_: str) -> None:
        document = await self.database.collection(store.RESPONSES).find_one({"_id": id_})
        assert document is not None
        response = store.response_from(document)
        told = event(topics.FEEDBACK_RESPONSES, id_, response.seq, response_changed(response))
        await self.desk.hear(replace(told, time=response.changed_at))

    async def removed(self, id_: str) -> None:
        """An answer is taken out, and that is told on the stream."""
        assert (await self.desk.http.delete(f"/v1/responses/{id_}")).status_code == 204
        (last,) = [row["seq"] for row in await self.desk.told() if row["subject"] == id_ and row["value"] is None]
        await self.desk.hear(event(topics.FEEDBACK_RESPONSES, id_, last, None))

    async def tell(self, *, times: int = 1, claim_seconds: float = 30) -> int:
        """Tell what can be told now; how many lines that were."""
        for told in range(times):
            line = await rows.claim_line(self.database, await self._one(), f"t{told}", claim_seconds)
            if line is None:
                return told
            await tell_next(self.database, self.poster, line)
        return times

    async def let_time_pass(self) -> None:
        """Whatever waits for its next attempt is due."""
        await self.database.collection(store.WEBHOOK_LINES).update_many({}, {"$set": {"next_try_at": now()}})

    async def _one(self) -> str:
        (found,) = (await self.desk.http.get("/v1/webhooks")).json()["items"]
        return str(found["id"])


@pytest.fixture
async def teller(desk: Desk, bare_deployment: Deployment) -> AsyncIterator[Teller]:
    # The desk runs only HTTP: nothing tells but the test itself.
    await desk.hear(customer("bob", email="bob@example.com"))
    made = Teller(desk, Poster(HERE))
    yield made
    await made.poster.close()


def signature(secret: str, heard: dict[str, Any]) -> str:
    """As a receiver computes it, by the Standard Webhooks' own words."""
    headers = heard["headers"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + heard["raw"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def test_a_subscriber_is_told_of_an_answer_signed_and_not_of_one_that_is_not_sent_off(
    deployment: Deployment, settings: Settings, receiver: Receiver
) -> None:
    """From the page over Kafka to the receiver."""
    service = build(settings)
    async with deployment.client(service) as client:
        desk = Desk(service.database, settings, client)
        await desk.hear(customer(), campaign(), brand(), dispatch())
        wanted = {"name": "CRM", "url": receiver.url, "filter": {"field": "tags", "op": "has", "value": "nps"}}
        made = (await client.post("/v1/webhooks", json=wanted)).json()
        await desk.post(score="3", provisional="1")
        await desk.post(score="3", comment="Too slow")

        (heard,) = await eventually(lambda: receiver.heard[:1])

        assert heard["body"]["type"] == "response.changed"
        assert heard["body"]["data"]["comment"] == "Too slow"
        assert heard["body"]["data"]["provisional"] is False
        assert heard["headers"]["webhook-signature"] == signature(made["secret"], heard)
        assert "secret" not in (await client.get("/v1/webhooks")).json()["items"][0]
        log = await eventually(lambda: _attempts(client, made["id"]))
        assert [(one["outcome"], one["status"]) for one in log] == [("delivered", 200)]


async def _attempts(client: httpx.AsyncClient, id_: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/v1/webhooks/{id_}/attempts")).json()["items"]
    return found


async def test_f47_what_fails_holds_up_the_same_customer_only_and_is_told_in_order_under_one_id(
    teller: Teller, receiver: Receiver
) -> None:
    made = await teller.subscribe(receiver.url)
    receiver.replies = ["500 No", "200 OK", "503 Later"]
    await teller.answer("ada", 3)
    await teller.answer("bob", 7)
    await teller.answer("ada", 9)

    assert await teller.tell(times=5) == 2
    assert receiver.told == [("ada", 3), ("bob", 7)]
    await teller.let_time_pass()
    await teller.tell(times=5)
    await teller.let_time_pass()
    await teller.tell(times=5)

    assert receiver.told == [("ada", 3), ("bob", 7), ("ada", 3), ("ada", 3), ("ada", 9)]
    ids = [one["headers"]["webhook-id"] for one in receiver.heard]
    assert ids[0] == ids[2] == ids[3]
    assert len(set(ids)) == 3
    outcomes = [one["outcome"] for one in await _attempts(teller.desk.http, made["id"])]
    assert outcomes == ["delivered", "delivered", "again", "delivered", "again"]
    assert (await teller.desk.http.get(f"/v1/webhooks/{made['id']}")).json()["queue"]["waiting"] == 0


async def test_a_change_that_comes_while_the_answer_is_being_told_is_told_too(
    teller: Teller, receiver: Receiver
) -> None:
    await teller.subscribe(receiver.url)
    await teller.desk.post(score="3")
    (before,) = await teller.desk.answers()
    await teller.changed(before.id)
    receiver.holding.clear()
    telling = asyncio.create_task(teller.tell())
    await eventually(lambda: len(receiver.heard) == 1)

    await teller.desk.post(score="8", comment="Better now")
    await teller.changed(before.id)
    receiver.holding.set()
    await telling
    await teller.tell()

    assert [score for _, score in receiver.told] == [3, 8]


async def test_who_dies_while_telling_is_followed_by_another(teller: Teller, receiver: Receiver) -> None:
    made = await teller.subscribe(receiver.url)
    await teller.answer("ada", 3)
    dead = await rows.claim_line(teller.database, made["id"], "dead", 0.2)
    assert dead is not None

    assert await eventually(teller.tell) == 1
    await tell_next(teller.database, teller.poster, dead)

    assert receiver.told[0] == ("ada", 3)
    assert len({one["headers"]["webhook-id"] for one in receiver.heard}) == 1
    assert [one["outcome"] for one in await _attempts(teller.desk.http, made["id"])] == ["delivered"]


async def test_a_pause_sends_nothing_and_loses_nothing(teller: Teller, receiver: Receiver) -> None:
    made = await teller.subscribe(receiver.url, paused=True)
    await teller.answer("ada", 3)
    await teller.tell(times=3)
    assert receiver.heard == []

    await teller.desk.http.patch(f"/v1/webhooks/{made['id']}", json={"paused": False})
    await teller.tell(times=3)

    assert receiver.told == [("ada", 3)]


async def test_who_asks_for_it_is_told_what_was_taken_out_after_all_that_was_said_of_it(
    teller: Teller, receiver: Receiver
) -> None:
    await teller.subscribe(receiver.url, types=["response.changed", "response.removed"])
    receiver.replies = ["500 No"]
    for customer_id, score in (("ada", 3), ("ada", 9)):
        await teller.answer(customer_id, score)
    assert await teller.tell() == 1
    first, second = sorted(await teller.desk.answers(), key=lambda one: one.score)

    await teller.removed(second.id)
    await teller.let_time_pass()
    while await teller.tell():
        pass

    said = [(one["body"]["type"], one["body"]["data"]["id"]) for one in receiver.heard[1:]]
    assert said == [("response.changed", first.id), ("response.removed", second.id)]
    assert receiver.heard[-1]["body"]["data"] == {"id": second.id}


async def test_who_does_not_ask_for_it_is_not_told(teller: Teller, receiver: Receiver) -> None:
    made = await teller.subscribe(receiver.url)
    await teller.answer("ada", 3)
    assert await teller.tell(times=2) == 1
    await teller.desk.http.patch(f"/v1/webhooks/{made['id']}", json={"types": ["response.removed"]})
    await teller.answer("ada", 4)
    await teller.desk.http.patch(f"/v1/webhooks/{made['id']}", json={"types": ["response.changed"]})
    for answer in await teller.desk.answers():
        await teller.removed(answer.id)

    assert await teller.tell(times=2) == 0
    assert receiver.told == [("ada", 3)]
    no_type = await teller.desk.http.patch(f"/v1/webhooks/{made['id']}", json={"types": []})
    assert no_type.status_code == 422


async def test_a_period_is_told_once_more_as_it_is_now(teller: Teller, receiver: Receiver) -> None:
    for score in (2, 9, 4):
        await teller.answer("ada", score)
    made = await teller.subscribe(receiver.url, filter={"field": "score", "op": "lte", "value": 6})
    period = {"since": ALWAYS, "until": _iso(now())}

    asked = await teller.desk.http.post(f"/v1/webhooks/{made['id']}/replay", json=period)
    while (found := await rows.open_replay(teller.database)) is not None:
        await teller.database.transact(partial(commands.replay_step, id_=found["_id"], now=now()))
    await teller.tell(times=5)

    assert asked.status_code == 202
    assert receiver.told == [("ada", 2), ("ada", 4)]


def _iso(moment: datetime) -> str:
    return moment.isoformat()


INSIDE = [
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://10.0.0.8/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "http://93.184.215.14/",
    "https://user:pass@93.184.215.14/",
    "ftp://93.184.215.14/",
    "https://93.184.215.14\\@127.0.0.1/",
    "javascript:alert(1)",
    "https:///",
]


@pytest.mark.parametrize("url", INSIDE)
async def test_f52_nothing_inside_can_be_called(url: str) -> None:
    poster = Poster()

    with pytest.raises(Exception) as refused:
        await poster.check(url)
    reply = await poster.post(url, b"{}", {})

    assert getattr(refused.value, "field", None) == "url"
    assert reply.status is None


async def test_f52_what_is_refused_is_named_over_http(desk: Desk) -> None:
    answer = await desk.http.post("/v1/webhooks", json={"name": "x", "url": "https://169.254.169.254/"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["url"]


async def test_f52_a_name_that_leads_inside_after_it_was_checked_is_not_called(receiver: Receiver) -> None:
    answers = [[ip_address("93.184.215.14")], [ip_address("127.0.0.1")]]

    async def flips(host: str, port: int) -> list[Any]:
        return answers.pop(0)

    poster = Poster(resolve=flips)
    await poster.check(f"https://flips.example:{receiver.port}/")
    reply = await poster.post(f"https://flips.example:{receiver.port}/", b"{}", {})

    assert reply.fault is not None
    assert receiver.heard == []


async def test_f52_a_redirect_to_inside_is_not_followed_and_a_client_that_follows_it_would_get_there(
    receiver: Receiver,
) -> None:
    async with receiving(*[f"307 Go\r\nLocation: {receiver.url}"] * 2) as outside:
        poster = Poster(HERE)
        reply = await poster.post(outside.url, b"{}", {})
        await poster.close()
        assert (reply.status, receiver.heard) == (307, [])

        async with httpx.AsyncClient(follow_redirects=True) as careless:
            await careless.post(outside.url, content=b"{}")
        assert len(receiver.heard) == 1


async def test_what_was_closed_with_its_job_posts_again_when_that_is_started_anew(receiver: Receiver) -> None:
    poster = Poster(HERE)
    for _ in range(2):
        assert (await poster.post(receiver.url, b"{}", {})).accepted
        await poster.close()

    assert len(receiver.heard) == 2


async def test_a_filter_that_cannot_be_asked_is_refused_by_place(desk: Desk, receiver: Receiver) -> None:
    wanted = {"name": "CRM", "url": receiver.url, "filter": {"field": "shoe_size", "op": "eq", "value": 1}}

    answer = await desk.http.post("/v1/webhooks", json=wanted)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["filter.field"]
