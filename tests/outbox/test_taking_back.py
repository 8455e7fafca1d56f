"""Taken back before the gate a survey never goes out; past it nobody is told that it was taken back."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.clock import now
from services.outbox import commands, store
from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Phase, State
from tests.outbox.events import campaign, customer, request, response
from tests.outbox.mailserver import DATA, DOT, MAIL, RCPT
from tests.outbox.office import Office

NOTE = {"note": "wrong audience"}
OVER = (State.SUPPRESSED, "taken-back", Phase.DONE)


async def _take_back(http: httpx.AsyncClient, id_: str = "d1") -> tuple[int, dict[str, Any]]:
    answer = await http.post(f"/v1/dispatches/{id_}/take-back", json=NOTE, timeout=30)
    return answer.status_code, answer.json()


async def _end(office: Office, id_: str = "d1") -> tuple[State, str | None, Phase]:
    found = await office.record(id_)
    return found.state, found.state_reason, found.phase


async def test_what_waits_is_taken_back_for_good_and_everybody_is_told(office: Office, http: httpx.AsyncClient) -> None:
    status, body = await _take_back(http)
    again = await _take_back(http)
    await office.due_again()
    await office.hear_requests(request("d1", "ada"))
    await office.send_all()

    assert (status, body["state"], body["state_reason"]) == (200, "suppressed", "taken-back")
    assert again == (status, body)
    assert (office.server.mails, await _end(office)) == ([], OVER)
    told = await office.told("outbox.dispatches.v1", "d1")
    assert [b'"taken-back"' in one["value"] for one in told] == [False, True]
    history = (await http.get("/v1/dispatches/d1/timeline")).json()["items"]
    said = [one["detail"] for one in history if one["what"] == "settled"]
    assert [(one["what"], one["note"], bool(one["actor"])) for one in said] == [("taken-back", "wrong audience", True)]


@pytest.mark.parametrize("step", [MAIL, RCPT, DATA])
async def test_whoever_holds_it_before_the_gate_sends_nothing(
    office: Office, http: httpx.AsyncClient, step: str
) -> None:
    office.server.meanwhile[step] = lambda: _take_back(http)
    await office.send_all()

    assert (office.server.mails, await _end(office)) == ([], OVER)


async def test_past_the_gate_it_is_said_what_became_of_it(office: Office, http: httpx.AsyncClient) -> None:
    answers = []

    async def meanwhile() -> None:
        answers.append(await _take_back(http))

    office.server.meanwhile[DOT] = meanwhile
    await office.send_all()
    answers.append(await _take_back(http))

    assert [(status, body["code"], body["state"]) for status, body in answers] == [
        (409, "survey-on-its-way", "queued"),
        (409, "survey-gone-out", "sent"),
    ]
    assert ((await office.record()).state, len(office.server.mails)) == (State.SENT, 1)


async def test_what_the_server_put_off_at_the_dot_can_be_taken_back(office: Office, http: httpx.AsyncClient) -> None:
    office.server.next(DOT, "452 4.3.1 later")
    await office.send_next()

    assert (await _take_back(http))[0] == 200
    await office.due_again()
    await office.send_all()
    assert (office.server.mails, await _end(office)) == ([], OVER)


async def test_what_will_not_go_out_or_is_not_known_is_refused(office: Office, http: httpx.AsyncClient) -> None:
    await office.say_no()
    await office.send_all()

    status, body = await _take_back(http)
    assert (status, body["code"], body["state_reason"]) == (409, "survey-over", "unsubscribed")
    assert (await _take_back(http, "nobody"))[0] == 404
    assert (await http.post("/v1/dispatches/d1/take-back", json={"note": ""})).status_code == 422


async def test_who_answers_a_mail_that_came_before_has_responded(office: Office, http: httpx.AsyncClient) -> None:
    office.server.next(DOT, "452 4.3.1 later")
    await office.send_next()
    await _take_back(http)
    await office.hear_responses(response("d1", "ada"))

    assert (await office.record()).state is State.RESPONDED


async def test_of_gate_and_taking_back_exactly_one_comes_first(office: Office, http: httpx.AsyncClient) -> None:
    """On a real database: whether before the gate, after it or at the same moment, a mail is out or taken back, never both."""
    ids = await _many(office, 24)
    answers: dict[str, asyncio.Task[tuple[int, dict[str, Any]]]] = {}

    async def begin() -> None:
        claimed = await office.database.collection(store.DISPATCHES).find_one({"token": {"$ne": None}, **queued})
        id_ = str((claimed or {})["_id"])
        answers[id_] = asyncio.create_task(_take_back(http, id_))

    async def wait() -> None:
        await begin()
        await asyncio.wait(answers.values())

    await office.send_next()
    for number, id_ in enumerate(ids):
        queued = {"_id": id_, "state": "queued"}
        hook = begin if number % 4 else wait
        office.server.meanwhile = {(MAIL, DATA, DATA, DOT)[number % 4]: hook}
        await office.due_again(id_)
        await office.send_next()
    taken = {id_ for id_, task in answers.items() if (await task)[0] == 200}

    out = {f"r{mail.recipient.partition('@')[0]}" for mail in office.server.mails} & set(ids)
    assert (out | taken, out & taken) == (set(ids), set())
    assert {id_ for id_ in ids if (await office.record(id_)).state_reason == "taken-back"} == taken
    assert taken >= set(ids[::4])
    assert out >= set(ids[3::4])


async def _many(office: Office, count: int) -> list[str]:
    """Surveys for so many, none of which is due yet."""
    names = [f"p{number}" for number in range(count)]
    await office.hear_customers(*(customer(name) for name in names))
    await office.hear_requests(*(request(f"r{name}", name, not_before=now() + timedelta(hours=1)) for name in names))
    return [f"r{name}" for name in names]


async def test_taking_back_what_was_looked_at_before_lets_mails_out_that_are_taken_back(office: Office) -> None:
    """The wrong variant: it is looked at first, and written later by its id alone."""

    async def hasty() -> None:
        if (after := records.taken_back(before, before.changed_at)) is not None:
            fields = {"phase": "done", "state": str(after.state), "state_reason": after.state_reason}
            await office.database.collection(store.DISPATCHES).update_one({"_id": "d1"}, {"$set": fields})

    before = await office.record()
    office.server.meanwhile[DOT] = hasty
    await office.send_all()

    assert (await _end(office), len(office.server.mails)) == (OVER, 1)


async def test_all_that_waits_of_a_campaign_is_taken_back_a_batch_a_call(
    office: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands.taking_back, "AT_ONCE", 2)
    monkeypatch.setattr(commands, "AT_ONCE", 2)
    await office.send_all()
    await office.hear_campaigns(campaign("ces"))
    await _many(office, 3)
    await office.hear_requests(request("other", "p0", campaign_id="ces"))

    answers = [(await http.post("/v1/campaigns/nps/take-back", json=NOTE)).json() for _ in range(2)]
    await office.send_all()

    assert answers == [{"taken_back": 2, "more": True}, {"taken_back": 1, "more": False}]
    assert [mail.recipient for mail in office.server.mails] == ["ada@example.com", "p0@example.com"]
    assert [await _end(office, id_) for id_ in ("rp0", "rp1", "rp2")] == [OVER] * 3
    assert ((await office.record("other")).state, (await office.record()).state) == (State.SENT, State.SENT)
