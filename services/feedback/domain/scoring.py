"""The one definition of scales, classes and figures."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "five_star": (1, 5)}
CONFIDENT_95 = 1.959964
SATISFIED = 4
"""From this on, a CSAT counts as satisfied."""
DECIMALS = {"nps": 0, "csat": 0}
"""To how many a figure is rounded, once and at the end; 2 for a mean."""
PROVING = 5
"""Fewer answers than these show no change clearly, however far apart they are."""
SUPPOSED = {"nps": {10: 0.75, 8: 1.5, 0: 0.75}, "csat": {5: 2.0, 1: 2.0}}
"""Answers that a margin supposes beside those that were given, since few that agree do not prove that all do: for NPS three
(adjusted Wald: Rocks 2016, The American Statistician 70), for shares four (Agresti and Coull 1998), else one at each end."""


def scale(metric: str) -> tuple[int, int]:
    """Lowest and highest score of a metric; of one that is not known, NPS's."""
    return SCALES.get(metric, SCALES["nps"])


def in_scale(metric: str, score: int) -> bool:
    """Whether the metric has this score."""
    low, high = scale(metric)
    return low <= score <= high


def score_class(metric: str, score: int) -> str:
    """NPS: detractor 0–6, passive 7–8, promoter 9–10. Others: satisfied, neutral, unsatisfied around the middle."""
    if metric == "nps":
        return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"  # noqa: PLR2004
    low, high = scale(metric)
    middle = (low + high) / 2
    return "satisfied" if score > middle else "neutral" if score == middle else "unsatisfied"


def classes(metric: str) -> tuple[str, ...]:
    """All classes of a metric, the best first."""
    low, high = scale(metric)
    return tuple(dict.fromkeys(score_class(metric, score) for score in range(high, low - 1, -1)))


def worth(metric: str, score: int) -> int:
    """What a score adds to the mean that is the figure.

    NPS: 100 for a promoter, −100 for a detractor; CSAT: 100 for 4 and 5; CES and 5-star: the score itself.
    """
    if metric == "nps":
        return {"promoter": 100, "passive": 0, "detractor": -100}[score_class(metric, score)]
    if metric == "csat":
        return 100 if score >= SATISFIED else 0
    return score


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A metric over some answers: NPS in points, CSAT in percent, CES and 5-star as a mean; None without answers.

    `score` is rounded once, from `exact`; `margin` is half the 95 % interval.
    """

    metric: str
    count: int
    classes: Mapping[str, int]
    score: float | None
    exact: float | None
    margin: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a figure moved; `clear` where by more than chance would."""

    difference: float
    margin: float
    clear: bool


def figure(metric: str, counts: Mapping[int, int]) -> Figure:
    """The figure of so many answers with each score."""
    found = dict.fromkeys(classes(metric), 0)
    for score, count in counts.items():
        found[score_class(metric, score)] += count
    total = sum(counts.values())
    if not total:
        return Figure(metric=metric, count=0, classes=found, score=None, exact=None, margin=None)
    mean = sum(worth(metric, score) * count for score, count in counts.items()) / total
    shown, margin = rounded(metric, mean), _margin(metric, counts)
    return Figure(metric=metric, count=total, classes=found, score=shown, exact=mean, margin=margin)


def _margin(metric: str, counts: Mapping[int, int]) -> float:
    supposed = SUPPOSED.get(metric) or dict.fromkeys(scale(metric), 1.0)
    both = [*counts.items(), *supposed.items()]
    total = sum(count for _, count in both)
    mean = sum(worth(metric, score) * count for score, count in both) / total
    squares = sum(worth(metric, score) ** 2 * count for score, count in both) / total
    return CONFIDENT_95 * math.sqrt(max(0.0, squares - mean**2) / total)


def change(now: Figure, before: Figure) -> Change | None:
    """From one period to the next; None where one of them has no answers."""
    if now.exact is None or before.exact is None or now.margin is None or before.margin is None:
        return None
    difference, margin = now.exact - before.exact, math.hypot(now.margin, before.margin)
    enough = min(now.count, before.count) >= PROVING
    return Change(difference=difference, margin=margin, clear=enough and abs(difference) > margin)


def rounded(metric: str, value: float) -> float:
    """As people do: halves away from zero. NPS and CSAT become whole numbers."""
    parts = 10 ** DECIMALS.get(metric, 2)
    nearest = math.copysign(math.floor(abs(value) * parts + 0.5), value) / parts
    return int(nearest) if parts == 1 else nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Nps:
    """Net Promoter Score from the counts; `score` is rounded once, `margin` is half the 95 % interval."""

    promoters: int
    passives: int
    detractors: int
    score: int | None
    exact: float | None
    margin: float | None

    @property
    def count(self) -> int:
        """All answers."""
        return self.promoters + self.passives + self.detractors


def nps(scores: Iterable[int]) -> Nps:
    """NPS of these scores; without any, there is none."""
    return nps_of(Counter(scores))


def nps_of(counts: Mapping[int, int]) -> Nps:
    """NPS of so many answers with each score."""
    found = figure("nps", counts)
    return Nps(
        promoters=found.classes["promoter"],
        passives=found.classes["passive"],
        detractors=found.classes["detractor"],
        score=None if found.score is None else int(found.score),
        exact=found.exact,
        margin=None if found.margin is None else round(found.margin, 1),
    )
