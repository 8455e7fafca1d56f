"""Audiences that look back from now: `{"days_ago": 30}` is a moment that goes with the clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import Invalid

PATHS: Mapping[str, tuple[str, ...]] = {"created_at": ("profile", "created_at"), "last_survey_at": ("last_survey_at",)}
"""Where the facts of a customer have the moments that an audience may ask about."""
MAX_DAYS, MAX_DEPTH = 36_500, 30
NO_SEGMENTS = "an audience stands on its own: give the filter of the segment (GET /v1/segments/ID) in its place"
_ORDERED = {"gt", "gte", "lt", "lte"}
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LooksBack:
    """A clause that compares a moment with the one so many days before now."""

    field: str
    op: str
    days: float


def resolved(tree: Any, now: datetime, place: str = "audience", depth: int = 1) -> Any:
    """The tree with moments in place of days ago. Raises `Invalid` where there cannot be any days, or for a segment."""
    if depth > MAX_DEPTH or not isinstance(tree, list | Mapping):
        return tree
    if isinstance(tree, list):
        return [resolved(one, now, f"{place}.{number}", depth + 1) for number, one in enumerate(tree)]
    if "segment" in tree:
        raise Invalid("filter-not-valid", NO_SEGMENTS, field=f"{place}.segment")
    if "field" in tree and _is_ago(tree.get("value")):
        days = _days(tree["value"]["days_ago"], tree, f"{place}.value")
        return {**tree, "value": (now - timedelta(days=days)).isoformat()}
    return {name: resolved(part, now, f"{place}.{name}", depth + 1) for name, part in tree.items()}


def looking_back(tree: Any) -> tuple[LooksBack, ...]:
    """Every clause of a valid tree that looks back."""
    return tuple(_looking_back(tree))


def turns_at(facts: Mapping[str, Any], clauses: Iterable[LooksBack], now: datetime) -> datetime | None:
    """The next moment at which one of the clauses may hold no longer, or begin to."""
    found = []
    for clause in clauses:
        moment: Any = facts
        for part in PATHS[clause.field]:
            moment = (moment or {}).get(part)
        if moment is not None:
            at_once = clause.op in {"lte", "gt"}
            found.append(moment + timedelta(days=clause.days) + (timedelta() if at_once else _MILLISECOND))
    return min((one for one in found if one > now), default=None)


def _looking_back(tree: Any) -> Iterator[LooksBack]:
    if isinstance(tree, list):
        for one in tree:
            yield from _looking_back(one)
    elif isinstance(tree, Mapping):
        if "field" in tree and _is_ago(tree.get("value")):
            yield LooksBack(tree["field"], tree["op"], tree["value"]["days_ago"])
        else:
            yield from _looking_back(list(tree.values()))


def _is_ago(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"days_ago"}


def _days(days: object, clause: Mapping[str, Any], place: str) -> float:
    if not isinstance(clause["field"], str) or clause["field"] not in PATHS or clause.get("op") not in _ORDERED:
        reason = f"days_ago is for {' and '.join(sorted(PATHS))}, with gt, gte, lt or lte"
        raise Invalid("filter-not-valid", reason, field=place)
    if not isinstance(days, int | float) or isinstance(days, bool) or not 0 <= days <= MAX_DAYS:
        raise Invalid("filter-not-valid", f"days_ago must be 0 to {MAX_DAYS}", field=place)
    return days
