"""The company's rules."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chassis.clock import now
from chassis.mongo import Database, Transaction
from services.scheduler.domain.limits import Rules
from services.scheduler.store.collections import COMPANY, RULES
from services.scheduler.store.reading import Reader


async def rules(reader: Reader) -> Rules:
    """The company's rules."""
    document = await reader.collection(RULES).find_one(
        {"_id": COMPANY}, {"_id": 0, "changed_at": 0}, session=reader.session
    )
    return Rules(**document) if document else Rules()


async def rules_version(database: Database) -> tuple[int, datetime | None]:
    """The version of the rules, and since when."""
    document = await database.collection(RULES).find_one({"_id": COMPANY}) or {"version": 0}
    return document["version"], document.get("changed_at")


async def put_rules(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Change the company's rules, or only their version: every customer is looked at again."""
    changed: dict[str, Any] = {**asdict(await rules(tx)), **values}
    changed |= {"version": changed["version"] + 1, "changed_at": now()}
    await tx.collection(RULES).replace_one({"_id": COMPANY}, changed, upsert=True, session=tx.session)
