"""Ways in for mails that come back: SMTP, a folder, a mailbox read by IMAP."""

import asyncio
import mailbox
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aioimaplib.imap_testing_server import ImapProtocol, Mail, MockImapServer
from pydantic import SecretStr

from services.outbox import store
from services.outbox.adapters import intake
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import State
from services.outbox.jobs import take_in
from services.outbox.jobs.intake import Doorkeeper
from services.outbox.settings import Settings
from tests.outbox.office import Office
from tests.outbox.returned_mails import complaint, dsn, let_out, read_all, verp
from tests.waiting import eventually

_SEARCH = ImapProtocol.search
BOUNCE = dsn("5.1.1", "550 5.1.1 <ada@example.com>: User unknown")


@asynccontextmanager
async def _server(office: Office, **more: Any) -> AsyncIterator[Callable[..., Any]]:
    """The SMTP server for bounces; gives a client's call in a thread."""
    door = Doorkeeper(office.database, office.settings.model_copy(update=more))
    async with intake.smtp_server("127.0.0.1", 0, door.accepts, door.keep, "bounces.invalid") as port:

        async def call(work: Callable[[smtplib.SMTP], Any]) -> Any:
            def inner() -> Any:
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    return work(client)

            return await asyncio.to_thread(inner)

        yield call


async def _kept(office: Office) -> list[dict[str, Any]]:
    return await office.database.collection(store.INCOMING).find().to_list(None)


async def test_a_bounce_to_a_return_path_comes_in_by_smtp(office: Office) -> None:
    await let_out(office)
    async with _server(office) as call:
        refused = await call(lambda client: client.sendmail("", [verp(office), verp(office).upper()], BOUNCE))
    assert refused == {}
    await read_all(office)

    assert (await office.record()).state is State.BOUNCED


async def test_nobody_but_our_own_addresses_gets_mail(office: Office) -> None:
    """No open relay, and no mailbox that could be filled by whoever knows our domain."""
    own = office.settings.bounce_domain
    strangers = [
        "ada@example.com",
        f"postmaster@{own}",
        return_path.make("d1", own, ["not our key"]),
        return_path.make("d1", "elsewhere.example", [office.settings.chassis.signing_keys[-1].get_secret_value()]),
        f"ada%example.com@{own}",
        f'"ada@example.com"@{own}',
    ]

    def try_all(client: smtplib.SMTP) -> list[int]:
        client.ehlo()
        client.mail("<>")
        return [client.rcpt(one)[0] for one in strangers]

    async with _server(office) as call:
        codes = await call(try_all)
    assert set(codes) <= {550, 553}
    assert await _kept(office) == []


async def test_a_mailbox_that_we_named_takes_mail(office: Office) -> None:
    await let_out(office)
    async with _server(office, feedback_address="fbl@northlight.example") as call:
        await call(lambda client: client.sendmail("fbl@example.net", ["fbl@northlight.example"], complaint()))
    await read_all(office)

    assert str((await office.gate()).status) == "unsubscribed"


async def test_f46_a_mail_of_20_mb_is_refused_by_smtp(office: Office) -> None:
    def announce_and_send(client: smtplib.SMTP) -> tuple[int, int]:
        client.ehlo()
        announced = client.mail("<>", ["SIZE=20000000"])[0]
        client.rset()
        client.mail("<>")
        client.rcpt(verp(office))
        return announced, client.data((b"x" * 76 + b"\r\n") * 14_000)[0]

    async with _server(office) as call:
        assert await call(announce_and_send) == (552, 552)
    assert await _kept(office) == []


async def test_what_cannot_be_stored_now_stays_with_the_sender(office: Office) -> None:
    async def fails(raw: bytes, recipients: Any) -> None:
        raise OSError

    async with intake.smtp_server("127.0.0.1", 0, lambda _: True, fails, "x") as port:

        def send() -> int:
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as client, suppress(smtplib.SMTPDataError) as _:
                try:
                    client.sendmail("", [verp(office)], BOUNCE)
                except smtplib.SMTPDataError as error:
                    return error.smtp_code
            return 250

        assert await asyncio.to_thread(send) == 451


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
async def test_a_folder_is_emptied(office: Office, tmp_path: Path, kind: str) -> None:
    await let_out(office)
    path = tmp_path / kind
    box: Any = mailbox.Maildir(str(path)) if kind == "maildir" else mailbox.mbox(str(path))
    addressed = BOUNCE.replace(b"To: b@bounces.invalid", f"To: {verp(office)}".encode())
    box.add(addressed)
    box.add(b"Subject: not for us\n\nHello\n")
    box.flush()
    box.close()
    door = Doorkeeper(office.database, office.settings)

    assert await intake.empty_folder(path, door.keep) == 2
    assert await intake.empty_folder(path, door.keep) == 0
    assert await intake.empty_folder(tmp_path / "not there", door.keep) == 0
    await read_all(office)
    assert (await office.record()).state is State.BOUNCED


async def test_a_mail_stays_in_the_folder_until_it_is_stored(office: Office, tmp_path: Path) -> None:
    box = mailbox.Maildir(str(tmp_path / "m"))
    box.add(BOUNCE)

    async def fails(raw: bytes, recipients: Any) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await intake.empty_folder(tmp_path / "m", fails)
    assert len(mailbox.Maildir(str(tmp_path / "m"))) == 1


async def test_a_mailbox_is_read_by_imap_and_what_was_stored_is_not_read_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapProtocol, "search", _search)
    await let_out(office)
    server = MockImapServer()
    running = await server.run_server(host="127.0.0.1", port=0)
    port = running.sockets[0].getsockname()[1]
    mails = [
        Mail.create(
            ["bounces@northlight.example"], mail_from="MAILER-DAEMON@mx.example.com", subject="hello", content="x"
        ),
        Mail.create(
            [verp(office)], mail_from="MAILER-DAEMON@mx.example.com", subject="failure notice", content=_qmail()
        ),
    ]
    for mail in mails:
        server.receive(mail, imap_user="bounces")
    door = Doorkeeper(office.database, office.settings)

    async def read() -> int:
        return await intake.empty_mailbox("127.0.0.1", port, "bounces", "pw", "INBOX", door.keep, tls=False)

    try:
        assert (await read(), await read()) == (2, 0)
    finally:
        running.close()
    await read_all(office)
    assert (await office.record()).state is State.BOUNCED


def _search(self: Any, tag: str, *asked: str) -> None:
    """The testing server knows UNSEEN by another name only."""
    words = [word for one in asked for word in (("UNKEYWORD", r"\Seen") if one == "UNSEEN" else (one,))]
    _SEARCH(self, tag, *words)


def _qmail() -> str:
    return (
        "Hi. This is the qmail-send program at mx.example.com.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<ada@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy.\n"
    )


async def test_the_job_runs_each_intake_that_is_set_up(office: Office, tmp_path: Path) -> None:
    """The folder goes on being emptied while the IMAP server is away."""
    settings: Settings = office.settings.model_copy(
        update={
            "bounce_port": 0,
            "bounce_folder": tmp_path / "m",
            "imap_host": "127.0.0.1",
            "imap_port": 1,
            "imap_tls": False,
            "imap_password": SecretStr("pw"),
            "intake_seconds": 0.05,
        }
    )
    job = asyncio.ensure_future(take_in(office.database, settings)())
    mailbox.Maildir(str(tmp_path / "m")).add(BOUNCE)

    async def kept() -> bool:
        return len(await _kept(office)) == 1

    await eventually(kept)
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job
