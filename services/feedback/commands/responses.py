"""Take answers: from the survey page, or from somebody who received one outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import Conflict, Invalid, NotFound, Refusal
from chassis.ids import new_id
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.commands.handling import Author
from services.feedback.domain.audit import changes
from services.feedback.domain.further import Further, Said, said_further, without_unasked
from services.feedback.domain.response import Given, Question, Received, Response, added_by_hand, answered
from services.feedback.schemas import ResponseDraft
from services.feedback.store import audit

NOT_BEGUN = "answer-not-begun", "The score comes first."
ERASED = "customer-erased", "Nothing is kept of who would answer."


REMOVED = "answer-closed", "This answer can no longer be changed."


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer to one question, as it came in; `trace` is what its event continues, `further` what is asked after it."""

    question: Question
    given: Given
    trace: str | None = None
    further: Sequence[Further] = ()


@dataclass(slots=True)
class _Known:
    """What is known of those who answer, and their answers so far."""

    gone: set[str]
    removed: set[str]
    attributes: dict[str, Document]
    answers: dict[str, Response]

    def take(self, post: Posted, now: datetime, editable: timedelta) -> Response | Refusal:
        """The answer after this one."""
        question = post.question
        if question.customer_id in self.gone:
            return Conflict(*ERASED)
        if question.response_id in self.removed:
            return Conflict(*REMOVED)
        before = self.answers.get(question.response_id)
        attributes = before.attributes if before else self.attributes.get(question.customer_id or "", {})
        try:
            after = without_unasked(answered(before, question, post.given, attributes, now, editable), post.further)
        except Refusal as refusal:
            return refusal
        self.answers[after.id] = after
        return after


async def answer_all(
    tx: Transaction, posts: Sequence[Posted], *, now: datetime, editable: timedelta
) -> list[Response | Refusal]:
    """Store answers that came together, each once however often it was sent, in few steps for any number.

    Each is judged by itself, after those before it: its result is the answer as it now is, or a `Conflict` where it
    can no longer be changed, or its customer was erased.
    """
    before = await store.some_responses(tx, {post.question.response_id for post in posts})
    known = await _known(tx, [post.question for post in posts], before, now)
    results = [known.take(post, now, editable) for post in posts]
    for post in posts:
        tx.caused_by(post.question.customer_id or post.question.response_id, post.trace)
    changed = [one for one in known.answers.values() if one != before.get(one.id)]
    saved = {one.id: one for one in await store.save_responses(tx, changed)}
    return [saved.get(one.id, one) if isinstance(one, Response) else one for one in results]


async def _known(
    tx: Transaction, questions: Sequence[Question], before: Mapping[str, Response], now: datetime
) -> _Known:
    fresh = [question for question in questions if question.response_id not in before]
    return _Known(
        gone=await store.hold_people(tx, {one.customer_id for one in questions if one.customer_id}, now),
        removed=await store.removed(tx, {one.response_id for one in fresh}) if fresh else set(),
        attributes=await store.attributes_of(tx, {one.customer_id for one in fresh if one.customer_id}),
        answers=dict(before),
    )


async def answer_further(
    tx: Transaction, question: Question, said: Said, *, now: datetime, editable: timedelta
) -> Response:
    """Store what was said to a page of further questions. Raises `Conflict` where no score came before, or all is closed."""
    document = await store.find(tx, store.RESPONSES, question.response_id)
    if document is None:
        raise Conflict(*NOT_BEGUN)
    before = store.response_from(document)
    after = said_further(before, said, now, editable)
    return after if after == before else await store.save_response(tx, after)


async def add_response(tx: Transaction, draft: ResponseDraft, *, by: str, now: datetime) -> Response:
    """Store an answer that was received outside.

    Raises `NotFound` for a customer or campaign that is not known, `Conflict` for a customer who was erased,
    `Invalid` for what cannot be an answer.
    """
    attributes = await store.find(tx, store.CUSTOMERS, draft.customer_id)
    if attributes is None:
        code, reason = "customer-not-found", "There is no customer with this id."
        raise NotFound(code, reason, field="customer_id")
    campaign = await _campaign_of(tx, draft)
    if not await store.hold_person(tx, draft.customer_id, now):
        raise Conflict(*ERASED)
    received = Received(
        customer_id=draft.customer_id,
        campaign_id=draft.campaign_id,
        campaign_name=campaign.get("name"),
        metric=campaign["metric"],
        score=draft.score,
        comment=draft.comment,
        language=draft.language,
        answered_at=draft.answered_at or now,
        added_by=by,
    )
    added = added_by_hand(new_id(), received, _without_marks(attributes), now)
    await audit.put_entry(tx, Author(by, now).entry(added, "add", changes(None, added)))
    return await store.save_response(tx, added)


async def _campaign_of(tx: Transaction, draft: ResponseDraft) -> Document:
    """What is measured, and in which campaign."""
    if draft.campaign_id is None:
        if draft.metric is None:
            code, reason = "metric-missing", "Name the metric, or the campaign that it counts for."
            raise Invalid(code, reason, field="metric")
        return {"metric": draft.metric}
    campaign = await store.find(tx, store.CAMPAIGNS, draft.campaign_id)
    if campaign is None:
        code, reason = "campaign-not-found", "There is no campaign with this id."
        raise NotFound(code, reason, field="campaign_id")
    if draft.metric not in (None, campaign["metric"]):
        code, reason = "metric-not-valid", f"This campaign measures {campaign['metric']}."
        raise Invalid(code, reason, field="metric")
    return campaign


def _without_marks(row: Document) -> Document:
    return {name: value for name, value in row.items() if name not in {"_id", "seq"}}
