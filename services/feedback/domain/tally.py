"""Counts answers by score, of columns that stand in the order of time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .columns import Coded, Column, Mask, Numbers, Value
from .counted import PROVISIONAL, SUSPECTED

SCORES = 11
"""More than any scale has: a score is a place in a list of counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers in the order of time.

    `wanted` are those that count (None: all), `following` the moment of each one's next answer where only each
    customer's last one counts.
    """

    scores: Numbers
    wanted: Mask | None
    following: Numbers | None

    def counting(self, begin: int, end: int, until: int) -> Numbers:
        """Places of the answers that count, from a row to before another; the last ones before the moment `until`."""
        part = slice(begin, end)
        chosen = None if self.wanted is None else self.wanted[part]
        if self.following is not None:
            last = self.following[part] >= until
            chosen = last if chosen is None else chosen & last
        if chosen is None:
            return np.arange(begin, end)
        return np.flatnonzero(chosen) + begin

    def tally(self, begin: int, end: int, until: int) -> dict[int, int]:
        """How many have each score."""
        return _listed(np.bincount(self.scores[self.counting(begin, end, until)], minlength=SCORES))

    def tally_by(self, by: Coded, begin: int, end: int, until: int) -> dict[tuple[type, Value], dict[int, int]]:
        """How many have each score, for each value; one with several counts in each, one without any in None."""
        chosen = self.counting(begin, end, until)
        cells = by.codes[chosen].astype(np.int64) * SCORES + self.scores[chosen]
        counts = np.bincount(cells, minlength=len(by.values) * SCORES).reshape(-1, SCORES)
        found: dict[tuple[type, Value], Numbers] = {}
        for value, row in zip(by.values, counts, strict=True):
            if row.any():
                for one in _each(value):
                    kind = float if type(one) is int else type(one)
                    found[kind, one] = found.get((kind, one), 0) + row
        return {name: _listed(row) for name, row in found.items()}


def _each(value: Value) -> Sequence[Value]:
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(value)) or [None]
    return [value]


def _listed(counts: Numbers) -> dict[int, int]:
    return {score: int(count) for score, count in enumerate(counts) if count}


def every(masks: Sequence[Mask]) -> Mask | None:
    """Where all hold; None for no condition at all."""
    return np.logical_and.reduce(masks) if masks else None


def of_kind(flags: Numbers, *, provisional: bool) -> Mask | None:
    """Answers that no machine is suspected of, and that were sent off unless `provisional` ones count too."""
    left_out = SUSPECTED if provisional else SUSPECTED | PROVISIONAL
    found: Mask = (flags & left_out) == 0
    return None if found.all() else found


def where(column: Column, holds: Callable[[Value], bool]) -> Mask:
    """The rows whose value passes: each value is asked once."""
    if isinstance(column, Coded):
        verdicts = np.array([holds(value) for value in column.values], dtype=bool)
        return verdicts[column.codes]
    verdicts = np.array([holds(number) for number in range(256)], dtype=bool)
    return verdicts[column]


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Of a hundred, each to one decimal."""
    total = sum(counts.values())
    return {name: round(100 * count / total, 1) if total else 0.0 for name, count in counts.items()}
