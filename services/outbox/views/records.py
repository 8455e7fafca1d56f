"""What can be seen of survey records."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from chassis.errors import Invalid, NotFound
from chassis.mongo import Database, Document
from services.outbox import store
from services.outbox.domain.dispatch import Dispatch
from services.outbox.schemas import DispatchBody, DispatchPage, RecordFilter

HOW_SENT = {"manual": "manually", "reminder": "reminder"}
MAX_CAMPAIGNS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAME = ("customer_id", "campaign_id", "channel", "reason", "template_id", "brand_id")


async def dispatches(database: Database, asked: RecordFilter) -> DispatchPage:
    """Survey records, the newest first."""
    query = await _query(database, asked)
    cursor = database.collection(store.DISPATCHES).find(query).sort(store.NEWEST).limit(asked.limit)
    found = [store.dispatches.read(document) async for document in cursor]
    names = await campaign_names(database, {dispatch.campaign_id for dispatch in found})
    items = [_body(dispatch, names) for dispatch in found]
    return DispatchPage(items=items, next=_place(found[-1]) if len(found) == asked.limit else None)


async def dispatch(database: Database, id_: str) -> DispatchBody:
    """One. Raises `NotFound`."""
    found = await known(database, id_)
    return _body(found, await campaign_names(database, [found.campaign_id]))


async def known(database: Database, id_: str) -> Dispatch:
    """One record. Raises `NotFound`."""
    found = await store.one(database, store.DISPATCHES, store.dispatches, id_)
    if found is None:
        code, reason = "dispatch-not-found", "There is no survey record with this id."
        raise NotFound(code, reason)
    return found


async def campaign_names(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """The names of these campaigns."""
    cursor = database.collection(store.CAMPAIGNS).find({"_id": {"$in": list(ids)}}, {"name": 1})
    return {document["_id"]: document["name"] async for document in cursor}


async def _query(database: Database, asked: RecordFilter) -> Document:
    query: Document = {name: {"$eq": value} for name in _SAME if (value := getattr(asked, name)) is not None}
    if asked.channel == "email":
        query["channel"] = {"$in": ["email", None]}
    if asked.state:
        query["state"] = {"$in": asked.state}
    every = [_sent_as(asked.how_sent)] if asked.how_sent else []
    if asked.campaign:
        every.append({"campaign_id": {"$in": await _campaigns_named(database, asked.campaign)}})
    period = {"$gte": asked.since} if asked.since else {}
    if asked.until:
        period["$lt"] = asked.until
    if asked.after:
        moment, id_ = _read_place(asked.after)
        every.append({"requested_at": {"$lte": moment}})
        every.append({"$or": [{"requested_at": {"$lt": moment}}, {"_id": {"$lt": id_}}]})
    if period:
        query["requested_at"] = period
    return {**query, "$and": every} if every else query


def _sent_as(how: str) -> Document:
    reasons = [reason for reason, named in HOW_SENT.items() if named == how]
    return {"reason": {"$in": reasons}} if reasons else {"reason": {"$nin": list(HOW_SENT)}}


async def _campaigns_named(database: Database, part: str) -> list[str]:
    query = {"name": {"$regex": re.escape(part), "$options": "i"}}
    found = await database.collection(store.CAMPAIGNS).find(query, {"_id": 1}).limit(MAX_CAMPAIGNS).to_list(None)
    return [document["_id"] for document in found]


def _place(dispatch: Dispatch) -> str:
    return f"{(dispatch.requested_at - _EPOCH) // timedelta(milliseconds=1)}.{dispatch.id}"


def _read_place(text: str) -> tuple[datetime, str]:
    millis, _, id_ = text.partition(".")
    if not (millis.isdecimal() and len(millis) <= len("99999999999999") and id_):
        code, reason = "place-not-valid", "It must be `next` of the page before."
        raise Invalid(code, reason, field="after")
    return _EPOCH + timedelta(milliseconds=int(millis)), id_


def _body(dispatch: Dispatch, names: dict[str, str]) -> DispatchBody:
    return DispatchBody.model_validate(
        {
            **asdict(dispatch),
            "state": str(dispatch.state),
            "campaign_name": names.get(dispatch.campaign_id),
            "how_sent": HOW_SENT.get(dispatch.reason, "automatically"),
            "responded": dispatch.responded_at is not None,
        }
    )
