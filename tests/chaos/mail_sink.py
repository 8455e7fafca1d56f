"""A mail server as the world has them: it defers, refuses, breaks off, and answers late or never; all by a seed."""

import asyncio
import random

from tests.outbox.mailserver import CONNECT, DATA, DOT, MAIL, RCPT, Act, MailServer

PIPELINING = "250-mx.example\r\n250 PIPELINING"
LATE_SECONDS = 4.0
"""Longer than a sender waits for a reply in these runs."""
NOBODY = "550 5.1.1 no such user"
WHIMS: dict[str, list[tuple[float, str | Act]]] = {
    CONNECT: [(0.01, "421 4.3.2 too many connections"), (0.01, Act.CUT)],
    "EHLO": [(0.5, PIPELINING)],
    MAIL: [(0.01, "451 4.3.0 try later"), (0.01, Act.CUT)],
    RCPT: [(0.02, "451 4.7.1 greylisted"), (0.01, "421 4.3.2 closing"), (0.01, Act.CUT)],
    DATA: [(0.01, "451 4.3.0 try later"), (0.01, Act.CUT)],
    DOT: [(0.02, "452 4.3.1 no room"), (0.02, Act.TAKE_AND_CUT), (0.02, Act.CUT)],
}
"""At each step what it may do in place of going on, and how often."""


class Sink(MailServer):
    """Keeps every mail that it takes, with the moment at which it had the whole of it."""

    def __init__(self, seed: int, nobody: frozenset[str]) -> None:
        super().__init__()
        self._chance, self._nobody = random.Random(seed), nobody
        self.calm = False
        """Well again: what waits is taken."""

    async def act(self, step: str) -> str | Act:
        """As its mood is."""
        if step == RCPT and self._asked_for() in self._nobody:
            return NOBODY
        if self.calm:
            return await super().act(step)
        if step == DOT:
            # Some way to the far end: what is killed meanwhile has let its mail out and heard nothing.
            late = self._chance.random() < 0.01
            await asyncio.sleep(LATE_SECONDS if late else self._chance.uniform(0, 0.2))
        drawn = self._chance.random()
        for share, whim in WHIMS.get(step, ()):
            drawn -= share
            if drawn < 0:
                return whim
        return await super().act(step)

    def _asked_for(self) -> str:
        """Who stands in the line that was read last."""
        return self.lines[-1].partition("<")[2].partition(">")[0]
