"""Find in comments what they are about: in new ones as they are told, in old ones when somebody asks for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.adapters.text import Model, language_of
from services.feedback.domain import text as rules
from services.feedback.domain.response import Response
from services.feedback.domain.text import Labels, Topic
from services.feedback.store import topics as rows

log = get_logger(__name__)

STEP = 500


@dataclass(frozen=True, slots=True)
class Labeller:
    """Finds topics by a company's words, and by a model where one is set."""

    model: Model | None = None

    def labels(self, response: Response, topics: Sequence[Topic]) -> Labels:
        """What is found in an answer's comment; nothing where there is none."""
        if not response.comment:
            return Labels()
        language = language_of(response.comment)
        spoken = language or response.language
        found = {*rules.topics_of(response.comment, spoken, topics), *self._by_model(response.comment, spoken)}
        return Labels(language, tuple(sorted(found)))

    def _by_model(self, comment: str, language: str | None) -> Iterable[str]:
        if self.model is None:
            return ()
        try:
            return tuple(str(one)[:200] for one in self.model(comment, language))
        except Exception as error:  # noqa: BLE001 - a model's fault must not hold up answers
            log.warning("text_model.failed", error=type(error).__name__)
            return ()


async def label_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]], labeller: Labeller) -> None:
    """Label answers as they now are; who was labelled so before is left alone, so that telling of it ends."""
    ids = {str(event.subject) for event in events if event.data and event.data.comment}
    if not ids:
        return
    topics = await rows.topics_in(tx)
    await _label(tx, list((await store.some_responses(tx, ids)).values()), topics, labeller, None)


async def create_topic(tx: Transaction, values: Mapping[str, Any], now: datetime) -> Topic:
    """Make a topic. Raises `Invalid`, and `Conflict` where there is one of that name."""
    return await rows.save_topic(tx, rules.check(Topic(id=new_id(), created_at=now, changed_at=now, **values)))


async def edit_topic(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> Topic:
    """Change what was said, leave the rest. Raises `NotFound`, `Outdated`, `Invalid`, `Conflict`."""
    before = await rows.topic(tx, id_, expected_seq)
    after = rules.check(replace(before, **values))
    return before if after == before else await rows.save_topic(tx, replace(after, changed_at=now))


async def delete_topic(tx: Transaction, id_: str) -> None:
    """Remove it. Raises `NotFound`."""
    await rows.topic(tx, id_)
    await rows.remove_topic(tx, id_)


async def begin_labelling(tx: Transaction, now: datetime) -> Document:
    """Have all comments looked at once more, with the topics as they then are."""
    begun = {
        "_id": new_id(),
        "begun_at": now,
        "ended_at": None,
        "after": None,
        "total": await rows.count_commented(tx),
        "looked_at": 0,
        "changed": 0,
        "done": False,
    }
    await rows.save_job(tx, begun)
    return begun


async def labelling_step(tx: Transaction, id_: str, labeller: Labeller, now: datetime) -> None:
    """The next piece of a job."""
    found = await rows.job(tx, id_)
    if found is None or found["done"]:
        return
    topics = await rows.topics_in(tx)
    piece = await rows.commented(tx, found["after"], STEP)
    changed = await _label(tx, piece, topics, labeller, now)
    over = len(piece) < STEP
    progress = {
        "after": piece[-1].id if piece else found["after"],
        "looked_at": found["looked_at"] + len(piece),
        "changed": found["changed"] + changed,
        "done": over,
        "ended_at": now if over else None,
    }
    await rows.save_job(tx, {**found, **progress})


async def _label(
    tx: Transaction,
    responses: Sequence[Response],
    topics: Sequence[Topic],
    labeller: Labeller,
    told_at: datetime | None,
) -> int:
    """Label answers; those that are so labelled already are left alone. Returns how many were not."""
    after = [(one, rules.labelled(one, labeller.labels(one, topics))) for one in responses]
    changed = [new for old, new in after if new != old]
    await store.save_responses(tx, changed, told_at=told_at)
    return len(changed)
