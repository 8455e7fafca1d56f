"""A fuzz of whole CSV files (F50): each row is taken exactly as it is written, or refused with its reason."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Invalid
from commons import csv_rows, pieces
from services.profile import jobs
from services.profile.commands import imports
from services.profile.domain.csv_columns import Plan
from services.profile.domain.identity import Directory
from services.profile.domain.importing import Import
from services.profile.domain.properties import PropertyType
from tests.profile.test_imports import _counts, _customers, _refused, _run, _upload, profile

__all__ = ["profile"]

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = ("email", "first_name", "größe")
PLAN = Plan(columns=("email", "first_name", "properties.note"))
MARKS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
LETTERS = 'ab6 "\r\n,;\t|=+ßé'
FAULTS = (
    "letters behind a quote",
    "nul",
    "too few",
    "too many",
    "10,000 cells",
    "huge",
    "no address",
    "other encoding",
)

Cells = tuple[str, ...]
Taken = Cells | None
"""What a row says; None where it is refused."""


@dataclass(frozen=True)
class File:
    """A file in its rows, header first; `wanted` is what becomes of those below it."""

    rows: Sequence[bytes]
    wanted: Sequence[Taken]

    @property
    def content(self) -> bytes:
        return b"".join(self.rows)


@dataclass
class Outcome:
    """What became of the rows, in their order, until it ended; `failed` says why before the end."""

    taken: list[Taken] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failed: str = ""


def _written(cells: Sequence[str], delimiter: str, quoted: bool) -> str:
    def one(cell: str) -> str:
        must = cell[:1] == '"' or re.search(rf"[\r\n{re.escape(delimiter)}]", cell)
        return '"' + cell.replace('"', '""') + '"' if quoted or must else cell

    return delimiter.join(map(one, cells))


def _spoilt(fault: str, cells: Cells, delimiter: str) -> str:
    spoilt = {
        "letters behind a quote": (cells[0], '"x"y', "z"),
        "nul": (cells[0], "a\x00b", "z"),
        "too few": cells[:1],
        "too many": (cells[0], "a", "b", "c"),
        "10,000 cells": (cells[0], *"c" * 9_999),
        "huge": (cells[0], "x" * 150_000, "z"),
        "no address": ("nobody", "a", "b"),
    }
    return delimiter.join(spoilt[fault])


@st.composite
def files(draw: st.DrawFn) -> File:
    """A table, a way to write it, and rows of it that are spoilt."""
    encoding = draw(st.sampled_from(("utf-8", "cp1252", *MARKS)))
    plain, more = encoding.removesuffix("-sig"), "" if encoding == "cp1252" else "日😀\u202e"
    delimiter = draw(st.sampled_from(csv_rows.DELIMITERS))
    text = st.text(alphabet=st.sampled_from(LETTERS + more), max_size=8)
    rows = [MARKS.get(encoding, b"") + (delimiter.join(HEADER) + "\n").encode(plain)]
    wanted: list[Taken] = []
    for _ in range(draw(st.integers(0, 6))):
        cells: Cells = (f"p{draw(st.integers(0, 9))}@example.com", draw(text), draw(text))
        fault = draw(st.sampled_from(FAULTS)) if draw(st.integers(0, 3)) == 0 else ""
        end = draw(st.sampled_from(("\n", "\r\n", "\r", "\n\n")))
        if fault == "other encoding":
            row = (_written((cells[0], "é", "ß"), delimiter, quoted=True) + end).encode()
            rows += [row] if encoding == "cp1252" else []
            wanted += [None] if encoding == "cp1252" else []
            continue
        line = _spoilt(fault, cells, delimiter) if fault else _written(cells, delimiter, draw(st.booleans()))
        rows.append((line + end).encode(plain))
        wanted.append(None if fault else (cells[0], cells[1].strip(), cells[2].strip()))
    return File(rows, wanted)


def _imported(content: bytes, size: int) -> Outcome:
    """As a job does it, piece by piece, but without a store."""
    outcome, directory, size = Outcome(), Directory(), max(size, len(content) // 20)
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    import_ = Import(id="i", file_name="f.csv", by="t", created_at=NOW, changed_at=NOW)
    try:
        dialect, header = pieces.opening(parts[0])
        import_ = replace(import_, encoding=dialect.encoding, delimiter=dialect.delimiter, header=header, plan=PLAN)
        for number, part in enumerate(parts):
            is_first, is_last = number == 0, number + 1 == len(parts)
            content = import_.rest + part
            text, rest = pieces.whole_rows(content, dialect, row=import_.row, first=is_first, last=is_last)
            heard = imports._Heard(import_, directory, {"note": PropertyType.TEXT})
            last, rows = imports._read_all(heard, text)
            outcome.taken += _in_order(heard, rows)
            outcome.counts.update(imports._hear(heard, row, NOW) for row in rows)
            outcome.counts += heard.counts + Counter(refused=len(heard.faults))
            assert all(reason for _, reason, _ in heard.faults)
            import_ = replace(import_, row=last, next_part=number + 1, rest=rest)
    except Invalid as invalid:
        outcome.failed = str(invalid)
        assert outcome.failed
    return outcome


def _in_order(heard: imports._Heard, rows: Sequence[imports._Row]) -> Iterator[Taken]:
    found: dict[int, Taken] = {number: None for number, _, _ in heard.faults}
    for row in rows:
        said = row.statement
        texts = (said.fields.get("email"), said.fields.get("first_name"), said.properties.get("note"))
        found[row.number] = tuple(str(text or "") for text in texts)
    return (found[number] for number in sorted(found))


def _adds_up(outcome: Outcome) -> None:
    counts = outcome.counts
    told = sum(counts[name] for name in ("created", "changed", "unchanged", "refused"))
    assert told == len(outcome.taken)
    assert counts["doubled"] <= counts["changed"] + counts["unchanged"]


def _judge(file: File, size: int) -> None:
    outcome = _imported(file.content, max(size, len(file.rows[0])))
    _adds_up(outcome)
    assert outcome.failed == ""
    assert outcome.taken == list(file.wanted)


@settings(max_examples=300, deadline=None)
@given(file=files(), size=st.integers(1, 400))
def test_f50_fuzz_each_row_is_taken_as_it_is_written_or_refused_wherever_the_file_is_cut(file: File, size: int) -> None:
    _judge(file, size)


@settings(max_examples=300, deadline=None)
@given(
    file=files(),
    size=st.integers(1, 400),
    at=st.integers(0, 300),
    cut=st.integers(0, 3),
    put=st.sampled_from(
        (b"", b'"', b"\x00", b"\xff", b"\xc3", b"\xe9", b"\r", b"\n", b"\xef\xbb\xbf", b"\xed\xa0\x80")
    ),
    ends=st.booleans(),
)
def test_f50_fuzz_bytes_that_are_broken_break_no_row_before_them(
    file: File, size: int, at: int, cut: int, put: bytes, ends: bool
) -> None:
    content, header = file.content, len(file.rows[0])
    at = min(header + at, len(content))
    broken = content[:at] + put + (b"" if ends else content[at + cut :])
    outcome = _imported(broken, max(size, header))

    _adds_up(outcome)
    for (end, wanted), taken in zip(_ends(file), outcome.taken, strict=False):
        assert end > at or taken in {wanted, None}


def _ends(file: File) -> Iterator[tuple[int, Taken]]:
    """Where each row ends, and what is to become of it."""
    end, wanted = len(file.rows[0]), iter(file.wanted)
    for row in file.rows[1:]:
        end += len(row)
        yield end, next(wanted)


def _by_parity(text: str, delimiter: str) -> Iterator[int]:
    del delimiter
    is_open = False
    for mark in re.finditer(r'["\n]', text):
        if mark.group() == '"':
            is_open = not is_open
        elif not is_open:
            yield mark.end()


PIPE = File(
    [
        b"email,first_name,size\n",
        b'a@example.com,6" pipe,x\n',
        b'b@example.com,"two\nlines",y\n',
        b"c@example.com,a\x00,z\n",
    ],
    [("a@example.com", '6" pipe', "x"), ("b@example.com", "two\nlines", "y"), None],
)


@pytest.mark.parametrize(
    ("name", "wrong"), [("_ends", _by_parity), ("check_text", lambda *_: None)], ids=["any-quote-opens", "any-text"]
)
def test_f50_a_reader_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any) -> None:
    _judge(PIPE, 1000)
    monkeypatch.setattr(csv_rows, name, wrong)

    with pytest.raises(AssertionError):
        _judge(PIPE, 1000)


GOOD = b"email,first_name,city\na@example.com,Ada,Wien\n"
MEGABYTE = b"x" * 1_000_000
NASTY: dict[str, tuple[bytes, str, tuple[int, ...]]] = {
    "bad quote": (GOOD + b'b@example.com,"B"x,Graz\nc@example.com,6" C,Linz\n', "done", (2, 0, 0, 1)),
    "quote without end": (GOOD + b'b@example.com,"B,Graz\nc@example.com,C,Linz\n', "done", (1, 0, 0, 1)),
    "nul": (GOOD + b"b@example.com,B\x00,Graz\n", "done", (1, 0, 0, 1)),
    "mixed encodings": (
        GOOD + "b@example.com,Zoë,Graz\n".encode("cp1252") + "c@example.com,Zoë,Linz\n".encode(), "done", (2, 0, 0, 1)
    ),
    "a mark, lone and mixed line ends": (
        b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r") + b"b@example.com,B,Graz\r\n\nc@example.com,C,Linz", "done", (3, 0, 0, 0)
    ),
    "utf-16": ((GOOD.decode() + "b@example.com,日😀,Graz").encode("utf-16"), "done", (2, 0, 0, 0)),
    "1 MB cell": (GOOD + b"b@example.com," + MEGABYTE[:999_000] + b",x\nc@example.com,C,Linz\n", "done", (2, 0, 0, 1)),
    "a longer one": (GOOD + b'b@example.com,"' + MEGABYTE + MEGABYTE + b'",x\n', "failed", (1, 0, 0, 0)),
    "10,000 cells": (GOOD + b"b@example.com" + b",c" * 9_999 + b"\n", "done", (1, 0, 0, 1)),
    "twice the same title": (b"email,email,city\na@example.com,b@example.com,Wien\n", "done", (1, 0, 0, 0)),
    "a letter cut off": (GOOD + b"b@example.com,Zo\xc3", "failed", (0, 0, 0, 0)),
    "no row": (b"email,first_name,city\n", "done", (0, 0, 0, 0)),
}  # fmt: skip
NO_HEADER = (b"\n\n", b"email,first_name", b"e\x00m\x00a\x00", b'"email,\n', b",".join([b"email"] * 10_000) + b"\n")


async def test_f50_files_of_each_nasty_kind_end_with_what_became_of_each_row(
    profile: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.02)
    for kind, (content, state, counts) in NASTY.items():
        own = content if kind == "utf-16" else content.replace(b"@", b"@%d." % list(NASTY).index(kind))
        began = await _upload(profile, own)
        ended = await _run(profile, began)
        reasons = await _refused(profile, began["id"])
        assert (kind, ended["state"], _counts(ended)) == (kind, state, counts), (ended["reason"], reasons)
        assert all(row[1] for row in reasons)
        assert bool(ended["reason"]) is (state == "failed")
    people = await _customers(profile)
    assert {one["first_name"] for one in people.values()} == {"Ada", '6" C', "Zoë", "B", "C", "日😀", None}


@pytest.mark.parametrize("content", NO_HEADER, ids=["empty-rows", "no-end", "nuls", "quote", "10,000-columns"])
async def test_f50_a_file_whose_header_cannot_be_read_is_refused(profile: httpx.AsyncClient, content: bytes) -> None:
    begun = (await profile.post("/v1/imports", json={"file_name": "people.csv"})).json()
    refused = await profile.put(f"/v1/imports/{begun['id']}/parts/0", content=content)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "header")
