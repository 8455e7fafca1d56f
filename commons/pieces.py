"""A CSV file that comes in pieces: whether one may come now, what the first tells, and the whole rows of each."""

import codecs

from chassis.errors import Conflict, Invalid

from . import csv_rows
from .csv_rows import Dialect

MAX_PARTS = 4000


def check_order(number: int, had: int) -> None:
    """Raises `Conflict` where a piece is left out, or there are too many; one that is there may come again."""
    if number > had or number >= MAX_PARTS:
        code, reason = "part-out-of-order", f"Part {had} comes next; there may be {MAX_PARTS}."
        raise Conflict(code, reason, field="number")


def opening(head: bytes) -> tuple[Dialect, tuple[str, ...]]:
    """How a file is written, and the names of its columns. Raises `Invalid` where its first piece does not say."""
    dialect = csv_rows.sniff(head)
    text = head.decode(dialect.encoding, "ignore").removeprefix("\ufeff")
    text, _ = csv_rows.split(text, dialect.delimiter, last=False)
    first = next((row for row in csv_rows.records(text, dialect.delimiter) if row is not None), None)
    header = tuple(first) if isinstance(first, list) else ()
    if not header or len(header) > csv_rows.MAX_COLUMNS or any("\x00" in title for title in header):
        code = "header-not-valid"
        reason = f"The first row must name the columns, up to {csv_rows.MAX_COLUMNS}, and end within the first piece."
        raise Invalid(code, reason, field="header")
    return dialect, header


def whole_rows(content: bytes, dialect: Dialect, *, row: int, first: bool, last: bool) -> tuple[str, bytes]:
    """The whole rows, and the bytes of the one that has begun. `row` is how many came before.

    Raises `Invalid` where they are written otherwise than the file's beginning.
    """
    # The mark is at the very beginning, not of each piece.
    encoding = dialect.encoding.removesuffix("-sig")
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(content, last)
    except UnicodeDecodeError as error:
        code, reason = "encoding-not-valid", f"The file begins as {dialect.encoding}, but after row {row} it is not."
        raise Invalid(code, reason) from error
    undecoded = b"" if last else bytes(decoder.getstate()[0])
    whole, begun = csv_rows.split(text.removeprefix("\ufeff") if first else text, dialect.delimiter, last=last)
    return whole, begun.encode(encoding) + undecoded
