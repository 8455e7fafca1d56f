"""The catalogue of properties."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.profile.domain.properties import PropertyType
from services.profile.store.collections import PROPERTIES


async def property_types(tx: Transaction, names: Iterable[str]) -> dict[str, PropertyType]:
    """The types of those properties that have one."""
    cursor = tx.collection(PROPERTIES).find({"_id": {"$in": list(names)}}, session=tx.session)
    return {row["_id"]: PropertyType(row["type"]) async for row in cursor}


async def all_property_types(tx: Transaction) -> dict[str, PropertyType]:
    """The type of every property."""
    return {row["_id"]: PropertyType(row["type"]) async for row in tx.collection(PROPERTIES).find(session=tx.session)}


async def add_property_types(tx: Transaction, types: Mapping[str, PropertyType], now: datetime) -> None:
    """Put properties met for the first time into the catalogue."""
    rows = [{"_id": name, "type": str(type_), "created_at": now} for name, type_ in types.items()]
    if rows:
        await tx.collection(PROPERTIES).insert_many(rows, session=tx.session)


async def list_properties(database: Database) -> list[Document]:
    """The catalogue, by name."""
    return await database.collection(PROPERTIES).find().sort("_id", ASCENDING).to_list(None)


async def describe_property(tx: Transaction, name: str, said: Document) -> Document:
    """Change what people see of a property. Raises `NotFound`."""
    rows = tx.collection(PROPERTIES)
    if said:
        await rows.update_one({"_id": {"$eq": name}}, {"$set": said}, session=tx.session)
    found = await rows.find_one({"_id": {"$eq": name}}, session=tx.session)
    if found is None:
        code, reason = "property-not-found", "There is no property of this name."
        raise NotFound(code, reason)
    return found


async def forget_property(tx: Transaction, name: str) -> None:
    """Take a property out of the catalogue; a customer who gets it again gives it a type anew."""
    await tx.collection(PROPERTIES).delete_one({"_id": name}, session=tx.session)
