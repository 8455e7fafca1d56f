"""What can be seen of autoreplies."""

from chassis.errors import NotFound
from chassis.mongo import Database
from services.feedback import store
from services.feedback.schemas.autoreplies import AutoreplyBody, AutoreplyList, FollowedBody, FollowedPage
from services.feedback.store import autoreplies as rows


async def autoreplies(database: Database) -> AutoreplyList:
    """All rules, in the order in which they are asked."""
    return AutoreplyList(items=[AutoreplyBody.of(one) for one in await rows.all_autoreplies(database)])


async def autoreply(database: Database, id_: str) -> AutoreplyBody:
    """One. Raises `NotFound`."""
    document = await database.collection(store.AUTOREPLIES).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "autoreply-not-found", "There is no autoreply with this id."
        raise NotFound(code, reason)
    return AutoreplyBody.of(rows.autoreply_from(document))


async def followed(database: Database, id_: str, *, after: str | None, limit: int) -> FollowedPage:
    """What became of the answers that a rule wanted. Raises `NotFound`."""
    await autoreply(database, id_)
    found = await rows.rows_of(database, id_, after=after, limit=limit)
    items = [
        FollowedBody(
            response_id=row["_id"],
            state=row["state"],
            reason=row["reason"],
            due_at=row["due_at"],
            ended_at=row.get("ended_at"),
            autoreply_id=row.get("autoreply_id"),
        )
        for row in found
    ]
    return FollowedPage(items=items, next=items[-1].response_id if len(items) == limit else None)
