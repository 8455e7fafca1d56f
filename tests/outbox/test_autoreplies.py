"""Mails that follow answers go out once, through the same gate as surveys, and count as none."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sounding_contracts import topics
from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.envelope import Event

from chassis.clock import now
from chassis.tokens import Links
from services.outbox import commands
from services.outbox.domain.dispatch import State
from services.outbox.domain.figures import counted
from tests.outbox.events import customer, event, response
from tests.outbox.office import Office


def autoreply(id: str = "a1", **more: Any) -> Event[Any]:
    values = {
        "response_id": f"r-{id}",
        "dispatch_id": "d1",
        "customer_id": "ada",
        "campaign_id": "nps",
        "rule_id": "rule",
        "template_id": "built-in-autoreply",
        "requested_at": now(),
        "not_before": now() - timedelta(minutes=1),
        "expires_at": now() + timedelta(hours=72),
        **more,
    }
    data = AutoreplyRequested(autoreply_id=id, **values)
    return event(topics.FEEDBACK_AUTOREPLY_REQUESTS, id, 1, data)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def hear(office: Office, *events: Event[Any]) -> None:
    await office.database.transact(lambda tx: commands.begin_autoreplies(tx, events, now()))


async def test_it_is_sent_once_and_leads_back_to_the_answer(office: Office) -> None:
    await office.send_all()
    await office.hear_responses(response("d1", "ada"))
    for _ in range(2):
        await hear(office, autoreply())
        await office.send_all()

    _, mail = office.server.mails
    record = await office.record("a1")
    links = Links(office.settings.chassis.signing_keys)
    text = text_of(mail.message)
    assert (record.state, record.reason, record.template_id) == (State.SENT, "autoreply", "built-in-autoreply")
    assert mail.message["Subject"] == "Thank you for your feedback"
    assert f"/s/{links.make('survey', 'd1')}" in text
    assert f"/u/{links.make('unsubscribe', 'a1')}" in text


async def test_it_is_no_survey_for_anyone(office: Office) -> None:
    await office.send_all()
    await hear(office, autoreply())
    await office.send_all()

    assert await office.told("outbox.dispatches.v1", "a1") == []
    assert counted(await office.record("a1")) is None
    await office.hear_responses(response("d1", "ada"))
    assert (await office.record("a1")).state is State.SENT


async def test_who_says_no_before_it_is_due_gets_none(office: Office) -> None:
    await office.send_all()
    await hear(office, autoreply(not_before=now() + timedelta(hours=1)))
    await office.send_all()
    await office.say_no()
    await office.due_again("a1")
    await office.send_all()

    record = await office.record("a1")
    assert (record.state, record.state_reason, len(office.server.mails)) == (State.SUPPRESSED, "unsubscribed", 1)


async def test_two_answers_of_one_mailbox_are_both_followed(office: Office) -> None:
    await office.hear_customers(customer("bob", email="ada@example.com", canonical_email="ada@example.com"))
    await office.send_all()
    await hear(office, autoreply("a1"), autoreply("a2", customer_id="bob", dispatch_id=None))
    await office.send_all()

    links = Links(office.settings.chassis.signing_keys)
    assert [(await office.record(id_)).state for id_ in ("a1", "a2")] == [State.SENT, State.SENT]
    texts = [text_of(mail.message) for mail in office.server.mails]
    assert any(f"/l/{links.make('link', 'bob|nps')}" in text for text in texts)
