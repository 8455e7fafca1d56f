"""Scales, classes and the Net Promoter Score."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.scoring import in_scale, nps, scale, score_class

CLASSES = {
    "nps": ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2,
    "csat": ["unsatisfied"] * 2 + ["neutral"] + ["satisfied"] * 2,
    "ces": ["unsatisfied"] * 3 + ["neutral"] + ["satisfied"] * 3,
    "five_star": ["unsatisfied"] * 2 + ["neutral"] + ["satisfied"] * 2,
}


@pytest.mark.parametrize(
    ("metric", "low", "high"), [("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7), ("five_star", 1, 5)]
)
def test_each_metric_has_its_scale_and_classes(metric: str, low: int, high: int) -> None:
    assert scale(metric) == (low, high)
    assert [score_class(metric, score) for score in range(low, high + 1)] == CLASSES[metric]
    assert [in_scale(metric, score) for score in (low - 1, low, high, high + 1)] == [False, True, True, False]


def test_a_metric_from_the_future_is_asked_like_nps() -> None:
    assert scale("mood") == (0, 10)


def test_nps_is_rounded_once_from_the_counts() -> None:
    figures = nps([10] * 8 + [7] * 2 + [0] * 3)

    assert (figures.promoters, figures.passives, figures.detractors, figures.count) == (8, 2, 3, 13)
    assert figures.score == 38
    assert figures.exact == pytest.approx(100 * 5 / 13)


def test_there_is_no_score_without_answers() -> None:
    assert (nps([]).score, nps([]).exact, nps([]).margin, nps([]).count) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("scores", "score"), [([10], 100), ([0], -100), ([8], 0), ([10, 7] * 1 + [8] * 6, 13), ([0, 8] + [8] * 6, -13)]
)
def test_halves_are_rounded_away_from_zero(scores: list[int], score: int) -> None:
    assert nps(scores).score == score


@given(st.lists(st.integers(0, 10), min_size=1, max_size=300))
def test_nps_equals_a_plain_reckoning(scores: list[int]) -> None:
    values = [1 if score >= 9 else -1 if score <= 6 else 0 for score in scores]
    mean = Fraction(sum(values), len(values))
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    figures = nps(scores)

    assert figures.exact == pytest.approx(float(100 * mean))
    assert figures.margin == pytest.approx(196 * math.sqrt(variance / len(values)), abs=0.06)
    assert figures.score is not None
    assert abs(figures.score - 100 * mean) <= Fraction(1, 2)
