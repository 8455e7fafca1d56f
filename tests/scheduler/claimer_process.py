"""Scheduler's claiming and publishing as a process of its own, which can be told where to die.

`python -m tests.scheduler.claimer_process --at POINT`; its settings come from the environment.
"""

import argparse
import os
import signal
from typing import Any

from sounding_contracts import topics

from chassis import service as chassis
from chassis.mongo import Database, Transaction
from chassis.relay import Relay
from chassis.settings import load
from services.scheduler import store
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.store import Customers
from services.scheduler.store import occurrences as kept

BEFORE_COMMIT = {"claimed": (Customers, "save")}
AFTER_COMMIT = {"committed": (Database, "transact"), "published": (Relay, "_publish")}
POINTS = {**BEFORE_COMMIT, **AFTER_COMMIT}


def _die_after(owner: Any, name: str) -> None:
    right = getattr(owner, name)

    async def wrapped(*arguments: Any, **more: Any) -> Any:
        result = await right(*arguments, **more)
        if name != "transact" or (type(result) is int and result):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


def _request_first() -> None:
    """The wrong variant: the request is stored on its own, before the claim is."""

    async def claim(tx: Transaction, occurrences: Any) -> None:
        if occurrences:
            publish = topics.SCHEDULER_DISPATCH_REQUESTS, [kept._request_event(one) for one in occurrences]
            await tx._database.transact(lambda other: other.publish(*publish))
            os.kill(os.getpid(), signal.SIGKILL)

    store.claim = claim


def main() -> None:
    """Claim and publish until dead."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at", choices=POINTS)
    parser.add_argument("--request-first", action="store_true")
    arguments = parser.parse_args()
    if arguments.request_first:
        _request_first()
    if arguments.at:
        _die_after(*POINTS[arguments.at])
    chassis.run(lambda: build(load(Settings)), ["jobs:due", "relay"])


if __name__ == "__main__":
    main()
