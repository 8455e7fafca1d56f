"""Set the company's rules."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import Invalid
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.domain.limits import zone_named


async def set_rules(tx: Transaction, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set the company's rules. Raises `Invalid` for a zone that does not exist."""
    if zone_named(values["timezone"]) is None:
        code, reason = "timezone-not-known", "must be an IANA zone, such as Europe/Vienna"
        raise Invalid(code, reason, field="timezone")
    await store.put_rules(tx, values)
    return values
