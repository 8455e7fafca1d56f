"""Take an answer: from the survey page, or from somebody who received it outside."""

from datetime import datetime, timedelta

from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import new_id
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.domain.response import Given, Question, Received, Response, added_by_hand, answered
from services.feedback.schemas import ResponseDraft

ERASED = "customer-erased", "Nothing is kept of who would answer."


async def answer(tx: Transaction, question: Question, given: Given, *, now: datetime, editable: timedelta) -> Response:
    """Store an answer, once for each question however often it is sent.

    Raises `Conflict` where it can no longer be changed, or its customer was erased.
    """
    if question.customer_id is not None and not await store.hold_person(tx, question.customer_id, now):
        raise Conflict(*ERASED)
    document = await store.find(tx, store.RESPONSES, question.response_id)
    before = store.response_from(document) if document else None
    attributes = (
        before.attributes if before else await store.find(tx, store.CUSTOMERS, question.customer_id or "") or {}
    )
    after = answered(before, question, given, _without_marks(attributes), now, editable)
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
    return await store.save_response(tx, added_by_hand(new_id(), received, _without_marks(attributes), now))


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
