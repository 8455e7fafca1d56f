"""What customers are filtered by, as an index has it: the values of each field, one by one."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson import MaxKey, MinKey, Timestamp

from chassis.filters import Clause, Filter
from services.profile.domain.finding import fives, fold, threes

CUT = 100
"""So much of a text is in the index; what is found is compared as a whole."""
SEARCHED = frozenset({"fields.first_name", "fields.last_name", "fields.company", "canonical_email"})
"""What is in the text that a search looks at."""
_OPS = {"eq": "$eq", "has": "$eq", "gt": "$gt", "gte": "$gte", "lt": "$lt", "lte": "$lte"}
_NOT_BEYOND = {"$gt": "$gte", "$lt": "$lte"}

_SPANS = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte"})
Bound = list[tuple[str, Any]]

Start = Mapping[str, Any]
"""A condition on what is kept for finding, from which a search may start: it holds for all that are wanted."""


def facets(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of a customer, by the paths of their fields; of a list each."""
    return [
        {"k": path, "v": _cut(one)}
        for path, value in values.items()
        if value is not None
        for one in (value if isinstance(value, list) else (value,))
    ]


def starts(filter_: Filter) -> list[Start]:
    """From where those a filter holds for may be searched; none where every customer must be looked at."""
    if isinstance(filter_, Clause):
        return _starts(filter_)
    if filter_.kind == "all":
        return [start for part in filter_.parts for start in starts(part)]
    if filter_.kind == "any":
        choices = [starts(part) for part in filter_.parts]
        return [{"$or": [choice[0] for choice in choices]}] if all(choices) else []
    return []


def texts(filter_: Filter) -> list[Start]:
    """What the text of whoever is wanted holds, as a search would look for it; it leads nowhere by itself."""
    if isinstance(filter_, Clause):
        contains = filter_.op == "contains" and filter_.path in SEARCHED
        return [{"text": {"$regex": re.escape(fold(filter_.value))}}] if contains else []
    return [text for part in filter_.parts for text in texts(part)] if filter_.kind == "all" else []


def is_one_value(start: Start) -> bool:
    """Whether an index has those it holds for one after the other, by id."""
    return "grams" in start or "$eq" in start.get("facets", {}).get("$elemMatch", {}).get("v", ())


def says_all(filter_: Filter) -> bool:
    """Whether the start says all that the filter asks for."""
    if not isinstance(filter_, Clause) or not _is_held(filter_.path):
        return False
    values = filter_.value if filter_.op == "in" else (filter_.value,)
    short = all(not isinstance(value, str) or len(value) < CUT for value in values)
    is_text = any(isinstance(value, str) for value in values)
    return (filter_.op in {"eq", "has", "in"} and short) or (filter_.op in _OPS and not is_text)


def _starts(clause: Clause) -> list[Start]:
    if clause.op == "contains" and clause.path in SEARCHED:
        folded = fold(clause.value)
        return [{"grams": gram} for gram in dict.fromkeys((*fives(folded), *threes(folded)))]
    if clause.op == "in" and _is_held(clause.path):
        return [_facet(clause.path, "$in", [_cut(value) for value in clause.value])]
    if clause.op in _OPS and _is_held(clause.path):
        op, is_text = _OPS[clause.op], isinstance(clause.value, str)
        return [_facet(clause.path, _NOT_BEYOND.get(op, op) if is_text else op, _cut(clause.value))]
    return []


def span(start: Start) -> tuple[Bound, Bound] | None:
    """From where up to where the index of facets has those a start holds for; None where they are in several places."""
    held = start.get("facets", {}).get("$elemMatch")
    ((op, value),) = held["v"].items() if held else (("", None),)
    if op not in _SPANS:
        return None
    first, last = _ends(value)
    lowest = {"$gte": (value, MinKey()), "$gt": (value, MaxKey()), "$eq": (value, MinKey())}.get(op, (first, MinKey()))
    beyond = {"$lte": (value, MaxKey()), "$lt": (value, MinKey()), "$eq": (value, MaxKey())}.get(op, (last, MinKey()))
    names = ("facets.k", "facets.v", "_id")
    return list(zip(names, (held["k"], *lowest), strict=True)), list(zip(names, (held["k"], *beyond), strict=True))


def _ends(value: object) -> tuple[object, object]:
    """The lowest value of its type, and what comes after all of them: an index has one type after the other."""
    if isinstance(value, str):
        return "", {}
    if isinstance(value, bool):
        return False, datetime(1, 1, 1, tzinfo=UTC)
    if isinstance(value, datetime):
        return datetime(1, 1, 1, tzinfo=UTC), Timestamp(0, 0)
    return float("-inf"), ""


def _facet(path: str, op: str, value: object) -> Start:
    return {"facets": {"$elemMatch": {"k": path, "v": {op: value}}}}


def _is_held(path: str) -> bool:
    return path == "source" or path.startswith(("fields.", "properties."))


def _cut(value: Any) -> Any:
    return value[:CUT] if isinstance(value, str) else value
