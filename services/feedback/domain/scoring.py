"""The one definition of scales, classes and figures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "five_star": (1, 5)}
CONFIDENT_95 = 1.959964


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
    classes = [score_class("nps", score) for score in scores]
    promoters, passives, detractors = (classes.count(name) for name in ("promoter", "passive", "detractor"))
    count = len(classes)
    if not count:
        return Nps(promoters=0, passives=0, detractors=0, score=None, exact=None, margin=None)
    mean = (promoters - detractors) / count
    variance = (promoters + detractors) / count - mean**2
    return Nps(
        promoters=promoters,
        passives=passives,
        detractors=detractors,
        score=_rounded(100 * (promoters - detractors) / count),
        exact=100 * mean,
        margin=round(100 * CONFIDENT_95 * math.sqrt(variance / count), 1),
    )


def _rounded(value: float) -> int:
    """To the nearest whole number, halves away from zero, as people do."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
