"""What a sender makes of a mail server's trouble: fault cases F31 to F33, at every step."""

from datetime import timedelta

import pytest

from chassis.errors import Refusal
from services.outbox.domain.dispatch import Phase, State
from services.outbox.jobs import Sender
from tests.outbox.events import customer, request
from tests.outbox.mailserver import BODY, CONNECT, DATA, DOT, MAIL, RCPT, Act
from tests.outbox.office import Office


async def test_a_mail_is_sent_once_and_its_record_says_so(office: Office) -> None:
    await office.send_all()
    await office.send_all()

    (mail,) = office.server.mails
    record = await office.record()
    assert (record.state, record.phase, record.subject_line) == (State.SENT, Phase.DONE, "One question, Ada")
    assert record.smtp_reply is not None
    assert (record.smtp_reply.code, record.smtp_reply.text) == (250, "2.0.0 kept")
    assert mail.message["Message-ID"] == record.message_id
    assert (await office.gate()).inflight is None


BEFORE_THE_DOT = [
    *((step, Act.HANG) for step in (CONNECT, "EHLO", MAIL, RCPT, DATA)),
    *(
        (step, trouble)
        for step in (CONNECT, "EHLO", MAIL, RCPT, DATA, BODY)
        for trouble in (Act.CUT, "451 4.7.1 come again later", "421 4.3.2 closing")
    ),
]


@pytest.mark.parametrize(("step", "trouble"), BEFORE_THE_DOT)
async def test_f32_trouble_before_the_dot_is_tried_again(office: Office, step: str, trouble: str | Act) -> None:
    office.server.next(step, trouble)
    await office.send_next()

    record = await office.record()
    assert (record.state, record.phase, record.attempts) == (State.QUEUED, Phase.QUEUED, 1)
    assert timedelta(minutes=4) < record.next_try_at - record.requested_at < timedelta(minutes=6)
    assert office.server.mails == []
    await office.due_again()
    await office.send_next()
    assert len(office.server.mails) == 1
    assert (await office.record()).state is State.SENT


@pytest.mark.parametrize("trouble", [Act.CUT, Act.TAKE_AND_CUT, Act.HANG, "garbage", "354 more?"])
async def test_f31_trouble_after_the_dot_is_unknown_and_never_sent_again(office: Office, trouble: str | Act) -> None:
    office.server.next(DOT, trouble)
    await office.send_all()
    taken = len(office.server.mails)

    await office.time_passes(committed_at=timedelta(minutes=16))
    assert await office.give_up_unclear() == 1
    await office.due_again()
    await office.send_all()

    record = await office.record()
    assert (record.state, record.state_reason, record.phase) == (State.UNKNOWN, "no-reply", Phase.DONE)
    assert record.sent_at is not None
    assert len(office.server.mails) == taken


async def test_f31_sending_the_unclear_again_sends_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant: what had no reply is taken for not sent."""

    async def again(sender: Sender, connection: object, dispatch: object, mail: object, *rest: object) -> None:
        try:
            await right(sender, connection, dispatch, mail, *rest)  # type: ignore[arg-type]
        finally:
            if (await office.record()).phase is Phase.COMMITTED:
                await office.database.collection("dispatches").update_one({"_id": "d1"}, {"$set": {"phase": "queued"}})

    right = Sender._finish
    monkeypatch.setattr(Sender, "_finish", again)
    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_next()
    monkeypatch.undo()
    await office.database.collection("gates").delete_many({})
    await office.send_next()

    assert len(office.server.mails) == 2


async def test_f31_what_was_unclear_is_resolved_by_an_answer(office: Office) -> None:
    from tests.outbox.events import response

    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_all()
    await office.time_passes(committed_at=timedelta(minutes=16))
    await office.give_up_unclear()

    await office.hear_responses(response("d1", "ada"))

    record = await office.record()
    assert (record.state, record.state_reason, record.ended_at) == (State.RESPONDED, None, None)


async def test_f32_452_after_the_dot_is_tried_again_under_the_same_message_id(office: Office) -> None:
    seen = []

    async def remember() -> None:
        seen.append((await office.record()).message_id)

    office.server.meanwhile[DOT] = remember
    office.server.next(DOT, "452 4.3.1 full")
    await office.send_next()
    assert (await office.record()).phase is Phase.QUEUED
    await office.due_again()
    await office.send_next()

    (mail,) = office.server.mails
    assert seen == [mail.message["Message-ID"]] * 2


@pytest.mark.parametrize(
    ("step", "reply", "state", "status"),
    [
        (RCPT, "550 5.1.1 no such user", State.BOUNCED, "hard_bounced"),
        (RCPT, "550 no such user", State.BOUNCED, "hard_bounced"),
        (DOT, "550 5.1.1 no such user", State.BOUNCED, "hard_bounced"),
        (RCPT, "550 5.7.1 we do not like you", State.FAILED, None),
        (RCPT, "552 5.2.2 mailbox full", State.FAILED, None),
        (DOT, "554 5.7.1 looks like spam", State.FAILED, None),
        (DOT, "550 looks like spam", State.FAILED, None),
    ],
)
async def test_f32_a_refusal_for_good_ends_it_and_only_a_missing_mailbox_suppresses(
    office: Office, step: str, reply: str, state: State, status: str | None
) -> None:
    office.server.next(step, reply)
    await office.send_all()
    await office.due_again()
    await office.send_all()

    record, gate = await office.record(), await office.gate()
    assert (record.state, record.phase, office.server.mails) == (state, Phase.DONE, [])
    assert (gate.status, bool(gate.evidence)) == (status, status is not None)
    assert gate.evidence is None or gate.evidence.smtp_reply == reply


@pytest.mark.parametrize(("step", "reply"), [(CONNECT, "554 no service"), (MAIL, "550 5.7.1 sender refused")])
async def test_what_a_server_has_against_us_is_not_the_recipients_fault(office: Office, step: str, reply: str) -> None:
    office.server.next(step, reply)
    await office.send_next()

    assert ((await office.record()).phase, (await office.gate()).status) == (Phase.QUEUED, None)


async def test_f33_a_reply_that_comes_late_but_in_time_counts(office: Office) -> None:
    import asyncio

    office.server.meanwhile[DOT] = lambda: asyncio.sleep(0.5)
    await office.send_next()

    assert (await office.record()).state is State.SENT


async def test_f33_a_reply_that_comes_too_late_leaves_it_unclear(office: Office) -> None:
    import asyncio

    office.server.meanwhile[DOT] = lambda: asyncio.sleep(1.5)
    await office.send_next()

    assert (await office.record()).phase is Phase.COMMITTED


async def test_a_record_is_tried_at_growing_intervals_until_it_expires(office: Office) -> None:
    office.server.always(RCPT, "451 4.2.0 greylisted")
    waits = []
    for _ in range(7):
        await office.due_again()
        await office.send_next()
        record = await office.record()
        waits.append(round((record.next_try_at - record.requested_at) / timedelta(minutes=1)))
    assert waits == [5, 15, 60, 240, 360, 360, 360]

    await office.time_passes(expires_at=timedelta(hours=49))
    await office.due_again()
    await office.send_next()
    assert ((await office.record()).state, office.server.mails) == (State.EXPIRED, [])


async def test_a_bug_with_one_record_harms_only_that_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.outbox.adapters.smtp import Connection
    from services.outbox.jobs import sending

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    sender = office.sender()
    async with Connection(office.settings) as connection:
        (work,) = await sender.take(1)
        monkeypatch.setattr(Sender, "_rendered", broken)
        await sending._sent(sender, connection, work)
        monkeypatch.undo()
        await office.hear_customers(customer("bob"))
        await office.hear_requests(request("d2", "bob"))
        (work,) = await sender.take(1)
        await sending._sent(sender, connection, work)
    await sender.recorded()
    assert [mail.recipient for mail in office.server.mails] == ["bob@example.com"]

    await office.time_passes(claimed_until=timedelta(minutes=5))
    await office.send_all()
    assert len(office.server.to("ada@example.com")) == 1


async def test_a_mail_that_cannot_be_rendered_fails_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.outbox.adapters.render import Renderer

    def refuse(*_: object) -> None:
        raise Refusal("no", "cannot")

    monkeypatch.setattr(Renderer, "mail", refuse)
    await office.send_all()

    record = await office.record()
    assert (record.state, record.state_reason) == (State.FAILED, "not-rendered")


async def test_one_connection_carries_many_mails(office: Office) -> None:
    from services.outbox.adapters.smtp import Connection

    await office.hear_customers(*(customer(f"c{n}") for n in range(5)))
    await office.hear_requests(*(request(f"e{n}", f"c{n}") for n in range(5)))
    office.server.next(RCPT, "550 5.1.1 gone")
    async with Connection(office.settings) as connection:
        while await office.sender().send_next(connection):
            pass

    assert (len(office.server.mails), office.server.seen.count(CONNECT)) == (5, 1)
