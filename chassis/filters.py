"""The filter language: clauses over fields, parsed once, asked of a mapping or of MongoDB with one answer.

    {"all": [{"field": "tags", "op": "has", "value": "vip"}, {"not": {"field": "city", "op": "eq", "value": "Graz"}}]}

A clause holds where the value at its field satisfies it, or one of the values where that is a list. Types
never mix: the text "5" is not the number 5, true is not 1. What is absent, null or an empty list is *missing*
and satisfies no positive operator; `ne` and `has_not` are the exact opposites of `eq` and `has`, so they hold
for what is missing. `contains` looks for a part of a text without regard to case. `{}` holds for everything.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from chassis.errors import Invalid

MAX_DEPTH = 10
MAX_CLAUSES = 200
MAX_VALUES = 1000
MAX_TEXT = 5000
BEYOND_CASE = 0x20000
"""No letter from here on has a small or capital form; to look at all million of them takes a second."""
_INT64 = 2**63

Value = bool | int | float | str | datetime
Document = Mapping[str, Any]


class Kind(StrEnum):
    """What a field holds, which decides the values that a clause may name."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    LABELS = "labels"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field is stored, and what it holds.

    A name that ends in `.*` stands for all fields one level below. `folded` values are stored case-folded,
    and a clause's value is folded before it is compared.
    """

    kind: Kind
    path: str
    folded: bool = False


_ANY_KIND = frozenset({"eq", "ne", "in", "exists", "missing"})
_ORDERED = frozenset({"gt", "gte", "lt", "lte"})
_OPS = {
    Kind.TEXT: _ANY_KIND | _ORDERED | {"contains"},
    Kind.NUMBER: _ANY_KIND | _ORDERED,
    Kind.MOMENT: _ORDERED | {"exists", "missing"},
    Kind.LABELS: frozenset({"has", "has_not", "in", "exists", "missing"}),
    Kind.ANY: _ANY_KIND | _ORDERED | {"contains", "has", "has_not"},
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, value: found == value,
    "has": lambda found, value: found == value,
    "gt": lambda found, value: found > value,
    "gte": lambda found, value: found >= value,
    "lt": lambda found, value: found < value,
    "lte": lambda found, value: found <= value,
    "contains": lambda found, value: isinstance(found, str) and fold(value) in fold(found),
}
_OPPOSITE = {"ne": "eq", "has_not": "has", "missing": "exists"}
_GROUPS = {"all", "any", "not"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one field; `place` says where it stands in the tree, `name` is the field as asked for."""

    place: str
    name: str
    path: str
    op: str
    value: Any = None

    def matches(self, document: Document) -> bool:
        """Whether it holds."""
        op = _OPPOSITE.get(self.op, self.op)
        return self._holds(op, _values(document, self.path)) is (op == self.op)

    def _holds(self, op: str, found: Sequence[Any]) -> bool:
        if op == "exists":
            return bool(found)
        if op == "in":
            return any(_alike(one, value) and one == value for one in found for value in self.value)
        return any(_alike(one, self.value) and _COMPARE[op](one, self.value) for one in found)

    def query(self) -> dict[str, Any]:
        """The same as a MongoDB query. Values stand behind an operator of ours, so that they cannot be one."""
        missing = [{self.path: {"$eq": None, "$not": {"$type": "array"}}}, {self.path: {"$size": 0}}]
        if self.op == "missing":
            return {"$or": missing}
        if self.op == "exists":
            return {"$nor": missing}
        if self.op == "contains":
            return {self.path: {"$regex": _pattern(self.value)}}
        if self.op == "in":
            return {self.path: {"$in": list(self.value)}}
        return {self.path: {f"${self.op.replace('has_not', 'ne').replace('has', 'eq')}": self.value}}


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of which all must hold, or any, or (`not`) the one must not."""

    kind: str
    parts: "tuple[Filter, ...]"

    def matches(self, document: Document) -> bool:
        """Whether it holds."""
        if self.kind == "all":
            return all(part.matches(document) for part in self.parts)
        return any(part.matches(document) for part in self.parts) is (self.kind == "any")

    def query(self) -> dict[str, Any]:
        """The same as a MongoDB query."""
        if not self.parts:
            return {}
        name = {"all": "$and", "any": "$or", "not": "$nor"}[self.kind]
        return {name: [part.query() for part in self.parts]}


Filter = Clause | Group


def clauses(filter_: Filter) -> Iterator[Clause]:
    """Every clause, in the order in which it stands in the tree."""
    if isinstance(filter_, Clause):
        yield filter_
    else:
        for part in filter_.parts:
            yield from clauses(part)


def parse(tree: object, fields: Mapping[str, Field], *, place: str = "filter") -> Filter:
    """Read a tree. Raises `Invalid` that names the place in the tree and the reason."""
    parsed = Group("all", ()) if tree == {} else _parse(tree, fields, place, 1)
    if sum(1 for _ in clauses(parsed)) > MAX_CLAUSES:
        raise _invalid(place, f"has more than {MAX_CLAUSES} clauses")
    return parsed


def fold(text: str) -> str:
    """A text as `contains` compares it: letter by letter without regard to case, never longer or shorter."""
    return "".join(map(_fold_letter, text))


def _parse(tree: object, fields: Mapping[str, Field], place: str, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise _invalid(place, f"is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(tree, Mapping):
        raise _invalid(place, "must be an object")
    kind = next(iter(tree), None)
    if kind not in _GROUPS or len(tree) != 1:
        return _clause(tree, fields, place)
    given = [tree[kind]] if kind == "not" else tree[kind]
    if not isinstance(given, list) or not given:
        raise _invalid(f"{place}.{kind}", "must be a list of at least one clause")
    places = [f"{place}.{kind}" if kind == "not" else f"{place}.{kind}.{number}" for number in range(len(given))]
    return Group(str(kind), tuple(_parse(one, fields, at, depth + 1) for one, at in zip(given, places, strict=True)))


def _clause(tree: Mapping[str, Any], fields: Mapping[str, Field], place: str) -> Clause:
    if "field" not in tree or not set(tree) <= {"field", "op", "value"}:
        raise _invalid(place, "must be one of all, any, not, or a clause of field, op and value")
    name, op = tree["field"], tree.get("op")
    field = _field(name, fields, f"{place}.field")
    if not isinstance(op, str) or op not in _OPS[field.kind]:
        raise _invalid(f"{place}.op", f"must be one of {', '.join(sorted(_OPS[field.kind]))} for {name}")
    if op in {"exists", "missing"}:
        if "value" in tree:
            raise _invalid(f"{place}.value", f"{op} takes no value")
        return Clause(place, name, field.path, op)
    if "value" not in tree:
        raise _invalid(f"{place}.value", "is missing")
    return Clause(place, name, field.path, op, _operand(op, tree["value"], field, f"{place}.value"))


def _field(name: object, fields: Mapping[str, Field], place: str) -> Field:
    if not isinstance(name, str):
        raise _invalid(place, "must be the name of a field")
    if name in fields and not name.endswith(".*"):
        return fields[name]
    above, _, last = name.partition(".")
    below = fields.get(f"{above}.*")
    if below is None:
        known = ", ".join(sorted(fields))
        raise _invalid(place, f"there is no field {name[:100]!r}; there are {known}")
    if not last or "." in last or last.startswith("$") or _unstorable(last):
        raise _invalid(place, f"{last[:100]!r} cannot be the name of a field: no dot, no NUL, no $ in front")
    return Field(below.kind, f"{below.path.removesuffix('*')}{last}", below.folded)


def _operand(op: str, value: object, field: Field, place: str) -> Any:
    if op != "in":
        return _value(op, value, field, place)
    if not isinstance(value, list) or not 0 < len(value) <= MAX_VALUES:
        raise _invalid(place, f"must be a list of 1 to {MAX_VALUES} values")
    return tuple(_value(op, one, field, f"{place}.{number}") for number, one in enumerate(value))


def _value(op: str, value: object, field: Field, place: str) -> Value:
    if field.kind is Kind.MOMENT:
        return _moment(value, place)
    if isinstance(value, str) and field.kind is not Kind.NUMBER:
        if _unstorable(value) or len(value) > MAX_TEXT or (op == "contains" and not value):
            raise _invalid(
                place, f"must be a text of at most {MAX_TEXT} letters without NUL, not empty where looked for"
            )
        return value.casefold() if field.folded else value
    if field.kind in {Kind.TEXT, Kind.LABELS} or op == "contains":
        raise _invalid(place, "must be a text")
    if isinstance(value, bool) and field.kind is Kind.ANY and op not in _ORDERED:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and _fits(value):
        return value
    raise _invalid(
        place, "must be a number" if field.kind is Kind.NUMBER else "must be a text, a number or true or false"
    )


def _moment(value: object, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        dated = isinstance(value, str) and len(value) == len("2026-11-23")
        moment = moment.replace(tzinfo=UTC) if dated else moment
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _invalid(place, "must be a date (2026-11-23) or a moment with its zone (2026-11-23T10:00:00Z)") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _fits(number: float) -> bool:
    return -_INT64 <= number < _INT64 if isinstance(number, int) else math.isfinite(number)


def _unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _values(document: Document, path: str) -> Sequence[Any]:
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None:
        return ()
    return found if isinstance(found, list | tuple) else (found,)


def _alike(one: object, other: object) -> bool:
    """Whether two values are of one type, as MongoDB sees types."""
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return isinstance(one, bool) is isinstance(other, bool) if numbers else type(one) is type(other)


def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter


@cache
def _variants() -> dict[str, str]:
    """The letters that fold to each letter, where there is more than one."""
    found: dict[str, str] = {}
    for code in range(BEYOND_CASE):
        letter = chr(code)
        found[_fold_letter(letter)] = found.get(_fold_letter(letter), "") + letter
    return {folded: letters for folded, letters in found.items() if len(letters) > 1}


def _pattern(text: str) -> str:
    """Written out, since the database's own "ignore case" knows other pairs of letters than Python."""
    letters = _variants()
    return "".join(f"[{letters[one]}]" if one in letters else re.escape(one) for one in fold(text))


def _invalid(place: str, reason: str) -> Invalid:
    return Invalid("filter-not-valid", reason, field=place)
