"""Up to which moment a stream has been read, for all processes of a service: some must not act on old news."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chassis.mongo import Database

COLLECTION = "_read"
NOTE_SECONDS = 2.0


class Notes:
    """Keeps of one subscription up to when all is applied, by partition, each from whoever reads that."""

    def __init__(self, database: Database, purpose: str) -> None:
        self._database, self._purpose = database, purpose
        self._marks: dict[int, tuple[datetime, int]] = {}

    async def note(self, at: datetime, ends: Mapping[int, int], applied: Mapping[int, int], partitions: int) -> None:
        """`ends` of partitions as they were at that moment or later; `applied` is all that lies before those."""
        reached = {}
        for partition, end in ends.items():
            done, mark = applied.get(partition, -1), self._marks.setdefault(partition, (at, end))
            if done >= min(end, mark[1]):
                reached[f"partitions.{partition}"] = at if done >= end else mark[0]
                self._marks[partition] = (at, end)
        if reached:
            rows = self._database.collection(COLLECTION)
            change = {"$max": reached, "$set": {"of": partitions}}
            await rows.update_one({"_id": self._purpose}, change, upsert=True)


async def age(database: Database, purpose: str) -> timedelta | None:
    """How old what is known from a stream may be, by the database's clock; None where not all was ever read."""
    fields = {"partitions": 1, "of": 1, "now": "$$NOW"}
    found = await database.collection(COLLECTION).find_one({"_id": purpose}, fields)
    if found is None or len(found["partitions"]) < found["of"]:
        return None
    passed: timedelta = found["now"] - min(found["partitions"].values())
    return passed
