"""The catalogue of properties."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from chassis.mongo import Transaction
from services.profile.domain.properties import PropertyType
from services.profile.store.collections import PROPERTIES


async def property_types(tx: Transaction, names: Iterable[str]) -> dict[str, PropertyType]:
    """The types of those properties that have one."""
    cursor = tx.collection(PROPERTIES).find({"_id": {"$in": list(names)}}, session=tx.session)
    return {row["_id"]: PropertyType(row["type"]) async for row in cursor}


async def add_property_types(tx: Transaction, types: Mapping[str, PropertyType], now: datetime) -> None:
    """Put properties met for the first time into the catalogue."""
    rows = [{"_id": name, "type": str(type_), "created_at": now} for name, type_ in types.items()]
    if rows:
        await tx.collection(PROPERTIES).insert_many(rows, session=tx.session)
