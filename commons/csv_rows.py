"""CSV as people send it: split into records without losing or mending any."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chassis.errors import Invalid

MAX_RECORD = 1_000_000
MAX_COLUMNS = 500
PLAIN = 100_000
"""Shorter rows without quotes are only split: what a CSV reader does with them, eight times as fast."""
DELIMITERS = (",", ";", "\t", "|")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a file is written."""

    encoding: str
    delimiter: str


def sniff(head: bytes) -> Dialect:
    """How a file is written, by its beginning: UTF-8 or UTF-16 by its mark, UTF-8 where it is, else Windows-1252."""
    encoding = next((name for mark, name in MARKS.items() if head.startswith(mark)), None) or _unmarked(head)
    text = head.decode(encoding, "ignore").removeprefix("\ufeff").lstrip("\r\n")
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return Dialect(encoding=encoding, delimiter=max(DELIMITERS, key=line.count))


def _unmarked(head: bytes) -> str:
    try:
        # Piece by piece: the last letter may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def split(text: str, delimiter: str, *, last: bool) -> tuple[str, str]:
    """Whole records, and the rest that the next piece goes on from. Raises `Invalid` for a record without end."""
    if last:
        return text, ""
    # A line feed may follow in the next piece.
    end = max(_ends(text.removesuffix("\r"), delimiter), default=0)
    if len(text) - end > MAX_RECORD:
        code, reason = "record-without-end", "A row is longer than a million letters: is a quote never closed?"
        raise Invalid(code, reason)
    return text[:end], text[end:]


def records(text: str, delimiter: str) -> Iterator[list[str] | str | None]:
    """The cells of each row, as spreadsheets count them: None for an empty one; of what cannot be read, why."""
    for record in _each(text, delimiter):
        line = record.removesuffix("\n").removesuffix("\r")
        if '"' not in line and "\r" not in line and len(line) < PLAIN:
            cells = line.split(delimiter)
            yield cells if any(cell.strip() for cell in cells) else None
            continue
        try:
            for cells in csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True):
                yield cells if any(cell.strip() for cell in cells) else None
        except csv.Error as error:
            yield f"cannot be read: {error}"


def check_text(cells: Sequence[str], encoding: str) -> None:
    """Raises `Invalid` where a row holds what is no text, or is written otherwise than its file."""
    code = "row-not-valid"
    if any("\x00" in cell for cell in cells):
        reason = "holds a NUL, which is no text"
        raise Invalid(code, reason)
    if encoding == "cp1252" and any(not cell.isascii() and _is_utf8(cell.encode(encoding)) for cell in cells):
        reason = "is written in UTF-8, where other rows are in Windows-1252"
        raise Invalid(code, reason)


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _each(text: str, delimiter: str) -> Iterator[str]:
    start = 0
    for end in _ends(text, delimiter):
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _ends(text: str, delimiter: str) -> Iterator[int]:
    """Where records end: behind each line end outside of quotes. A quote opens only where a cell begins."""
    is_open, closed_at, begins = False, -1, {delimiter, "\r", "\n"}
    for mark in re.finditer(r'"|\r\n?|\n', text):
        if mark.group() != '"':
            if not is_open:
                yield mark.end()
        elif is_open:
            is_open, closed_at = False, mark.end()
        else:
            at = mark.start()
            is_open = at in {0, closed_at} or text[at - 1] in begins


def plain(cell: str) -> str:
    """Without the quote that an export of ours puts before what a spreadsheet would calculate."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text
