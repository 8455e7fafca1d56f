"""What all connectors share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


def sync(*, id_: str, source: str, subject: str | None, time: str | None, data: Json) -> dict[str, Any]:
    """A `customer.sync` in structured mode."""
    body = {"specversion": "1.0", "id": id_, "source": source, "type": "customer.sync", "data": dict(data)}
    return {**body, **({"subject": subject} if subject else {}), **({"time": time} if time else {})}


def moment(milliseconds: object) -> str | None:
    """A moment given in milliseconds since 1970, as events write it."""
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return None
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def property_name(name: str) -> str:
    """A name as properties may have it: no dots, no $ in front."""
    return name.strip().replace(".", "_").lstrip("$")[:200]


def property_value(value: object) -> object:
    """A value as properties may have it; None for what has no such form."""
    plain = isinstance(value, bool | int | float | str)
    return value if plain or (isinstance(value, list) and all(isinstance(one, str) for one in value)) else None


def text(value: object) -> str | None:
    """A value as the customer's own fields have it."""
    if isinstance(value, bool | dict | list) or value is None:
        return None
    return str(value)
