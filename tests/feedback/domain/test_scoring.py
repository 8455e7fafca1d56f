"""Scales, classes and the Net Promoter Score."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.scoring import change, figure, in_scale, nps, scale, score_class

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


def _adjusted_wald(promoters: int, detractors: int, answers: int) -> float:
    """As Rocks gives it, from shares: three answers more, three quarters of one promoters, as many detractors."""
    up, down, total = (promoters + 0.75) / (answers + 3), (detractors + 0.75) / (answers + 3), answers + 3
    return 100 * 1.959964 * math.sqrt((up + down - (up - down) ** 2) / total)


@pytest.mark.parametrize(("metric", "best"), [("nps", 10), ("csat", 5), ("ces", 7), ("five_star", 5)])
def test_few_who_agree_leave_a_margin_that_shrinks(metric: str, best: int) -> None:
    margins = [figure(metric, {best: count}).margin or 0 for count in (1, 5, 100, 10_000)]
    low, high = scale(metric)
    span = {"nps": 200, "csat": 100}.get(metric, high - low)

    assert margins == sorted(margins, reverse=True)
    assert margins[0] > span / 4
    assert margins[-1] < span / 100


@pytest.mark.parametrize(("answers", "clear"), [(1, False), (4, False), (5, True), (100, True)])
def test_a_few_answers_against_a_few_others_are_no_clear_change(answers: int, clear: bool) -> None:
    moved = change(figure("nps", {10: answers}), figure("nps", {0: answers}))
    assert moved is not None
    assert (moved.difference, moved.clear) == (200, clear)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=300))
def test_nps_equals_a_plain_reckoning(scores: list[int]) -> None:
    values = [1 if score >= 9 else -1 if score <= 6 else 0 for score in scores]
    mean = Fraction(sum(values), len(values))
    figures = nps(scores)

    assert figures.exact == pytest.approx(float(100 * mean))
    assert figures.margin == pytest.approx(_adjusted_wald(values.count(1), values.count(-1), len(values)), abs=0.06)
    assert figures.score is not None
    assert abs(figures.score - 100 * mean) <= Fraction(1, 2)
