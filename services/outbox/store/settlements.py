"""What was said by hand of mails that nobody knew the end of."""

from collections.abc import Iterable, Sequence

from chassis.mongo import ASCENDING, Database, Transaction
from services.outbox.domain.unknowns import Settlement
from services.outbox.store.codec import Codec
from services.outbox.store.collections import SETTLEMENTS

settlements = Codec(Settlement)


async def add_settlements(tx: Transaction, made: Sequence[Settlement]) -> None:
    """Keep them."""
    if made:
        rows = [settlements.write(one) for one in made]
        await tx.collection(SETTLEMENTS).insert_many(rows, session=tx.session)


async def settlements_of(database: Database, dispatch_id: str) -> list[Settlement]:
    """Those of one record, in order."""
    cursor = database.collection(SETTLEMENTS).find({"dispatch_id": {"$eq": dispatch_id}}).sort("at", ASCENDING)
    return [settlements.read(row) for row in await cursor.to_list(None)]


async def forget_settlements(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Of the erased nothing is kept."""
    await tx.collection(SETTLEMENTS).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
