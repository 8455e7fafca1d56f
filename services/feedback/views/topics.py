"""What can be seen of topics and of the words of comments."""

from chassis.errors import NotFound
from chassis.mongo import Database, Document
from services.feedback import store
from services.feedback.adapters.text import stop_words
from services.feedback.domain.scoring import score_class
from services.feedback.domain.text import by_class
from services.feedback.schemas.topics import LabellingBody, LabellingList, TopicBody, TopicList, WordBody, WordsBody
from services.feedback.store import topics as rows

MAX_READ, JOBS_SHOWN = 20_000, 20
_SHOWN = LabellingBody.model_fields.keys() - {"id"}


async def topics(database: Database) -> TopicList:
    """All."""
    return TopicList(items=[TopicBody.of(one) for one in await rows.all_topics(database)])


async def topic(database: Database, id_: str) -> TopicBody:
    """One. Raises `NotFound`."""
    document = await database.collection(store.TOPICS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "topic-not-found", "There is no topic with this id."
        raise NotFound(code, reason)
    return TopicBody.of(rows.topic_from(document))


async def labellings(database: Database) -> LabellingList:
    """How far topics are applied to the past."""
    return LabellingList(items=[labelling(job) for job in await rows.jobs(database, JOBS_SHOWN)])


def labelling(job: Document) -> LabellingBody:
    """One job."""
    return LabellingBody(id=job["_id"], **{name: job[name] for name in _SHOWN})


async def words(database: Database, query: Document, limit: int) -> WordsBody:
    """The top words of the newest comments, by class, without those that say nothing in their language."""
    found = await rows.newest_comments(database, query, MAX_READ)
    sorted_in = by_class(
        (
            (
                score_class(row["metric"], row["score"]),
                row["comment"],
                stop_words(row.get("comment_language") or row.get("language")),
            )
            for row in found
        ),
        limit,
    )
    shown = {class_: [WordBody.model_validate(one) for one in used] for class_, used in sorted_in.items()}
    return WordsBody(comments=len(found), classes=shown)
