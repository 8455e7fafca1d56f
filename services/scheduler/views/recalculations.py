"""What can be seen of how dates follow a change."""

from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.schemas.recalculations import Recalculation


async def recalculation(database: Database) -> Recalculation:
    """How far it is."""
    version, changed_at = await store.rules_version(database)
    customers, left = await store.outdated_count(database, version)
    return Recalculation(
        version=version,
        changed_at=changed_at,
        customers=customers,
        done=customers - left,
        left=left,
        finished=left == 0,
    )
