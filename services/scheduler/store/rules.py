"""The company's rules."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chassis.mongo import Transaction
from services.scheduler.domain.limits import Rules
from services.scheduler.store.collections import COMPANY, RULES
from services.scheduler.store.reading import Reader


async def rules(reader: Reader) -> Rules:
    """The company's rules."""
    document = await reader.collection(RULES).find_one({"_id": COMPANY}, {"_id": 0}, session=reader.session)
    return Rules(**document) if document else Rules()


async def put_rules(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Change the company's rules, or only their version: every customer is looked at again."""
    changed = {**asdict(await rules(tx)), **values}
    changed["version"] += 1
    await tx.collection(RULES).replace_one({"_id": COMPANY}, changed, upsert=True, session=tx.session)
