"""The loops that take mails in: each intake that is set up, and none of its own accord."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from chassis import telemetry
from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.service import Job
from services.outbox import store
from services.outbox.adapters import intake
from services.outbox.domain import incoming
from services.outbox.settings import Settings

log = get_logger(__name__)


class Doorkeeper:
    """Knows for whom mails are taken in, and stores them."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._domain = database, settings.bounce_domain
        self._keys = [key.get_secret_value() for key in settings.chassis.signing_keys]
        self._others = [one for one in (settings.unsubscribe_address, settings.feedback_address) if one]

    def accepts(self, address: str) -> bool:
        """Whether this is an address of ours."""
        return incoming.accepts(address, self._keys, self._domain, self._others)

    async def keep(self, raw: bytes, recipients: Sequence[str]) -> None:
        """Store a mail as it came; the same again is nothing new."""
        id_ = incoming.id_of(incoming.MAIL, raw, *sorted(recipients))
        await store.keep_incoming(self._database, id_, incoming.MAIL, raw, recipients)


def take_in(database: Database, settings: Settings) -> Job:
    """Serves SMTP, empties the folder and the mailbox, as far as they are set."""
    door = Doorkeeper(database, settings)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for work in _intakes(door, settings):
                group.create_task(work)
            group.create_task(asyncio.Event().wait())

    return run


def _intakes(door: Doorkeeper, settings: Settings) -> list[Coroutine[Any, Any, None]]:
    works = []
    if settings.bounce_port is not None:
        works.append(_serve(door, settings))
    if (folder := settings.bounce_folder) is not None:
        works.append(_again(settings.intake_seconds, "folder", lambda: intake.empty_folder(folder, door.keep)))
    if settings.imap_host:
        works.append(_again(settings.intake_seconds, "imap", lambda: _empty_mailbox(door, settings)))
    return works


async def _serve(door: Doorkeeper, settings: Settings) -> None:
    host, port, name = settings.bounce_host, settings.bounce_port or 0, settings.bounce_domain
    async with intake.smtp_server(host, port, door.accepts, door.keep, name) as bound:
        log.info("intake.listening", port=bound)
        await asyncio.Event().wait()


async def _empty_mailbox(door: Doorkeeper, settings: Settings) -> int:
    password = settings.imap_password.get_secret_value() if settings.imap_password else ""
    return await intake.empty_mailbox(
        str(settings.imap_host),
        settings.imap_port,
        settings.imap_username,
        password,
        settings.imap_folder,
        door.keep,
        tls=settings.imap_tls,
    )


async def _again(seconds: float, name: str, work: Callable[[], Awaitable[int]]) -> None:
    """Work again and again; trouble is said and the next time tried anew."""
    while True:
        count = 0
        try:
            count = await work()
        except Exception as error:  # noqa: BLE001 - a server that is away, a file that is locked
            telemetry.JOB_ERRORS.labels("intake").inc()
            log.warning("intake.failed", intake=name, error=type(error).__name__)
        if not count:
            await asyncio.sleep(seconds)
