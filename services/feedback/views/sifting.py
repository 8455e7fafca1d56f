"""Filters over columns: each clause is asked once for each value, by the evaluator that is asked everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from operator import eq
from typing import Any

import numpy as np

from chassis.errors import Invalid
from chassis.filters import Clause, Filter, clauses
from chassis.mongo import Database, Document
from services.feedback.domain.columns import KEY, KEY_BYTES, Coded, Column, Mask, Value
from services.feedback.domain.counted import FACTS, NOW, PROVISIONAL, SUSPECTED, key_of
from services.feedback.domain.scoring import score_class
from services.feedback.domain.tally import Verdicts
from services.feedback.store.collections import RESPONSES

MOST_LOOKED_AT = 200_000
"""Answers of a period of which a clause may ask what is in no column: some seconds of looking."""
_OWN = {"score": "score", "score_class": "score", "provisional": "flags", "suspected_automatic": "flags"}
_HELD = {*FACTS, "template_version", "reason"}


@dataclass(frozen=True, slots=True)
class Sieve:
    """A filter, ready to be put over the columns of one span, part by part.

    Of the clauses that no column can answer, the keys that pass are known.
    """

    filter: Filter
    metric: str
    now: bool = False
    passing: Mapping[Clause, set[bytes]] = field(default_factory=dict)
    verdicts: Verdicts = field(default_factory=Verdicts)

    def columns(self) -> set[str]:
        """What has to be read."""
        return {column_of(clause, now=self.now) or KEY for clause in clauses(self.filter)} - {""}

    def unheld(self) -> list[Clause]:
        """Clauses that no column can answer."""
        return [clause for clause in clauses(self.filter) if column_of(clause, now=self.now) is None]

    def mask(self, columns: Mapping[str, Column], rows: int) -> Mask:
        """The rows that pass."""
        return self._mask(self.filter, columns, rows)

    def _mask(self, part: Filter, columns: Mapping[str, Column], rows: int) -> Mask:
        if isinstance(part, Clause):
            return self._clause(part, columns, rows)
        masks = [self._mask(one, columns, rows) for one in part.parts]
        if part.kind == "all":
            return np.logical_and.reduce(masks) if masks else np.ones(rows, dtype=bool)
        found: Mask = np.logical_or.reduce(masks)
        return found if part.kind == "any" else ~found

    def _clause(self, clause: Clause, columns: Mapping[str, Column], rows: int) -> Mask:
        name = column_of(clause, now=self.now)
        if name is None:
            held, passing = columns[KEY], self.passing[clause]
            data = b"" if isinstance(held, Coded) else held.tobytes()
            keys = (data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES))
            return np.fromiter((key in passing for key in keys), dtype=bool, count=rows)
        if not name:
            return np.full(rows, clause.matches({"metric": self.metric}), dtype=bool)
        holds = partial(self._passes, clause)
        return self.verdicts.mask(clause, columns[name], holds)

    def _passes(self, clause: Clause, value: Value) -> bool:
        return clause.matches(self._document(clause, value))

    def place(self, columns: Mapping[str, Column], wanted: Mapping[str, str | None]) -> list[Mask]:
        """The rows that have these values, for each that is wanted."""
        return [
            self.verdicts.mask(name, columns[name], partial(eq, value))
            for name, value in wanted.items()
            if value is not None
        ]

    def _document(self, clause: Clause, value: Value) -> dict[str, Any]:
        """An answer that has but this value."""
        if clause.path == "comment":
            return {"comment": "…" if value else None}
        if clause.path in _OWN and isinstance(value, int):
            flags = {"provisional": bool(value & PROVISIONAL), "suspected_automatic": bool(value & SUSPECTED)}
            return {"score": value, "score_class": score_class(self.metric, value), **flags}
        document: Any = value
        for part in reversed(clause.path.split(".")):
            document = {part: document}
        return dict(document)


def column_of(clause: Clause, *, now: bool) -> str | None:
    """The column that answers a clause; "" where it is the same for all rows, None where no column does."""
    path = clause.path
    if path == "metric":
        return ""
    if path == "comment" and clause.op in {"exists", "missing"}:
        return "commented"
    return _OWN.get(path) or fact_column(path, now=now)


def fact_column(path: str, *, now: bool) -> str | None:
    """The column of values that holds this, None where none does."""
    if path not in _HELD and not path.startswith("attributes.properties."):
        return None
    return path.replace("attributes.", f"{NOW}.", 1) if now and path.startswith("attributes.") else path


async def looked_up(database: Database, sieve: Sieve, of: Document, rows: int) -> Sieve:
    """With what the answers themselves say to clauses that no column can answer. Raises `Invalid` for too many."""
    unheld = sieve.unheld()
    if unheld and rows > MOST_LOOKED_AT:
        code = "filter-too-wide"
        reason = f"looks into the answers themselves, of which a period may have {MOST_LOOKED_AT:,}; this has {rows:,}"
        raise Invalid(code, reason, field=unheld[0].place)
    return replace(sieve, passing={clause: await _passing(database, clause, of) for clause in unheld})


async def _passing(database: Database, clause: Clause, of: Document) -> set[bytes]:
    stored = replace(clause, path="_id") if clause.path == "id" else clause
    asked = {"$and": [of, stored.query()]}
    return {key_of(row["_id"]) async for row in database.collection(RESPONSES).find(asked, {"_id": 1})}
