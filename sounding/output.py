"""How the command line talks: sentences for people, JSON for scripts."""

import json
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_BETWEEN_LINES = 5.0


class Failure(Exception):
    """The command cannot do what it was asked; the text says why, and what helps."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def complain(text: str) -> None:
    """Say what is wrong, on standard error."""
    err.print(Text(text, style="red"))


def print_json(value: Any) -> None:
    """One JSON document, for scripts."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows for people; cells are text, never markup."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out.print(table)


class Progress:
    """What goes on now: one changing line on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._status: Status | None = err.status("") if err.is_terminal else None
        self._last, self._last_at = "", 0.0

    def doing(self, what: str) -> None:
        """Say what goes on now."""
        if self._status:
            self._status.update(Text(what))
            self._status.start()
        elif _stem(what) != _stem(self._last) or time.monotonic() - self._last_at > _BETWEEN_LINES:
            err.print(Text(f"… {what}"))
            self._last_at = time.monotonic()
        self._last = what

    def say(self, what: str) -> None:
        """Say something that stays."""
        err.print(Text(what))

    def done(self) -> None:
        """Nothing goes on any more."""
        if self._status:
            self._status.stop()


@contextmanager
def progress() -> Generator[Progress]:
    """A `Progress` that ends with the block."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.done()


def said_as_failure(*kinds: type[Exception]) -> Callable[[], Any]:
    """A block in which these errors end the command with their text."""

    @contextmanager
    def block() -> Generator[None]:
        try:
            yield
        except kinds as error:
            raise Failure(str(error)) from error

    return block


def _stem(text: str) -> str:
    return text.split(",", maxsplit=1)[0]
