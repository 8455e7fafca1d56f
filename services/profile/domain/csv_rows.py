"""CSV as people send it: split into records without losing or mending any, and read by its columns."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chassis.errors import Invalid

from .customer import TEXT_FIELDS, Value
from .properties import PropertyType

MAX_RECORD = 1_000_000
MAX_COLUMNS = 500
PLAIN = 100_000
"""Shorter rows without quotes are only split: what a CSV reader does with them, eight times as fast."""
DELIMITERS = (",", ";", "\t", "|")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
SPLIT = re.compile(r"[;,|]")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What each column is: a field's name, `tags`, `properties.NAME`, `external_id`, or None to pass it over.

    `clear_empty`: an empty cell clears; otherwise it says nothing. `add_tags` go to everybody.
    """

    columns: Sequence[str | None]
    clear_empty: bool = False
    add_tags: Sequence[str] = ()


def check_columns(columns: Sequence[str | None]) -> None:
    """Raises `Invalid` for a column that is none, or named twice, or where nobody could be known by the rest."""
    code = "mapping-not-valid"
    named = [column for column in columns if column]
    for place, column in enumerate(columns):
        if column and column not in {*TEXT_FIELDS, "tags", "external_id"} and not _property(column):
            reason = "must be a field, tags, external_id, properties.NAME, or null"
            raise Invalid(code, reason, field=f"columns.{place}")
    if len(set(named)) < len(named):
        reason = "names something twice"
        raise Invalid(code, reason, field="columns")
    if not {"email", "external_id"} & set(named):
        reason = "must have email, external_id, or both, by which a customer is known"
        raise Invalid(code, reason, field="columns")


def _property(column: str) -> bool:
    name = column.removeprefix("properties.")
    return name != column and bool(name.strip()) and "." not in name and not name.startswith("$") and "\x00" not in name


def suggest(header: Sequence[str]) -> list[str | None]:
    """What the columns most likely are, by their names."""
    known = {**{name: name for name in (*TEXT_FIELDS, "tags", "external_id")}, **_ALIASES}
    found: list[str | None] = []
    for title in header:
        guess = known.get(re.sub(r"[^a-z]+", "_", title.casefold()).strip("_"))
        found.append(guess if guess not in found else None)
    return found


_ALIASES = {
    **dict.fromkeys(("e_mail", "mail", "email_address", "e_mail_address"), "email"),
    **dict.fromkeys(("firstname", "given_name", "forename"), "first_name"),
    **dict.fromkeys(("lastname", "surname", "family_name"), "last_name"),
    **dict.fromkeys(("company_name", "organisation", "organization", "account"), "company"),
    **dict.fromkeys(("title", "position", "role"), "job_title"),
    **dict.fromkeys(("telephone", "phone_number", "mobile"), "phone"),
    **dict.fromkeys(("town",), "city"),
    **dict.fromkeys(("region", "province"), "state"),
    **dict.fromkeys(("country_code",), "country"),
    **dict.fromkeys(("locale", "lang"), "language"),
    **dict.fromkeys(("time_zone",), "timezone"),
    **dict.fromkeys(("id", "customer_id", "externalid"), "external_id"),
    **dict.fromkeys(("labels", "segments"), "tags"),
}


def said_in(cells: Sequence[str], plan: Plan, types: Mapping[str, PropertyType]) -> dict[str, object]:
    """What a row says, as the data of a sync event. Raises `Invalid` that names the column."""
    if len(cells) != len(plan.columns):
        code, reason = "row-not-valid", f"has {len(cells)} cells where there are {len(plan.columns)} columns"
        raise Invalid(code, reason)
    data: dict[str, object] = {}
    properties: dict[str, Value] = {}
    tags = list(plan.add_tags)
    for column, cell in zip(plan.columns, cells, strict=True):
        if column is None:
            continue
        text = _plain(cell)
        if not text and not plan.clear_empty:
            continue
        if column == "tags":
            tags += [tag.strip() for tag in SPLIT.split(text) if tag.strip()]
        elif column[:11] == "properties.":
            name = column[11:]
            properties[name] = value_of(text, types.get(name)) if text else None
        else:
            data[column] = text or None
    return {**data, **({"properties": properties} if properties else {}), **({"tags": {"add": tags}} if tags else {})}


def value_of(text: str, type_: PropertyType | None) -> Value:
    """A cell as a property's value: of its type where it has one, else of what it looks like."""
    if type_ is PropertyType.TEXT or type_ is PropertyType.DATE:
        return text
    if type_ is PropertyType.LIST:
        return tuple(part.strip() for part in SPLIT.split(text) if part.strip())
    if type_ in {None, PropertyType.NUMBER} and NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if text.casefold() in {"true", "false"} and type_ in {None, PropertyType.BOOLEAN}:
        return text.casefold() == "true"
    if type_ is PropertyType.BOOLEAN and text.casefold() in {"yes", "no"}:
        return text.casefold() == "yes"
    return text


def _plain(cell: str) -> str:
    """Without the quote that an export of ours puts before what a spreadsheet would calculate."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text
