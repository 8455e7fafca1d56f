"""Outbox's sender as a process of its own, which can be told where to die or to stand still.

`python -m tests.outbox.sender_process --at POINT --signal KILL`; its settings come from the environment.
"""

import argparse
import os
import signal
from collections.abc import Callable
from typing import Any

from chassis import service as chassis
from chassis.settings import load
from services.outbox import store
from services.outbox.adapters.smtp import Connection
from services.outbox.domain.sending import Step
from services.outbox.jobs import Sender, sender
from services.outbox.jobs.holding import Hold
from services.outbox.main import build
from services.outbox.settings import Settings

BEFORE_THE_GATE = {
    "claimed": (store, "claim"),
    "mail": (Connection, "_said"),
    "rcpt": (Connection, "_said"),
    "354": (Connection, "offer"),
}
AFTER_THE_GATE = {
    "passed": (Sender, "_passed"),
    "body": (Connection, "_taken"),
    "reply": (Connection, "_reply"),
    "stored": (Sender, "_conclude_together"),
}
STEPS = {"mail": Step.MAIL, "rcpt": Step.RCPT}
BEFORE_IT = {"dot": (Connection, "_reply")}
"""Points that are reached before the call, with the dot written and no reply read; the others after it."""
GIVE_NOTHING = {"_taken", "_said"}
"""The others give nothing where there was nothing to do."""


def _at(owner: Any, name: str, happen: Callable[[], None], *, before: bool, step: Step | None = None) -> None:
    right = getattr(owner, name)

    async def wrapped(*arguments: Any, **more: Any) -> Any:
        if before:
            happen()
        result = await right(*arguments, **more)
        claimed = result[0] if name == "claim" else result
        if not before and (claimed or name in GIVE_NOTHING) and (step is None or step in arguments):
            happen()
        return result

    setattr(owner, name, wrapped)


async def _no_older(hold: Hold) -> bool:
    """These databases have no streams beside them to look back on."""
    del hold
    return False


def main() -> None:
    """Send until dead."""
    setattr(Hold, "older", _no_older)  # noqa: B010
    parser = argparse.ArgumentParser()
    points = {**BEFORE_THE_GATE, **AFTER_THE_GATE, **BEFORE_IT}
    parser.add_argument("--at", choices=points)
    parser.add_argument("--signal", default="KILL")
    parser.add_argument("--late", action="store_true", help="The wrong variant: the dot is written however late.")
    arguments = parser.parse_args()
    number = signal.Signals[f"SIG{arguments.signal}"]
    if arguments.late:
        sender.GATE_DEADLINE_SECONDS = 3600
    if arguments.at:
        owner, name = points[arguments.at]
        _at(
            owner,
            name,
            lambda: os.kill(os.getpid(), number),
            before=arguments.at in BEFORE_IT,
            step=STEPS.get(arguments.at),
        )
    chassis.run(lambda: build(load(Settings)), ["jobs:send"])


if __name__ == "__main__":
    main()
