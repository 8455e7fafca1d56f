"""Lists of addresses that are never to be mailed, as other tools write them: CSV, lines, or NDJSON."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .addresses import mailbox

COLUMNS = ("email", "address", "e-mail", "email address", "recipient", "subscriber", "hash")
MAX_FIELD = 1000
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: the mailbox, or its hash as our own export writes it; neither where the line is at fault."""

    line: int
    mailbox: str | None = None
    hash: str | None = None
    fault: str | None = None


def read_ndjson(text: str) -> Iterator[Entry]:
    """Each line an object with `email` or `hash`; anything else it says is left out."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield Entry(number, fault="this is no JSON")
            continue
        values = found if isinstance(found, dict) else {}
        value = next((values[name] for name in COLUMNS if isinstance(values.get(name), str)), None)
        yield _entry(number, value) if value is not None else Entry(number, fault="it has neither email nor hash")


def read_csv(text: str) -> Iterator[Entry]:
    """By the column that is called `email` or the like; without a heading, the first column."""
    sample = text.split("\n", 1)[0]
    delimiter = next((mark for mark in (";", "\t") if mark in sample and "," not in sample), ",")
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    column, first = 0, True
    try:
        for row in rows:
            named = [cell.strip().lower() for cell in row]
            if first and (heading := next((name for name in COLUMNS if name in named), None)):
                column, first = named.index(heading), False
                continue
            first = False
            if any(named):
                yield _entry(rows.line_num, row[column] if column < len(row) else "")
    except csv.Error as error:
        yield Entry(rows.line_num, fault=f"this is no CSV: {error}")


def _entry(number: int, value: str) -> Entry:
    value = value.strip()
    if _HASH.fullmatch(value):
        return Entry(number, hash=value)
    found = mailbox(value) if len(value) <= MAX_FIELD else None
    return Entry(number, mailbox=found) if found else Entry(number, fault="this is no e-mail address")
