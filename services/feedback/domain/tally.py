"""Counts answers by score, of columns that stand in the order of time."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .columns import BYTES, Coded, Column, Mask, Numbers, Value
from .counted import PROVISIONAL, SUSPECTED

SCORES = 11
"""More than any scale has: a score is a place in a list of counts."""
FLAGS = 1 + (PROVISIONAL | SUSPECTED)
FEW_VALUES = 4
MANY_TIMES = 4
"""Cells for each answer above which only those are looked at that some answer falls into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers in the order of time.

    `wanted` are those that count (None: all), `following` the moment of each one's next answer where only each
    customer's last one counts.
    """

    scores: Numbers
    wanted: Mask | None
    following: Numbers | None

    def counts(self, begin: int, end: int, until: int) -> Numbers:
        """How many have each score, from a row to before another; the last ones before the moment `until`."""
        counts, scores = self._counts(begin, end, until), self.scores[begin:end]
        if counts is None:
            return _histogram(scores)
        if 2 * np.count_nonzero(counts) <= len(counts):
            return _histogram(scores[np.flatnonzero(counts)])
        # To take out few is less work than to take in many.
        return _histogram(scores) - _histogram(scores[np.flatnonzero(~counts)])

    def count_by(self, by: Coded, begin: int, end: int, until: int, into: Numbers) -> None:
        """The same for each value, added to a row of counts at the place of each."""
        counts, scores, codes = self._counts(begin, end, until), self.scores[begin:end], by.codes[begin:end]
        if counts is not None:
            chosen = np.flatnonzero(counts)
            scores, codes = scores[chosen], codes[chosen]
        cells, flat = codes.astype(np.int64) * SCORES + scores, into.reshape(-1)
        if len(flat) <= MANY_TIMES * len(cells):
            flat += np.bincount(cells, minlength=len(flat))
        else:
            there, many = np.unique(cells, return_counts=True)
            flat[there] += many

    def _counts(self, begin: int, end: int, until: int) -> Mask | None:
        """Which of them count; None where all do."""
        chosen = None if self.wanted is None else self.wanted[begin:end]
        if self.following is not None:
            last = self.following[begin:end] >= until
            chosen = last if chosen is None else chosen & last
        return chosen


def _histogram(scores: Numbers) -> Numbers:
    return np.bincount(scores, minlength=SCORES)


def by_flag(flags: Numbers, wanted: Mask | None) -> Numbers:
    """How many have each combination of flags: there are so few that each is counted by itself."""
    found = [flags == kind for kind in range(FLAGS)]
    return np.array([np.count_nonzero(one if wanted is None else one & wanted) for one in found])


def by_score(counts: Numbers) -> dict[int, int]:
    """How many have each score."""
    return {score: int(count) for score, count in enumerate(counts) if count}


def by_value(values: Sequence[Value], counts: Numbers) -> list[tuple[Value, Numbers]]:
    """Values with their counts, the most answers first; one with several counts in each, one without any in None."""
    found: dict[tuple[type, Value], Numbers] = {}
    for place in np.flatnonzero(counts.any(axis=1)).tolist():
        for one in _each(values[place]):
            kind = float if type(one) is int else type(one)
            before = found.get((kind, one))
            found[kind, one] = counts[place] if before is None else before + counts[place]
    totals = {name: int(row.sum()) for name, row in found.items()}
    ordered = sorted(found, key=lambda name: (-totals[name], name[1] is None, str(name[1])))
    return [(name[1], found[name]) for name in ordered]


def _each(value: Value) -> Sequence[Value]:
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(value)) or [None]
    return [value]


def every(masks: Sequence[Mask]) -> Mask | None:
    """Where all hold; None for no condition at all."""
    return np.logical_and.reduce(masks) if masks else None


def of_kind(flags: Numbers, *, provisional: bool) -> Mask | None:
    """Answers that no machine is suspected of, and that were sent off unless `provisional` ones count too."""
    left_out = SUSPECTED if provisional else SUSPECTED | PROVISIONAL
    found: Mask = (flags & left_out) == 0
    return None if found.all() else found


@dataclass(slots=True)
class _Said:
    """Of a list of values: which of them were asked, and what they said."""

    values: Sequence[Value]
    asked: Mask
    verdicts: Mask


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What values say to what is asked of them, for all parts of the same columns: each is asked once, where a row has it."""

    _said: dict[Hashable, _Said] = field(default_factory=dict)

    def mask(self, question: Hashable, column: Column, holds: Callable[[Value], bool]) -> Mask:
        """The rows whose value passes; the same question is always asked of the same column."""
        values, codes = (column.values, column.codes) if isinstance(column, Coded) else (range(BYTES), column)
        said = self._said.get(question)
        if said is None:
            none = np.zeros(len(values), dtype=bool)
            said = self._said[question] = _Said(values, none, none.copy())
        there = np.ones(len(values), dtype=bool)
        if len(values) > BYTES:
            there[:] = False
            there[codes] = True
        for place in np.flatnonzero(there & ~said.asked).tolist():
            said.verdicts[place] = holds(said.values[place])
        said.asked |= there
        return _at(said.verdicts, codes)


def _at(verdicts: Mask, codes: Numbers) -> Mask:
    """The verdict of each code: few that pass (or do not) are compared with, else bytes are looked up faster than numbers."""
    passing = np.count_nonzero(verdicts)
    if passing <= FEW_VALUES:
        return _among(codes, np.flatnonzero(verdicts))
    if len(verdicts) - passing <= FEW_VALUES:
        return ~_among(codes, np.flatnonzero(~verdicts))
    if codes.dtype != np.uint8:
        return verdicts[codes]
    table = np.zeros(BYTES, dtype=bool)
    table[: len(verdicts)] = verdicts[:BYTES]
    return np.frombuffer(codes.tobytes().translate(table.tobytes()), dtype=bool)


def _among(codes: Numbers, places: Numbers) -> Mask:
    found: Mask = np.zeros(len(codes), dtype=bool)
    for place in places[places <= np.iinfo(codes.dtype).max]:
        found |= codes == place.astype(codes.dtype)
    return found


def percent(count: int, of: int) -> float | None:
    """Of a hundred; None of nothing. Not rounded to what is shown: who shows it rounds once."""
    return round(100 * count / of, 6) if of else None


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Each in percent of all of them."""
    total = sum(counts.values())
    return {name: percent(count, total) or 0.0 for name, count in counts.items()}
