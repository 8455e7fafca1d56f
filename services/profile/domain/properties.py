"""The types of properties: inferred on first use, held to after that."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import Invalid

from .customer import Value

MAX_WHOLE = 2**53


class PropertyType(StrEnum):
    """What a property holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"


def infer(value: Value) -> PropertyType:
    """The type that a first value gives its property."""
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    if isinstance(value, int | float):
        return PropertyType.NUMBER
    if isinstance(value, tuple):
        return PropertyType.LIST
    return PropertyType.DATE if _is_date(value) else PropertyType.TEXT


def fits(value: Value, type_: PropertyType) -> bool:
    """Whether a property of this type may hold the value; null always may."""
    if value is None:
        return True
    if type_ is PropertyType.TEXT:
        return isinstance(value, str)
    return infer(value) is type_


def check(properties: Mapping[str, Value], known: Mapping[str, PropertyType]) -> dict[str, PropertyType]:
    """The types of properties met for the first time.

    Raises `Invalid` that names the property whose value is of another type than its property.
    """
    fresh: dict[str, PropertyType] = {}
    for name, value in properties.items():
        if value is None:
            continue
        if isinstance(value, int) and abs(value) > MAX_WHOLE:
            raise _refused(name, "the number is beyond 2^53 and would lose digits")
        type_ = known.get(name)
        if type_ is None:
            fresh[name] = infer(value)
        elif not fits(value, type_):
            raise _refused(name, f"{name} holds a {type_}, not a {infer(value)}")
    return fresh


def _refused(name: str, reason: str) -> Invalid:
    code = "property-type"
    return Invalid(code, reason, field=f"properties.{name}")


def _is_date(value: Value) -> bool:
    if not isinstance(value, str) or len(value) < len("2026-11-23") or not value[:4].isdigit() or value[4] != "-":
        return False
    try:
        date.fromisoformat(value) if len(value) == len("2026-11-23") else datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
