"""Never after a no, never twice at once: fault cases F34, F37, F39, F53 and F55 at the gate."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sounding_contracts import topics

from chassis import clock
from services.outbox import commands, store
from services.outbox.adapters.smtp import Connection
from services.outbox.domain.deliverability import Gone, Status
from services.outbox.domain.dispatch import Phase, State
from services.outbox.jobs import Sender
from tests.outbox.events import customer, erased, request, response
from tests.outbox.mailserver import DATA, DOT, MAIL, RCPT, Act
from tests.outbox.office import Office
from tests.waiting import eventually


@pytest.mark.parametrize("step", [MAIL, RCPT, DATA])
async def test_f34_a_no_before_the_gate_stops_the_mail(office: Office, step: str) -> None:
    office.server.meanwhile[step] = office.say_no
    await office.send_all()

    record = await office.record()
    assert (record.state, record.state_reason, record.phase) == (State.SUPPRESSED, "unsubscribed", Phase.DONE)
    assert office.server.mails == []


async def test_f34_a_gate_that_only_looks_lets_a_mail_out_after_the_no(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: what is read in a transaction is not held by it."""

    async def read_only(tx: Any, mails: Any) -> list[str | None]:
        gates = await store.load(tx, store.GATES, store.gates, mails[0].gates)
        against = next((gate.against for gate in gates.values() if gate.against), None)
        await office.say_no()
        return [against]

    monkeypatch.setattr(commands, "pass_gates", read_only)
    await office.send_next()

    assert len(office.server.mails) == 1
    assert (await office.gate()).status is Status.UNSUBSCRIBED


async def test_f34_a_no_that_meets_the_gate_comes_before_or_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same moment, the right gate: its write and the no's are to the same document, so one waits."""
    said: list[asyncio.Task[Any]] = []

    async def meanwhile(tx: Any, mails: Any) -> list[str | None]:
        refused = await right(tx, mails)
        if not said:
            said.append(asyncio.create_task(office.say_no()))
            await asyncio.sleep(0.1)
            assert not said[0].done()
        return refused

    right = commands.pass_gates
    monkeypatch.setattr(commands, "pass_gates", meanwhile)
    await office.send_next()

    await said[0]
    assert (len(office.server.mails), (await office.record()).state) == (1, State.SENT)


async def test_f34_a_no_during_the_mail_is_answered_when_it_has_landed(office: Office, http: Any) -> None:
    answered = []

    async def say_no() -> None:
        answered.append(asyncio.create_task(http.post("/v1/customers/ada/unsubscribe", json={})))

        async def stored() -> bool:
            return (await office.gate()).status is Status.UNSUBSCRIBED

        await eventually(stored)
        await asyncio.sleep(0.1)
        assert not answered[0].done()

    office.server.meanwhile[DOT] = say_no
    await office.send_next()

    answer = await asyncio.wait_for(answered[0], 1)
    assert (answer.status_code, answer.json()["status"]) == (200, "unsubscribed")
    assert len(office.server.mails) == 1


async def test_f34_a_no_after_a_mail_stops_the_next(office: Office) -> None:
    await office.send_all()
    await office.say_no()
    await office.hear_requests(request("d2", "ada"))
    await office.send_all()

    assert len(office.server.mails) == 1
    assert (await office.record("d2")).state is State.SUPPRESSED


async def test_a_no_waits_two_seconds_at_most_where_nothing_is_heard_of_the_mail(office: Office, http: Any) -> None:
    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_next()
    began = asyncio.get_running_loop().time()

    assert (await http.post("/v1/customers/ada/unsubscribe", json={})).status_code == 200
    assert asyncio.get_running_loop().time() - began < 2.5
    assert not await store.on_the_way(office.database, ["ada"])


async def test_two_senders_at_once_send_each_record_once(office: Office) -> None:
    await office.hear_customers(*(customer(f"c{n}") for n in range(12)))
    await office.hear_requests(*(request(f"e{n}", f"c{n}") for n in range(12)))

    async def sender() -> None:
        async with Connection(office.settings) as connection:
            while await office.sender().send_next(connection):
                pass

    await asyncio.gather(*(sender() for _ in range(4)))

    assert sorted(mail.recipient for mail in office.server.mails) == sorted(
        ["ada@example.com", *(f"c{n}@example.com" for n in range(12))]
    )


async def test_a_claim_that_another_has_taken_over_sends_nothing(office: Office) -> None:
    async def another() -> None:
        if office.server.seen.count(DATA) == 1:
            await office.time_passes(claimed_until=timedelta(minutes=5))
            await office.send_next()

    office.server.meanwhile[DATA] = another
    await office.send_next()

    assert (len(office.server.mails), office.server.seen.count(DATA)) == (1, 2)


async def test_without_looking_at_the_claim_both_send(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant: the gate does not ask who holds the record."""
    from services.outbox.domain import dispatch as records

    async def another() -> None:
        if office.server.seen.count(DATA) == 1:
            await office.time_passes(claimed_until=timedelta(minutes=5))
            await office.send_next()

    monkeypatch.setattr(records, "held", lambda *_: True)
    office.server.meanwhile[DATA] = another
    await office.send_next()

    assert len(office.server.mails) == 2


async def test_f39_a_request_that_comes_again_makes_no_new_mail(office: Office) -> None:
    await office.send_all()
    await office.hear_requests(request("d1", "ada"), request("d1", "ada"))
    await office.send_all()

    assert len(office.server.mails) == 1
    assert (await office.record()).state is State.SENT


async def test_f37_two_customers_with_one_mailbox_get_one_mail_a_wave(office: Office) -> None:
    await office.hear_customers(customer("eve", email="ADA@example.com"))
    await office.hear_requests(request("d2", "eve"))
    await office.send_all()
    await office.send_all()

    assert len(office.server.mails) == 1
    states = sorted([(await office.record(id_)).state_reason or "" for id_ in ("d1", "d2")])
    assert states == ["", "same-mailbox"]


async def test_f37_a_no_holds_under_a_new_address_and_for_others_of_the_mailbox(office: Office) -> None:
    await office.say_no()
    await office.hear_customers(customer("ada", 2, email="new@example.com"))
    await office.hear_customers(customer("eve", email="ada@example.com"), customer("fay", email="new@example.com"))
    await office.hear_requests(request("d2", "eve"), request("d3", "fay"))
    await office.send_all()

    assert office.server.mails == []
    for id_ in ("eve", "fay"):
        assert (await office.gate(id_)).status is Status.UNSUBSCRIBED


async def test_a_new_address_ends_a_bounce_but_not_a_no(office: Office) -> None:
    office.server.next(RCPT, "550 5.1.1 gone")
    await office.send_all()
    assert (await office.gate()).status is Status.HARD_BOUNCED

    await office.hear_customers(customer("ada", 2, email="new@example.com"))
    await office.hear_requests(request("d2", "ada"))
    await office.send_all()

    assert (await office.gate()).status is None
    assert [mail.recipient for mail in office.server.mails] == ["new@example.com"]
    statuses = [row["value"] for row in await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada")]
    assert len(statuses) == 2


async def test_a_bounce_of_an_address_left_meanwhile_says_nothing_of_the_new_one(office: Office) -> None:
    office.server.meanwhile[RCPT] = lambda: office.hear_customers(customer("ada", 2, email="new@example.com"))
    office.server.next(RCPT, "550 5.1.1 gone")
    await office.send_all()

    assert ((await office.record()).state, (await office.gate()).status) == (State.BOUNCED, None)


async def test_one_mailbox_of_many_in_one_batch_holds_the_no_of_any_of_them(office: Office) -> None:
    await office.say_no()
    same = [customer(name, 2 if name == "ada" else 1, email="new@example.com") for name in ("abe", "ada", "zoe")]
    await office.hear_customers(*same)

    assert [(await office.gate(name)).status for name in ("abe", "zoe")] == [Status.UNSUBSCRIBED] * 2


async def test_a_mailboxes_no_does_not_say_who_said_it(office: Office) -> None:
    await office.say_no()
    await office.hear_customers(customer("eve", email="ada@example.com"))

    said = (await office.gate("eve")).opted_out
    assert said is not None
    assert (said.actor, said.note, said.dispatch_id) == (None, None, None)


async def test_what_was_answered_is_not_sent_again_whatever_a_server_said(office: Office) -> None:
    office.server.next(DOT, "452 4.3.1 full, or so we say")
    await office.send_next()

    await office.hear_responses(response("d1", "ada"))
    await office.due_again()
    await office.send_all()

    assert ((await office.record()).state, office.server.mails) == (State.RESPONDED, [])


async def test_an_answer_that_is_faster_than_the_servers_reply_stays(office: Office) -> None:
    office.server.meanwhile[DOT] = lambda: office.hear_responses(response("d1", "ada"))
    await office.send_next()

    record = await office.record()
    assert (record.state, record.phase) == (State.RESPONDED, Phase.DONE)
    assert record.smtp_reply is not None
    assert (await office.gate()).inflight is None


@pytest.mark.parametrize("step", [MAIL, DATA])
@pytest.mark.parametrize("event", [customer("ada", 2, deleted_at=datetime(2026, 1, 1).astimezone()), erased("ada")])
async def test_f53_who_is_deleted_or_erased_meanwhile_gets_nothing(office: Office, step: str, event: Any) -> None:
    office.server.meanwhile[step] = lambda: office.hear_customers(event)
    await office.send_all()
    await office.due_again()
    await office.send_all()

    assert ((await office.record()).state, office.server.mails) == (State.SUPPRESSED, [])


async def test_who_is_back_after_being_deleted_may_be_surveyed(office: Office) -> None:
    await office.hear_customers(customer("ada", 2, deleted_at=clock.now()))
    await office.hear_customers(customer("ada", 3))
    await office.send_all()

    assert len(office.server.mails) == 1


async def test_f53_who_is_erased_is_forgotten_and_what_waits_is_not_sent(office: Office) -> None:
    await office.hear_customers(customer("bob", first_name="Bob the Builder"))
    await office.hear_requests(request("d2", "bob"), request("d3", "bob"))
    office.server.next(RCPT, "250 ok", "550 5.1.1 <bob@example.com>: who is Bob?", "451 4.2.0 bob@example.com later")
    await office.send_all()
    sent = len(office.server.mails)

    await office.hear_customers(erased("bob"))
    await office.hear_requests(request("d4", "bob"))
    for id_ in ("d2", "d3", "d4"):
        await office.due_again(id_)
    await office.send_all()

    assert len(office.server.mails) == sent == 1
    assert (await office.gate("bob")).gone is Gone.ERASED
    assert await office.database.collection(store.RECIPIENTS).find_one({"_id": "bob"}) is None
    reasons = {(await office.record(id_)).state_reason for id_ in ("d3", "d4")}
    assert reasons == {"customer-erased"}
    assert await _mentions(office, "bob@example.com") == await _mentions(office, "Bob") == []
    tombstone = (await office.told(topics.OUTBOX_DELIVERABILITY.name, "bob"))[-1]
    assert tombstone["value"] is None


async def _mentions(office: Office, text: str) -> list[str]:
    """Where in outbox's own collections a text still stands."""
    found = []
    for name in (store.DISPATCHES, store.GATES, store.RECIPIENTS):
        rows = await office.database.collection(name).find({}).to_list(None)
        found += [f"{name}: {row['_id']}" for row in rows if text in repr(row)]
    return found


async def test_f53_erased_while_its_mail_is_under_way_leaves_nothing_either(office: Office) -> None:
    office.server.meanwhile[DOT] = lambda: office.hear_customers(erased("ada"))
    office.server.next(DOT, "250 2.0.0 kept for ada@example.com")
    await office.send_next()

    record = await office.record()
    assert (record.state, record.subject_line) == (State.SENT, None)
    assert await _mentions(office, "ada@example.com") == []


async def test_f53_the_mailbox_of_the_erased_stays_suppressed(office: Office) -> None:
    await office.say_no()
    await office.hear_customers(erased("ada", 2))
    await office.hear_customers(customer("ada-again", email="ada@example.com"))
    await office.hear_requests(request("d2", "ada-again"))
    await office.send_all()

    assert office.server.mails == []
    gate = await office.address_gate()
    assert gate.opted_out is not None
    assert (gate.opted_out.cause, gate.opted_out.actor, gate.opted_out.note) == ("user", None, None)
    assert (await office.gate("ada-again")).status is Status.UNSUBSCRIBED


@pytest.mark.parametrize("skew", [timedelta(minutes=5), timedelta(minutes=-5)])
async def test_f55_a_wrong_clock_takes_over_no_claim_and_opens_no_gate(
    office: Office, monkeypatch: pytest.MonkeyPatch, skew: timedelta
) -> None:
    async def another() -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + skew)
        assert not await office.send_next()
        monkeypatch.undo()

    real = clock.now
    office.server.meanwhile[RCPT] = another
    await office.send_next()
    monkeypatch.setattr(clock, "now", lambda: real() + skew)
    await office.hear_requests(request("d2", "ada"))
    assert await office.give_up_unclear() == 0

    assert ((await office.record()).state, len(office.server.mails)) == (State.SENT, 1)


async def test_f55_claims_by_ones_own_clock_are_taken_over_by_who_is_ahead(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: the end of a claim is compared with the taker's clock."""

    async def local(database: Any, token: str, seconds: float) -> Any:
        return await database.collection(store.DISPATCHES).find_one_and_update(
            {
                "phase": {"$in": ["queued", "claimed"]},
                "next_try_at": {"$lte": clock.now()},
                "$or": [{"phase": "queued"}, {"claimed_until": {"$lte": clock.now()}}],
            },
            {"$set": {"phase": "claimed", "token": token, "claimed_until": clock.now() + timedelta(seconds=seconds)}},
        )

    real = clock.now
    assert await local(office.database, "one", 60)
    assert not await local(office.database, "two", 60)
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(minutes=5))
    assert await local(office.database, "two", 60)
    monkeypatch.undo()
    assert (await store.claim(office.database, "three", 60))[0] == []


async def test_another_address_key_is_refused_since_it_would_lose_every_no(office: Office) -> None:
    await office.sender().check_key()
    other = Sender(office.database, office.settings, office.sender()._renderer, "another key")

    with pytest.raises(ValueError, match="SOUNDING_OUTBOX_ADDRESS_KEY"):
        await other.check_key()
