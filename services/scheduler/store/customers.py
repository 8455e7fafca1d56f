"""Customers, read and saved in batches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zlib import crc32

from sounding_contracts import topics
from sounding_contracts.next_surveys import NextSurveyChanged

from chassis.mongo import Database, Document, ReplaceOne, Transaction, UpdateOne, Write
from chassis.pending import Outgoing
from services.scheduler.domain.customer import Claim, Customer, NextSurvey, Turn
from services.scheduler.events import next_survey_changed
from services.scheduler.store.collections import BUCKETS, CUSTOMERS
from services.scheduler.store.flat import flat, survey_from

WHILE_DUE = ("due_at", "line_at", "place", "trace")
SCHEDULED = {"id", "seq", "version", "turns", "next", "look_at"}
"""What a look at a customer may change."""
BESIDE_SCHEDULED = tuple(set(Customer.__slots__) - SCHEDULED)


class Customers:
    """Customers, read and saved in batches."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._docs = tx, tx.collection(CUSTOMERS)

    async def load(self, ids: Iterable[str]) -> dict[str, Customer]:
        """The customers; of one not known yet, an empty one."""
        found = {id_: Customer(id=id_) for id_ in ids}
        async for document in self._docs.find({"_id": {"$in": list(found)}}, session=self._tx.session):
            found[document["_id"]] = customer_from(document)
            if self._tx.cause_of(document["_id"]) is None:
                self._tx.caused_by(document["_id"], document.get("trace"))
        return found

    async def save(self, before: Mapping[str, Customer], after: Iterable[Customer], now: datetime) -> None:
        """Store what changed; tell of each next survey that did. Who stays as before costs one write for all of them."""
        events, writes, same = [], list[Write](), defaultdict[int, list[str]](list)
        for customer in after:
            known = before[customer.id]
            if customer == known:
                continue
            seq = known.seq + (customer.next != known.next)
            if seq > known.seq:
                events.append(_next_survey_event(customer, seq, now))
            if _differ(known, customer, BESIDE_SCHEDULED):
                document = self._traced(customer, document_of(customer, seq), now)
                writes.append(ReplaceOne({"_id": customer.id}, document, upsert=True))
            elif seq > known.seq or (known.look_at, known.turns) != (customer.look_at, customer.turns):
                writes.append(_reschedule(customer.id, self._traced(customer, scheduled(customer, seq), now)))
            else:
                same[customer.version].append(customer.id)
        for version, ids in same.items():
            change = {"$set": {"version": version}}
            await self._docs.update_many({"_id": {"$in": ids}}, change, session=self._tx.session)
        if writes:
            await self._docs.bulk_write(writes, session=self._tx.session)
        await self._tx.publish(topics.SCHEDULER_NEXT_SURVEYS, events)

    def _traced(self, customer: Customer, document: Document, now: datetime) -> Document:
        """Who is due now carries the trace of what made it so, for the job that asks for the survey."""
        trace = self._tx.cause_of(customer.id)
        if trace and customer.due_at is not None and customer.due_at <= now:
            document["trace"] = trace
        return document


def _differ(one: Customer, other: Customer, names: Sequence[str]) -> bool:
    return any(getattr(one, name) is not getattr(other, name) for name in names)


def _reschedule(id_: str, scheduled_: Document) -> UpdateOne:
    gone = {name: "" for name in WHILE_DUE if name not in scheduled_}
    return UpdateOne({"_id": id_}, {"$set": scheduled_, "$unset": gone} if gone else {"$set": scheduled_})


async def customer(database: Database, id_: str) -> Customer | None:
    """A customer, if it is known."""
    document = await database.collection(CUSTOMERS).find_one({"_id": {"$eq": id_}})
    return customer_from(document) if document and document["profile"] is not None else None


def _next_survey_event(customer: Customer, seq: int, now: datetime) -> Outgoing:
    data = next_survey_changed(customer.id, customer.next, now) if customer.next else None
    return Outgoing(subject=customer.id, seq=seq, type=NextSurveyChanged.type, data=data, time=now)


def customer_from(document: Document) -> Customer:
    """A stored customer."""
    next_ = document["next"]
    return Customer(
        id=document["_id"],
        seq=document["seq"],
        version=document["version"],
        profile=document["profile"],
        erased=document["erased"],
        status=document["status"],
        status_at=document["status_at"],
        paused_until=document.get("paused_until"),
        refused_campaigns=tuple(document.get("refused_campaigns", ())),
        refused_brands=tuple(document.get("refused_brands", ())),
        last_score=document["last_score"],
        surveys=tuple(survey_from(row) for row in document["surveys"]),
        claims={campaign_id: Claim(**claim) for campaign_id, claim in document["claims"]},
        turns={campaign_id: Turn(**turn) for campaign_id, turn in document.get("turns", ())},
        reset_at=document["reset_at"],
        next=NextSurvey(**{**next_, "held_by": tuple(next_["held_by"])}) if next_ else None,
        look_at=document.get("look_at"),
    )


def document_of(customer: Customer, seq: int) -> Document:
    """A customer as it is stored."""
    return {
        **scheduled(customer, seq),
        "_id": customer.id,
        "bucket": crc32(customer.id.encode()) % BUCKETS,
        "live": customer.profile is not None and customer.profile.get("deleted_at") is None,
        "profile": customer.profile,
        "erased": customer.erased,
        "status": customer.status,
        "status_at": customer.status_at,
        "paused_until": customer.paused_until,
        "refused_campaigns": customer.refused_campaigns,
        "refused_brands": customer.refused_brands,
        "last_score": customer.last_score,
        "last_survey_at": customer.last_survey_at,
        "surveys": [{**flat(survey), "outcome": survey.outcome.value} for survey in customer.surveys],
        # A list, since a campaign's id may hold a dot.
        "claims": [[campaign_id, flat(claim)] for campaign_id, claim in customer.claims.items()],
        "reset_at": customer.reset_at,
    }


def scheduled(customer: Customer, seq: int) -> Document:
    """What a look at a customer sets. The date to look again stands alone where it is, which keeps its index small.

    Who waits for a capped campaign stands in one line, by place; all others in their buckets.
    """
    due: Document = {}
    if customer.next is not None and customer.next.capped:
        due = {"line_at": customer.due_at, "place": customer.next.rule_at}
    elif customer.due_at is not None:
        due = {"due_at": customer.due_at}
    return {
        **due,
        "seq": seq,
        "version": customer.version,
        "turns": [[campaign_id, flat(turn)] for campaign_id, turn in customer.turns.items()],
        "next": flat(customer.next) if customer.next else None,
        "look_at": customer.look_at,
    }
