"""What can be seen of alerts."""

from chassis.errors import NotFound
from chassis.mongo import Database
from services.feedback import store
from services.feedback.schemas.alerts import AlertBody, AlertList, NoticeBody, NoticePage
from services.feedback.store import alerts as rows

_SHOWN = NoticeBody.model_fields.keys() - {"id", "next_try_at"}


async def alerts(database: Database) -> AlertList:
    """All."""
    return AlertList(items=[AlertBody.of(one) for one in await rows.all_alerts(database)])


async def alert(database: Database, id_: str) -> AlertBody:
    """One. Raises `NotFound`."""
    document = await database.collection(store.ALERTS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "alert-not-found", "There is no alert with this id."
        raise NotFound(code, reason)
    return AlertBody.of(rows.alert_from(document))


async def notices(database: Database, id_: str, *, skip: int, limit: int) -> NoticePage:
    """The log of an alert. Raises `NotFound`."""
    await alert(database, id_)
    found = await rows.notices_of(database, id_, skip=skip, limit=limit)
    items = [
        NoticeBody(
            id=row["_id"],
            next_try_at=row["next_try_at"] if row["state"] == rows.WAITING else None,
            **{name: row[name] for name in _SHOWN},
        )
        for row in found
    ]
    return NoticePage(items=items)
