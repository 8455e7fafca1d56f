"""What can be seen of webhooks."""

from chassis.errors import NotFound
from chassis.mongo import Database, Document
from services.feedback import store
from services.feedback.schemas.webhooks import AttemptBody, AttemptPage, QueueBody, WebhookBody, WebhookList
from services.feedback.store import webhooks as rows


async def webhooks(database: Database) -> WebhookList:
    """All, with what waits for each."""
    found = await rows.all_webhooks(database)
    waits = await rows.waiting(database, [one.id for one in found])
    return WebhookList(items=[WebhookBody.of(one, _queue(waits.get(one.id))) for one in found])


async def webhook(database: Database, id_: str) -> WebhookBody:
    """One. Raises `NotFound`."""
    document = await database.collection(store.WEBHOOKS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "webhook-not-found", "There is no webhook with this id."
        raise NotFound(code, reason)
    waits = await rows.waiting(database, [id_])
    return WebhookBody.of(rows.webhook_from(document), _queue(waits.get(id_)))


async def attempts(database: Database, id_: str, *, after: str | None, limit: int) -> AttemptPage:
    """The log of a webhook. Raises `NotFound`."""
    await webhook(database, id_)
    found = await rows.attempts_of(database, id_, after=after, limit=limit)
    items = [AttemptBody(id=row["_id"], **{name: row[name] for name in row if name in _SHOWN}) for row in found]
    return AttemptPage(items=items, next=items[-1].id if len(items) == limit else None)


_SHOWN = AttemptBody.model_fields.keys() - {"id"}


def _queue(row: Document | None) -> QueueBody:
    found = row or {"waiting": 0, "failing": 0, "failing_since": None}
    return QueueBody(waiting=found["waiting"], failing=found["failing"], failing_since=found["failing_since"])
