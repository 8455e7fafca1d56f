"""All that is held on a customer, everywhere."""

import asyncio
from urllib.parse import quote

from chassis.held import held_on
from chassis.mongo import Database
from services.profile import store
from services.profile.adapters.owners import Caller, Owners
from services.profile.schemas.actions import Held


async def held(database: Database, owners: Owners, customer_id: str, caller: Caller) -> Held:
    """By service. Raises `Unavailable` where one cannot say: a part would look like the whole."""
    path = f"/v1/held/{quote(customer_id, safe='')}"
    others = await asyncio.gather(*(owners.read(name, path, caller) for name in owners.names))
    own = await held_on(database, store.HOLDS, customer_id)
    return Held(customer_id=customer_id, services={"profile": own, **dict(zip(owners.names, others, strict=True))})
