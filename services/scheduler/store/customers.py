"""Customers, read and saved in batches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from zlib import crc32

from sounding_contracts import topics
from sounding_contracts.next_surveys import NextSurveyChanged

from chassis.mongo import Database, Document, ReplaceOne, Transaction, UpdateOne, Write
from chassis.pending import Outgoing
from services.scheduler.domain.customer import Claim, Customer, NextSurvey, Turn
from services.scheduler.events import next_survey_changed
from services.scheduler.store.collections import BUCKETS, CUSTOMERS, LOOKS, THE_LINE
from services.scheduler.store.flat import flat, survey_from

SCHEDULED = {"id", "seq", "version", "turns", "next", "look_at", "told_at"}
"""What a look at a customer may change."""
_beside_scheduled = attrgetter(*sorted(set(Customer.__slots__) - SCHEDULED - {"claims"}))
_scheduled = attrgetter("next", "look_at", "turns", "claims")


class Customers:
    """Customers, read and saved in batches."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._docs = tx, tx.collection(CUSTOMERS)

    async def load(self, ids: Iterable[str]) -> dict[str, Customer]:
        """The customers; of one not known yet, an empty one."""
        found = {id_: Customer(id=id_) for id_ in ids}
        cursor = self._docs.find({"_id": {"$in": list(found)}}, session=self._tx.session)
        for document in await cursor.to_list(None):
            found[document["_id"]] = customer_from(document)
            if "trace" in document and self._tx.cause_of(document["_id"]) is None:
                self._tx.caused_by(document["_id"], document["trace"])
        return found

    async def save(self, before: Mapping[str, Customer], after: Sequence[Customer], now: datetime) -> None:
        """Store what changed and when to look again; tell of each next survey that changed."""
        events, writes = [], list[Write]()
        for one in after:
            known = before[one.id]
            seq = known.seq + (one.next != known.next)
            customer = replace(one, told_at=now if one.next else None) if seq > known.seq else one
            if seq > known.seq:
                events.append(_next_survey_event(customer, seq, now))
            if _beside_scheduled(known) != _beside_scheduled(customer):
                document = self._traced(customer, document_of(customer, seq), now)
                writes.append(ReplaceOne({"_id": customer.id}, document, upsert=True))
            elif _scheduled(known) != _scheduled(customer):
                document = self._traced(customer, _news(known, customer, seq), now)
                gone = {} if "trace" in document else {"$unset": {"trace": ""}}
                writes.append(UpdateOne({"_id": customer.id}, {"$set": document, **gone}))
        if writes:
            # One kind after the other: each change of kind is a command of its own.
            writes.sort(key=lambda write: isinstance(write, UpdateOne))
            await self._docs.bulk_write(writes, session=self._tx.session)
        await self._put_looks(after)
        await self._tx.publish(topics.SCHEDULER_NEXT_SURVEYS, events)

    async def put_seqs(self, seqs: Mapping[str, int]) -> int:
        """Let customers be no less far on than this; how many were. Of one not known yet only that is kept."""
        known = await self.load(seqs)
        behind = [replace(known[id_], seq=seq) for id_, seq in seqs.items() if known[id_].seq < seq]
        for one in behind:
            fresh = {
                "$setOnInsert": {name: value for name, value in document_of(one, one.seq).items() if name != "seq"}
            }
            await self._docs.update_one(
                {"_id": one.id}, {"$set": {"seq": one.seq}, **fresh}, upsert=True, session=self._tx.session
            )
        return len(behind)

    async def put_looks(self, ids: Sequence[str]) -> None:
        """Keep when to look at these as what is known of them says; they count as looked at under no rules."""
        await self._put_looks(list((await self.load(ids)).values()))

    async def _put_looks(self, after: Sequence[Customer]) -> None:
        """Removed and made anew: within a transaction an update costs twice as much."""
        if after:
            looks, session = self._tx.collection(LOOKS), self._tx.session
            await looks.delete_many({"_id": {"$in": [customer.id for customer in after]}}, session=session)
            await looks.insert_many([look_of(customer) for customer in after], session=session)

    def _traced(self, customer: Customer, document: Document, now: datetime) -> Document:
        """Who is due now carries the trace of what made it so, for the job that asks for the survey."""
        trace = self._tx.cause_of(customer.id)
        if trace and customer.due_at is not None and customer.due_at <= now:
            document["trace"] = trace
        return document


def _news(known: Customer, customer: Customer, seq: int) -> Document:
    news = scheduled(customer, seq)
    if known.claims != customer.claims:
        news |= {"claims": _claims(customer), "last_survey_at": customer.last_survey_at}
    return news


async def customer(database: Database, id_: str) -> Customer | None:
    """A customer, if it is known."""
    document = await database.collection(CUSTOMERS).find_one({"_id": {"$eq": id_}})
    return customer_from(document) if document and document["profile"] is not None else None


def _next_survey_event(customer: Customer, seq: int, now: datetime) -> Outgoing:
    data = next_survey_changed(customer.id, customer.next, now) if customer.next else None
    return Outgoing(subject=customer.id, seq=seq, type=NextSurveyChanged.type, data=data, time=now)


def next_surveys_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told last of the next surveys of stored customers; of those without one, that there is none."""
    customers = map(customer_from, documents)
    return [_next_survey_event(customer, customer.seq, customer.told_at or now) for customer in customers]


def customer_from(document: Document) -> Customer:
    """A stored customer."""
    next_ = document["next"]
    return Customer(
        id=document["_id"],
        seq=document["seq"],
        profile=document["profile"],
        erased=document["erased"],
        status=document["status"],
        status_at=document["status_at"],
        paused_until=document.get("paused_until"),
        resting_until=document.get("resting_until"),
        refused_campaigns=tuple(document.get("refused_campaigns", ())),
        refused_brands=tuple(document.get("refused_brands", ())),
        last_score=document["last_score"],
        surveys=tuple(survey_from(row) for row in document["surveys"]),
        claims={campaign_id: Claim(**claim) for campaign_id, claim in document["claims"]},
        turns={campaign_id: Turn(**turn) for campaign_id, turn in document.get("turns", ())},
        reset_at=document["reset_at"],
        next=NextSurvey(**{**next_, "held_by": tuple(next_["held_by"])}) if next_ else None,
        look_at=document.get("look_at"),
        told_at=document.get("told_at"),
    )


def document_of(customer: Customer, seq: int) -> Document:
    """A customer as it is stored."""
    return {
        **scheduled(customer, seq),
        "_id": customer.id,
        "bucket": _bucket(customer.id),
        "live": customer.profile is not None and customer.profile.get("deleted_at") is None,
        "profile": customer.profile,
        "erased": customer.erased,
        "status": customer.status,
        "status_at": customer.status_at,
        "paused_until": customer.paused_until,
        "resting_until": customer.resting_until,
        "refused_campaigns": customer.refused_campaigns,
        "refused_brands": customer.refused_brands,
        "last_score": customer.last_score,
        "last_survey_at": customer.last_survey_at,
        "surveys": [{**flat(survey), "outcome": survey.outcome.value} for survey in customer.surveys],
        "claims": _claims(customer),
        "reset_at": customer.reset_at,
    }


def scheduled(customer: Customer, seq: int) -> Document:
    """What a look at a customer sets."""
    return {
        "seq": seq,
        "turns": [[campaign_id, flat(turn)] for campaign_id, turn in customer.turns.items()],
        "next": flat(customer.next) if customer.next else None,
        "look_at": customer.look_at,
        "told_at": customer.told_at,
    }


def look_of(customer: Customer) -> Document:
    """When to look at a customer again, and under which rules that was done last.

    Who waits for a capped campaign stands in one line, by place; all others in their buckets.
    """
    bucket = _bucket(customer.id)
    row: Document = {"_id": customer.id, "bucket": bucket, "version": customer.version}
    if customer.next is not None and customer.next.capped:
        row |= {"lane": THE_LINE, "at": customer.due_at, "place": customer.next.rule_at}
    elif customer.due_at is not None:
        row |= {"lane": bucket, "at": customer.due_at}
    return row


def _claims(customer: Customer) -> list[list[Any]]:
    """A list, since a campaign's id may hold a dot."""
    return [[campaign_id, flat(claim)] for campaign_id, claim in customer.claims.items()]


def _bucket(id_: str) -> int:
    return crc32(id_.encode()) % BUCKETS
