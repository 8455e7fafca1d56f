"""Figures as anybody would reckon them: slowly, over every answer, by the words of the guide."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from chassis import filters
from services.feedback.schemas.dashboard import FIGURE_FIELDS

Answer = Mapping[str, Any]
GOOD = {"nps": (9, 10), "csat": (4, 5)}
CLASSES = {
    "nps": {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 1, 2, 3, 4, 5, 6)},
    "csat": {"satisfied": (4, 5), "neutral": (3,), "unsatisfied": (1, 2)},
    "ces": {"satisfied": (5, 6, 7), "neutral": (4,), "unsatisfied": (1, 2, 3)},
}


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def counting(answers: Iterable[Answer], customers: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Answer]:
    """The answers that count: first the period and the campaign, then who answered last, then the rest."""
    pool = [
        answer
        for answer in answers
        if answer["metric"] == asked["metric"]
        and asked["first_day"] <= local_day(answer["answered_at"], asked["zone"]) <= asked["last_day"]
        and not answer["suspected_automatic"]
        and (asked["provisional"] or not answer["provisional"])
        and asked["campaign_id"] in (None, answer["campaign_id"])
    ]
    if asked["answers"] == "last":
        of = defaultdict(list)
        for answer in pool:
            of[answer["customer_id"] or answer["_id"]].append(answer)
        pool = [max(theirs, key=lambda one: (one["answered_at"], one["_id"])) for theirs in of.values()]
    parsed = filters.parse(asked["filter"], FIGURE_FIELDS)
    seen = [(answer, _seen(answer, customers, asked["attributes"])) for answer in pool]
    channel = asked["channel"]
    return [
        {**answer, **shown}
        for answer, shown in seen
        if channel in (None, answer["channel"]) and parsed.matches({**answer, **shown})
    ]


def _seen(answer: Answer, customers: Mapping[str, Any], when: str) -> dict[str, Any]:
    attributes = answer["attributes"] if when == "then" else customers.get(answer["customer_id"] or "") or {}
    classes = CLASSES[answer["metric"]]
    (named,) = [name for name, scores in classes.items() if answer["score"] in scores]
    return {"attributes": attributes, "score_class": named, "id": answer["_id"]}


def figure(metric: str, scores: list[int]) -> dict[str, Any]:
    """NPS, CSAT or CES of these."""
    classes = {name: sum(score in some for score in scores) for name, some in CLASSES[metric].items()}
    if not scores:
        return {"count": 0, "exact": None, "score": None, "margin": None, "classes": classes}
    worth = [_worth(metric, score) for score in scores]
    mean = Fraction(sum(worth), len(worth))
    parts = 100 if metric == "ces" else 1
    nearest = math.floor(abs(mean) * parts + Fraction(1, 2)) * (1 if mean >= 0 else -1)
    return {
        "count": len(scores),
        "exact": float(mean),
        "score": nearest / parts,
        "margin": _margin(metric, worth),
        "classes": classes,
    }


SUPPOSED = {"nps": [100] * 3 + [0] * 6 + [-100] * 3, "csat": [100] * 8 + [0] * 8, "ces": [1] * 4 + [7] * 4}
"""What a margin supposes beside the answers, each for a quarter of one."""


def _margin(metric: str, worth: list[int]) -> float:
    quarters = worth * 4 + SUPPOSED[metric]
    mean = Fraction(sum(quarters), len(quarters))
    return 1.959964 * math.sqrt(sum((one - mean) ** 2 for one in quarters) / len(quarters) / (len(quarters) / 4))


def _worth(metric: str, score: int) -> int:
    if metric == "ces":
        return score
    if metric == "csat":
        return 100 if score in GOOD["csat"] else 0
    return 100 if score in GOOD["nps"] else -100 if score <= 6 else 0
