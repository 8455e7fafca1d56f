"""Topics, and how far they are applied to what was said before."""

from typing import Any

from chassis.errors import Conflict
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, Transaction
from services.feedback.domain.response import Response
from services.feedback.domain.text import Topic
from services.feedback.store.collections import RESPONSES, TOPIC_JOBS, TOPICS
from services.feedback.store.kept import Kept
from services.feedback.store.responses import response_from

COLLATION = {"locale": "en", "strength": 2}
_kept = Kept(TOPICS, Topic, "topic")
topic_from, topic, topics_in = _kept.read, _kept.get, _kept.all


async def all_topics(database: Database) -> list[Topic]:
    """All, by name."""
    return [topic_from(one) async for one in database.collection(TOPICS).find().sort("name", ASCENDING)]


async def save_topic(tx: Transaction, one: Topic) -> Topic:
    """Store it under its next seq. Raises `Conflict` where another has its name, without regard to case."""
    others = [other for other in await topics_in(tx) if other.id != one.id]
    if one.name.casefold() in {other.name.casefold() for other in others}:
        code, reason = "topic-exists", "There is a topic of this name."
        raise Conflict(code, reason, field="name")
    return await _kept.save(tx, one, folded=one.name.casefold())


async def remove_topic(tx: Transaction, id_: str) -> None:
    """Remove it; what was about it stays so until topics are applied to the past."""
    await tx.collection(TOPICS).delete_one({"_id": id_}, session=tx.session)


async def save_job(tx: Transaction, job: Document) -> None:
    """Store how far a job is."""
    await tx.collection(TOPIC_JOBS).replace_one({"_id": job["_id"]}, job, upsert=True, session=tx.session)


async def job(tx: Transaction, id_: str) -> Document | None:
    """One, as a transaction sees it."""
    return await tx.collection(TOPIC_JOBS).find_one({"_id": {"$eq": id_}}, session=tx.session)


async def open_job(database: Database) -> Document | None:
    """The oldest that is not done."""
    return await database.collection(TOPIC_JOBS).find_one({"done": False}, sort=[("_id", ASCENDING)])


async def jobs(database: Database, limit: int) -> list[Document]:
    """The newest."""
    return await database.collection(TOPIC_JOBS).find().sort("_id", DESCENDING).to_list(limit)


async def commented(tx: Transaction, after: str | None, limit: int) -> list[Response]:
    """Answers with a comment, by id."""
    query: dict[str, Any] = {"comment": {"$type": "string"}} | ({"_id": {"$gt": after}} if after else {})
    cursor = tx.collection(RESPONSES).find(query, session=tx.session).sort("_id", ASCENDING).limit(limit)
    return [response_from(document) async for document in cursor]


async def count_commented(tx: Transaction) -> int:
    """How many answers have a comment."""
    return await tx.collection(RESPONSES).count_documents({"comment": {"$type": "string"}}, session=tx.session)


async def newest_comments(database: Database, query: Document, limit: int) -> list[Document]:
    """What top words are counted of: the newest comments."""
    wanted = {"$and": [query, {"comment": {"$type": "string"}, "provisional": False, "suspected_automatic": False}]}
    fields = {"comment": 1, "comment_language": 1, "language": 1, "metric": 1, "score": 1}
    return await database.collection(RESPONSES).find(wanted, fields).sort("answered_at", DESCENDING).to_list(limit)
