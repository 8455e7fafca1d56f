"""Surveys shown in the app, reminders with a template of their own, and what an answer does to reminders."""

from datetime import timedelta
from typing import Any

from chassis.clock import now
from services.outbox.domain.dispatch import Phase, State
from tests.outbox.events import customer, request, response
from tests.outbox.office import Office


def reminder(number: int, **more: Any) -> Any:
    values = {"reason": "reminder", "reminds_of": "d1", "reminder_number": number, **more}
    return request(f"r{number}", "ada", **values)


async def test_a_survey_in_the_app_is_delivered_without_a_mail(office: Office) -> None:
    await office.hear_requests(request("d2", "ada", reason="in_app", channel="in_app", trigger_id="t1"))
    record = await office.record("d2")

    assert (record.state, record.phase, record.channel, record.trigger_id) == (
        State.DELIVERED,
        Phase.DONE,
        "in_app",
        "t1",
    )
    assert record.delivered_at == record.sent_at == record.requested_at
    (told,) = await office.told("outbox.dispatches.v1", "d2")
    assert b'"channel":"in_app"' in told["value"].replace(b" ", b"")
    await office.send_all()
    assert [mail.recipient for mail in office.server.mails] == ["ada@example.com"]


async def test_who_unsubscribed_is_shown_none_but_a_mailbox_that_fails_is_no_reason(office: Office) -> None:
    await office.say_no()
    await office.hear_requests(request("d2", "ada", reason="in_app", channel="in_app"))
    record = await office.record("d2")
    assert (record.state, record.state_reason) == (State.SUPPRESSED, "unsubscribed")

    await office.hear_customers(customer("bob"))
    await office.hear_requests(request("d3", "bob"))
    office.server.next("RCPT", "550 5.1.1 no such user")
    await office.send_all()
    await office.hear_requests(request("d4", "bob", reason="in_app", channel="in_app"))
    assert (await office.record("d4")).state is State.DELIVERED


async def test_an_answer_ends_reminders_that_wait_and_counts_for_the_last_that_went_out(office: Office) -> None:
    await office.send_all()
    for number in (1, 2):
        await office.hear_requests(reminder(number))
        await office.send_all()
    await office.hear_requests(reminder(3, not_before=now() + timedelta(days=1)))
    await office.hear_responses(response("d1", "ada"))

    found = {id_: await office.record(id_) for id_ in ("d1", "r1", "r2", "r3")}
    assert {id_: one.state for id_, one in found.items()} == {
        "d1": State.RESPONDED,
        "r1": State.SENT,
        "r2": State.RESPONDED,
        "r3": State.SUPPRESSED,
    }
    assert found["r3"].state_reason == "answered"

    await office.hear_requests(reminder(4))
    assert ((await office.record("r4")).state, len(office.server.mails)) == (State.SUPPRESSED, 3)


async def test_a_reminder_asks_in_its_own_words(office: Office) -> None:
    await office.send_all()
    await office.hear_requests(reminder(1, template_id="built-in-reminder"))
    await office.send_all()
    first, second = office.server.mails
    assert first.message["Subject"] != second.message["Subject"]
    assert (await office.record("r1")).template_id == "built-in-reminder"
