"""What happened to surveys, in order."""

from collections.abc import Iterable, Iterator

from chassis.mongo import Database, Document
from services.outbox import store
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.opens import Touch
from services.outbox.domain.unknowns import Settlement
from services.outbox.schemas import Happened, Timeline
from services.outbox.views.records import known

MOMENTS = ("requested", "sent", "delivered", "opened", "clicked", "responded", "ended")
MAX_RECORDS, MAX_WISHES = 200, 200


async def timeline(database: Database, dispatch_id: str) -> Timeline:
    """All that happened to one survey: its own steps, its reminders, and what was fetched, with verdicts."""
    found = await known(database, dispatch_id)
    reminders = await store.found(database, {"reminds_of": {"$eq": dispatch_id}}, MAX_RECORDS)
    touches = await store.touches_shown(database, dispatch_id)
    asked = [
        Happened(
            at=one.sent_at or one.requested_at,
            what="reminder",
            dispatch_id=one.id,
            detail={"number": one.reminder_number, "state": str(one.state)},
        )
        for one in reminders
    ]
    said = [_settled(one) for one in await store.settlements_of(database, dispatch_id)]
    return _ordered([*_steps(found), *asked, *said, *map(_fetched, touches)])


async def customer_timeline(database: Database, customer_id: str) -> Timeline:
    """All that happened to a customer's latest surveys, and what it wished for."""
    records = await store.found(database, {"customer_id": {"$eq": customer_id}}, MAX_RECORDS)
    touches = await store.touches_of_customer(database, customer_id)
    wishes = await store.consents_of(database, customer_id, MAX_WISHES)
    steps = [step for record in records for step in _steps(record)]
    return _ordered([*steps, *map(_fetched, touches), *map(_wished, wishes)])


def _steps(dispatch: Dispatch) -> Iterator[Happened]:
    details: dict[str, Document] = {
        "requested": {
            "campaign_id": dispatch.campaign_id,
            "reason": dispatch.reason,
            "reminder_number": dispatch.reminder_number,
        },
        "sent": {"subject_line": dispatch.subject_line, "message_id": dispatch.message_id},
        "ended": {
            "state": str(dispatch.state),
            "reason": dispatch.state_reason,
            "reply": f"{dispatch.smtp_reply.code} {dispatch.smtp_reply.text}" if dispatch.smtp_reply else None,
        },
    }
    for name in MOMENTS:
        if moment := getattr(dispatch, f"{name}_at"):
            yield Happened(at=moment, what=name, dispatch_id=dispatch.id, detail=details.get(name, {}))


def _fetched(touch: Touch) -> Happened:
    detail = {"kind": touch.kind, "verdict": touch.verdict, "reason": touch.reason, "agent": touch.agent}
    return Happened(
        at=touch.at, what="fetched", dispatch_id=touch.dispatch_id, detail={k: str(v) for k, v in detail.items()}
    )


def _settled(one: Settlement) -> Happened:
    detail = {"what": one.what, "actor": one.actor, "note": one.note}
    return Happened(at=one.at, what="settled", dispatch_id=one.dispatch_id, detail=detail)


def _wished(row: Document) -> Happened:
    detail = {name: row[name] for name in ("wish", "cause", "actor", "campaign_id", "brand_id", "until", "note")}
    return Happened(at=row["at"], what="wish", dispatch_id=row["dispatch_id"], detail=detail)


def _ordered(items: Iterable[Happened]) -> Timeline:
    return Timeline(items=sorted(items, key=lambda one: one.at, reverse=True))
