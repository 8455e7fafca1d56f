"""Schedulers as processes of their own, each of which dies where it is told to.

`python -m tests.scheduler.claimer_process` imports all that a scheduler needs, once. For each line of JSON that it
reads (`environment`, `job`, `at`, `wrong`) it forks one that runs, and writes the exit code of that, negative where
a signal ended it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sounding_contracts import topics

from chassis import service as chassis
from chassis.mongo import Database, Transaction
from chassis.relay import Relay
from chassis.settings import load
from services.scheduler import jobs, store
from services.scheduler.commands import customers, in_app, occurrences
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.store import Customers
from services.scheduler.store import occurrences as kept

GIVE_UP_SECONDS = 40
COMMANDS: dict[str, tuple[Any, str]] = {
    "due": (occurrences, "claim_due"),
    "triggers": (jobs, "ask_for_triggered"),
    "reminders": (jobs, "ask_for_reminders"),
    "recalculate": (customers, "recalculate"),
    "in-app": (in_app, "record_shown"),
}
"""What each of them does in a transaction."""
POINTS = ("claimed", "saved", "committed", "published")
"""After the claim is written, after all is written, after the commit, after the request stands in the topic."""


def _die(_: Any = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(owner: Any, name: str, then: Callable[[Any], None]) -> None:
    """Do something as soon as a call has come to its end."""
    right = getattr(owner, name)

    async def wrapped(*arguments: Any, **more: Any) -> Any:
        result = await right(*arguments, **more)
        then(result)
        return result

    setattr(owner, name, wrapped)


def _die_at(point: str, job: str) -> None:
    done: list[Any] = []
    if point == "claimed":
        _after(store, "claim", _die)
    elif point == "saved":
        _after(*COMMANDS[job], lambda result: _die() if result != 0 else None)
    elif point == "committed":
        _after(*COMMANDS[job], lambda result: done.append(result) if result != 0 else None)
        _after(Database, "transact", lambda _: _die() if done else None)
    else:
        _die_after_publishing(topics.SCHEDULER_NEXT_SURVEYS if job == "recalculate" else _REQUESTS)


_REQUESTS = topics.SCHEDULER_DISPATCH_REQUESTS


def _die_after_publishing(topic: topics.Topic) -> None:
    right = Relay._publish

    async def wrapped(self: Relay, producer: Any, rows: Sequence[Any]) -> None:
        await right(self, producer, rows)
        if any(row["topic"] == topic.name for row in rows):
            _die()

    Relay._publish = wrapped  # type: ignore[method-assign]


def _request_first() -> None:
    """Wrong: the request is stored on its own, before the claim is."""

    async def claim(tx: Transaction, occurrences: Any) -> None:
        if occurrences:
            publish = _REQUESTS, [kept._request_event(one) for one in occurrences]
            await tx._database.transact(lambda other: other.publish(*publish))
            _die()

    store.claim = claim


def _version_first() -> None:
    """Wrong: that they were looked at under the new rules is stored on its own, before what was found is."""

    async def save(self: Customers, before: Any, after: Any, now: Any) -> None:
        del before, now
        await self._tx._database.transact(lambda other: Customers(other)._put_looks(after))
        _die()

    Customers.save = save  # type: ignore[method-assign]


WRONG = {"request-first": _request_first, "version-first": _version_first}


def _live(environment: dict[str, str], job: str, at: str | None, wrong: str | None) -> None:
    """Be a scheduler until dead."""
    signal.alarm(GIVE_UP_SECONDS)
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    if wrong:
        WRONG[wrong]()
    if at:
        _die_at(at, job)
    relay = ["relay"] if at == "published" else []
    chassis.run(lambda: build(load(Settings)), [*relay, "http" if job == "in-app" else f"jobs:{job}"])


def main() -> None:
    """Have children until told no more."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(**json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
