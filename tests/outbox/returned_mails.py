"""Mails that come back to an office, as mail servers write them."""

import hashlib
from collections.abc import Sequence

from chassis.tokens import Links
from services.outbox import store
from services.outbox.domain import incoming, return_path
from services.outbox.domain.dispatch import State
from services.outbox.jobs import Reader
from services.outbox.settings import Settings
from tests.outbox.office import SECRET, Office


def keys(settings: Settings) -> list[str]:
    return [key.get_secret_value() for key in settings.chassis.signing_keys]


def verp(office: Office, dispatch_id: str = "d1") -> str:
    return return_path.make(dispatch_id, office.settings.bounce_domain, keys(office.settings))


def dsn(
    status: str, said: str, *, action: str = "failed", to: str = "b@bounces.invalid", about: str = "d1", number: int = 1
) -> bytes:
    """A delivery status notification of Postfix, with the headers of the mail that came back."""
    return (
        f"From: MAILER-DAEMON@mx.example.com\nTo: {to}\nMessage-ID: <{about}.{number}@mx.example.com>\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"<ada@example.com>: host mx.example.com said: {said} (in reply to RCPT TO command)\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        f"Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{about}@northlight.example>\nSubject: One question\n\n--b--\n"
    ).encode()


def complaint(about: str = "d1") -> bytes:
    """A feedback report whose recipient was taken out."""
    return (
        "From: fbl@example.net\nTo: fbl@northlight.example\nSubject: complaint\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <{about}@northlight.example>\nSubject: One question\n\n--b--\n"
    ).encode()


async def let_out(office: Office, *ids: str) -> None:
    """These mails are sent, however long this machine takes for it."""
    for id_ in ids or ("d1",):
        while (await office.record(id_)).state is State.QUEUED:
            await office.due_again(id_)
            await office.send_all()


async def comes_in(office: Office, raw: bytes, recipients: Sequence[str] = (), source: str = incoming.MAIL) -> str:
    """It is stored, and all that waits is read. Returns its id."""
    id_ = hashlib.sha256(raw + repr(recipients).encode()).hexdigest()
    await store.keep_incoming(office.database, id_, source, raw, recipients)
    await read_all(office)
    return id_


async def read_all(office: Office) -> None:
    links = Links(office.settings.chassis.signing_keys)
    reader = Reader(office.database, office.settings, links, SECRET)
    while await reader.read_next():
        pass


async def outcome(office: Office, id_: str) -> dict[str, int]:
    """What became of something that came in."""
    row = await office.database.collection(store.INCOMING).find_one({"_id": id_})
    assert row is not None
    assert row["state"] == store.DONE
    found: dict[str, int] = row["outcome"]
    return found
