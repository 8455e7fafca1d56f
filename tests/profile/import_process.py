"""Profile's imports as a process of its own, which can be told where to die: `python -m tests.profile.import_process`.

Its settings come from the environment, as any service's do.
"""

import argparse
import os
import signal
from typing import Any

from chassis import service as chassis
from chassis.settings import load
from services.profile import jobs as _jobs
from services.profile.commands import imports as _commands
from services.profile.main import build
from services.profile.settings import Settings

jobs: Any = _jobs
commands: Any = _commands


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_before_commit(pieces: int) -> None:
    import_piece, done = jobs.import_piece, iter(range(1, pieces))

    async def import_and_die(*arguments: Any) -> None:
        await import_piece(*arguments)
        if next(done, None) is None:
            _die()

    jobs.import_piece = import_and_die


def _die_after_commit(pieces: int) -> None:
    transact, done = jobs._or_fail, iter(range(1, pieces))

    async def commit_and_die(*arguments: Any) -> None:
        await transact(*arguments)
        if next(done, None) is None:
            _die()

    jobs._or_fail = commit_and_die


def _progress_apart() -> None:
    """The wrong variant: how far it is, is not stored together with the rows."""

    async def put_nothing(_: Any, import_: Any) -> Any:
        return import_

    commands.imports.put = put_nothing


POINTS = {"before-commit": _die_before_commit, "after-commit": _die_after_commit}


def main() -> None:
    """Run until told to stop, or until dead."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--die", choices=list(POINTS))
    parser.add_argument("--pieces", type=int, default=1)
    parser.add_argument("--wrong", action="store_true")
    arguments = parser.parse_args()
    # Whoever follows need not wait long.
    jobs.LEASE_SECONDS, jobs.POLL_SECONDS = 1.0, 0.05
    if arguments.die:
        POINTS[arguments.die](arguments.pieces)
    if arguments.wrong:
        _progress_apart()
    chassis.run(lambda: build(load(Settings)), ["jobs"])


if __name__ == "__main__":
    main()
