"""What profile keeps of what other services say, and puts on each customer."""

from collections.abc import Sequence

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import Transaction, put_newer
from services.profile import store
from services.profile.domain.history import delivery_stats, score_trend, surveyed_by


async def follow_deliverability(tx: Transaction, events: Sequence[Event[DeliverabilityChanged]]) -> list[str]:
    """Keep each customer's deliverability."""
    rows = {str(e.subject): (e.seq, e.data.model_dump() if e.data else None) for e in events}
    return list(await put_newer(tx, store.DELIVERABILITY, rows))


async def follow_next_surveys(tx: Transaction, events: Sequence[Event[NextSurveyChanged]]) -> list[str]:
    """Keep each customer's next survey."""
    rows = {str(e.subject): (e.seq, e.data.model_dump() if e.data else None) for e in events}
    return list(await put_newer(tx, store.NEXT_SURVEYS, rows))


async def follow_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]]) -> set[str]:
    """Keep what of each answer counts."""
    before = await store.owners(tx, store.ANSWERS, [str(event.subject) for event in events])
    await put_newer(tx, store.ANSWERS, {str(e.subject): (e.seq, store.answer_row(e.data)) for e in events})
    return {*before.values(), *(e.data.customer_id for e in events if e.data and e.data.customer_id)}


async def follow_records(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> set[str]:
    """Keep how far each survey came."""
    before = await store.owners(tx, store.RECORDS, [str(event.subject) for event in events])
    await put_newer(tx, store.RECORDS, {str(e.subject): (e.seq, store.record_row(e.data)) for e in events})
    return {*before.values(), *(e.data.customer_id for e in events if e.data)}


async def derive_scores(tx: Transaction, customer_ids: set[str]) -> None:
    """Put last score and trend on each customer."""
    found = await store.answers_of(tx, customer_ids)
    trends = {id_: score_trend(answers) for id_, answers in found.items()}
    shown = {
        id_: {
            "scores": [answer.score for answer in trend],
            "score_classes": [answer.score_class for answer in trend],
            "last_score": trend[-1].score if trend else None,
        }
        for id_, trend in trends.items()
    }
    await store.project(tx, shown)


async def derive_delivery_stats(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the delivery stats on each customer, and the campaigns that have surveyed it."""
    found = await store.records_of(tx, customer_ids)
    shown = {
        id_: {"delivery_stats": delivery_stats(records), "campaigns": surveyed_by(records)}
        for id_, records in found.items()
    }
    await store.project(tx, shown)


async def derive_deliverability(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the deliverability on each customer."""
    rows = await store.rows_of(tx, store.DELIVERABILITY, customer_ids)
    await store.project(tx, {id_: {"deliverability": row} for id_, row in rows.items()})


async def derive_next_surveys(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the next survey on each customer."""
    rows = await store.rows_of(tx, store.NEXT_SURVEYS, customer_ids)
    await store.project(tx, {id_: {"next_survey": row} for id_, row in rows.items()})


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> None:
    """Keep what customers are searched by."""
    rows = {str(e.subject): (e.seq, store.finding_row(e.data)) for e in events}
    await put_newer(tx, store.FINDING, rows)
