"""`python -m deploy.local.mailbox --smtp-port 2525 --http-port 8425`."""

import argparse
import asyncio
import os
import signal
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.demo.company import GONE
from deploy.local.mailbox.app import Profile, create_app
from deploy.local.mailbox.store import Mails

MAX_BYTES = 10_000_000


class CatchAll:
    """Takes every mail, but for people who are known to have left: `nobody.…@…`."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse who has left, as their own server would."""
        del server, session
        if address.casefold().startswith(GONE):
            return "550 5.1.1 no mailbox here by that name"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep it, then say so."""
        del server, session
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self._mails.add(envelope.mail_from or "", envelope.rcpt_tos, raw)
        return "250 2.0.0 kept"


async def serve(host: str, smtp_port: int, http_port: int, data: Path | None) -> None:
    """Take mails and show them until told to stop."""
    mails = Mails(data)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    smtp = await loop.create_server(
        lambda: SMTP(CatchAll(mails), hostname="mailbox", data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, loop=loop),
        host,
        smtp_port,
        backlog=512,
    )
    app = create_app(mails, _profile())
    config = uvicorn.Config(app, host=host, port=http_port, log_level="warning", lifespan="off")
    # Longer than a client keeps an idle connection, so that none is closed while a request is on its way.
    config.timeout_keep_alive = 75
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined,method-assign,unused-ignore]
    task = asyncio.create_task(server._serve())  # noqa: SLF001 - `serve` would take our signals
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await task
    smtp.close()


def _profile() -> Profile | None:
    url, key = os.environ.get("SOUNDING_PROFILE_URL"), os.environ.get("SOUNDING_API_KEY")
    return Profile(url, key) if url and key else None


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--http-port", type=int, default=8425)
    parser.add_argument("--data", type=Path, default=None, help="folder to keep the mails in")
    given = parser.parse_args()
    asyncio.run(serve(given.host, given.smtp_port, given.http_port, given.data))


if __name__ == "__main__":
    main()
