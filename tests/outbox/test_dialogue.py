"""The dialogue with a mail server: commands at once where it takes that, one after the other where not, never a mail too many."""

import pytest

from services.outbox.adapters.dialog import Dialog
from services.outbox.adapters.smtp import START_INPUT, Connection, command, stuffed
from services.outbox.domain.dispatch import State
from services.outbox.domain.mail import Mail
from services.outbox.domain.sending import Step
from tests.outbox.events import customer, request
from tests.outbox.mailserver import DATA, DOT, MAIL, RCPT, Act
from tests.outbox.office import Office

PIPELINING = "250-mx.example\r\n250 PIPELINING"


@pytest.fixture
def quick(office: Office) -> Office:
    """An office whose server takes several commands at once."""
    office.server.always("EHLO", PIPELINING)
    return office


async def test_where_it_is_offered_three_commands_go_out_at_once(quick: Office) -> None:
    await quick.send_all()
    assert quick.server.seen[-4:] == [MAIL, RCPT, DATA, DOT]
    assert (await quick.record()).state is State.SENT


@pytest.mark.parametrize(
    ("step", "answer", "state"),
    [
        (MAIL, "451 4.3.0 later", State.QUEUED),
        (RCPT, "451 4.7.1 greylisted", State.QUEUED),
        (RCPT, "550 5.1.1 no such user", State.BOUNCED),
        (RCPT, "421 4.3.2 closing", State.QUEUED),
    ],
)
async def test_a_server_that_waits_for_the_mail_it_refused_gets_none(
    quick: Office, step: str, answer: str, state: State
) -> None:
    """RFC 2920: DATA was under way already, and is answered with 354."""
    quick.server.next(step, answer)
    await quick.send_next()

    assert (await quick.record()).state is state
    assert (quick.server.mails, DOT in quick.server.seen) == ([], False)

    await quick.hear_customers(customer("bob"))
    await quick.hear_requests(request("d2", "bob"))
    await quick.send_all()
    assert [mail.recipient for mail in quick.server.mails] == ["bob@example.com"]


@pytest.mark.parametrize(
    ("ends_it_with_a_dot", "got"), [(False, []), (True, ["ada@example.com"])], ids=["", "wrong variant"]
)
async def test_the_mail_that_it_waits_for_is_not_ended_for_it(
    quick: Office, monkeypatch: pytest.MonkeyPatch, ends_it_with_a_dot: bool, got: list[str]
) -> None:
    """The wrong variant goes on over the same connection by ending the mail that it does not send: an empty one arrives, past the gate."""

    async def end_it(connection: Connection, dialog: Dialog, step: Step) -> None:
        del connection
        reply = await dialog.reply(1)
        if step is Step.DATA and reply.code == START_INPUT:
            dialog.write(b"\r\n.\r\n", 1)
            await dialog.reply(1)

    if ends_it_with_a_dot:
        monkeypatch.setattr(Connection, "_and_then", end_it)
    quick.server.next(RCPT, "451 4.7.1 greylisted")
    await quick.send_next()

    assert [mail.recipient for mail in quick.server.mails] == got


async def test_two_replies_in_one_packet_are_each_taken_for_their_own_command(quick: Office) -> None:
    quick.server.next(MAIL, "250-2.1.0 ok\r\n250 go on\r\n550 5.1.1 no such user\r\n354 go on")
    quick.server.next(RCPT, Act.HANG)
    await quick.send_next()

    assert ((await quick.record()).state, quick.server.mails) == (State.BOUNCED, [])


def test_no_line_ends_the_mail() -> None:
    assert stuffed(b".\r\n..x\r\na.b\r\n.") == b"..\r\n...x\r\na.b\r\n.."


@pytest.mark.parametrize("address", ["a@b.c>\r\nRCPT TO:<d@e.f", "a b@c.d", "a@b.c\x00"])
def test_f43_an_address_makes_no_command_of_its_own(address: str) -> None:
    mail = Mail(
        dispatch_id="d1", message_id="<x@y>", return_path="b@c.d", recipient=address, subject_line="x", data=b"x"
    )
    with pytest.raises(ValueError, match="an address"):
        command(Step.RCPT, mail)
