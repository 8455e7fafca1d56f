"""All that is held on a customer, everywhere."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chassis.errors import NotFound, Refusal
from chassis.held import held_on
from chassis.mongo import Database
from services.profile import store
from services.profile.adapters.owners import Caller, Owners
from services.profile.schemas.actions import Counts, ErasureReport, Held
from services.profile.store.erasures import find_erasure


async def held(database: Database, owners: Owners, customer_id: str, caller: Caller) -> Held:
    """By service. Raises `Unavailable` where one cannot say: a part would look like the whole."""
    path = f"/v1/held/{quote(customer_id, safe='')}"
    others = await asyncio.gather(*(owners.read(name, path, caller) for name in owners.names))
    own = await held_on(database, store.HOLDS, customer_id)
    return Held(customer_id=customer_id, services={"profile": own, **dict(zip(owners.names, others, strict=True))})


async def counted(database: Database, owners: Owners, customer_id: str, caller: Caller) -> Counts:
    """How many documents on a customer each service holds; None of one that does not say."""
    path = f"/v1/held/{quote(customer_id, safe='')}"
    others = await asyncio.gather(*(owners.read(name, path, caller) for name in owners.names), return_exceptions=True)
    found: Counts = {"profile": _counts(await held_on(database, store.HOLDS, customer_id))}
    for name, answer in zip(owners.names, others, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
        found[name] = None if isinstance(answer, BaseException) else _counts(answer)
    return found


async def erasure(database: Database, owners: Owners, customer_id: str, caller: Caller) -> ErasureReport:
    """What was held on an erased customer, and what is now. Raises `NotFound` for one who was not erased."""
    row = await find_erasure(database, customer_id)
    if row is None:
        code, reason = "erasure-not-found", "No customer with this id was erased."
        raise NotFound(code, reason)
    left = await counted(database, owners, customer_id, caller)
    return ErasureReport(customer_id=customer_id, erased_at=row["at"], by=row["by"], held_before=row["held"], left=left)


def _counts(held: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    return {name: len(documents) for name, documents in held.items()}
