"""Where scheduler keeps campaigns, customers and occurrences; each change is saved with the event that tells it."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Protocol
from zlib import crc32

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.next_surveys import NextSurveyChanged

from chassis.errors import NotFound, Outdated
from chassis.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    Transaction,
    Write,
)
from chassis.pending import Outgoing
from services.scheduler.domain.campaign import Campaign, Running
from services.scheduler.domain.customer import Claim, Customer, NextSurvey, Outcome, Survey
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.events import campaign_changed, dispatch_requested, next_survey_changed
from services.scheduler.schemas import audience

CAMPAIGNS, CUSTOMERS, OCCURRENCES, RULES = "campaigns", "customers", "occurrences", "rules"
PROFILES, DELIVERABILITY, RECORDS, ANSWERS = "profiles", "deliverability", "records", "answers"
COMPANY = "company"
BUCKETS = 64
"""Customers lie in buckets, so that several processes take hold of different ones."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    CAMPAIGNS: [IndexModel([("state", ASCENDING)])],
    CUSTOMERS: [
        IndexModel(
            [("bucket", ASCENDING), ("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$exists": True}}
        ),
        IndexModel([("bucket", ASCENDING), ("version", ASCENDING)]),
    ],
    OCCURRENCES: [IndexModel([("customer_id", ASCENDING)])],
    RULES: (),
    PROFILES: (),
    DELIVERABILITY: (),
    RECORDS: [IndexModel([("customer_id", ASCENDING)])],
    ANSWERS: [IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING)])],
}

HOLDS = {
    CUSTOMERS: "_id",
    PROFILES: "_id",
    DELIVERABILITY: "_id",
    RECORDS: "customer_id",
    ANSWERS: "customer_id",
    OCCURRENCES: "customer_id",
}
"""What is known of a customer."""

_campaign = TypeAdapter(Campaign)
CampaignRule = Callable[[Campaign], Campaign]


class Reader(Protocol):
    """What reads go through: a transaction, or `Outside` one."""

    session: Any

    def collection(self, name: str) -> Collection:
        """A collection; give each call on it `session=reader.session`."""


class Outside:
    """Reads outside of any transaction: each sees what is stored by then, and waits for nothing."""

    def __init__(self, database: Database) -> None:
        self.session, self.collection = None, database.collection


class Campaigns:
    """Campaigns, each change of them with its event."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._docs = tx, tx.collection(CAMPAIGNS)

    async def find(self, id_: str) -> Campaign | None:
        """The campaign, if there is one."""
        document = await self._docs.find_one({"_id": {"$eq": id_}}, session=self._tx.session)
        return campaign_from(document) if document else None

    async def get(self, id_: str) -> Campaign:
        """The campaign. Raises `NotFound`."""
        found = await self.find(id_)
        if found is None:
            code, reason = "campaign-not-found", "There is no campaign with this id."
            raise NotFound(code, reason)
        return found

    async def change(self, id_: str, rule: CampaignRule, *, expected_seq: int | None) -> Campaign:
        """Apply a rule to one. Raises `NotFound`, and `Outdated` where the version is another."""
        before = await self.get(id_)
        if expected_seq not in (None, before.seq):
            code, reason = "campaign-changed", f"It is at version {before.seq} now; read it again."
            raise Outdated(code, reason, current_version=before.seq)
        after = rule(before)
        return before if after == before else await self.save(after, touches_running=before.runs or after.runs)

    async def save(self, campaign: Campaign, *, touches_running: bool = False) -> Campaign:
        """Store the next version and tell of it; where it runs, every customer is to be looked at again."""
        saved = replace(campaign, seq=campaign.seq + 1)
        document = _campaign.dump_python(saved, exclude={"id"})
        await self._docs.replace_one({"_id": saved.id}, document, upsert=True, session=self._tx.session)
        if touches_running:
            await put_rules(self._tx, {})
        event = Outgoing(
            subject=saved.id,
            seq=saved.seq,
            type=CampaignChanged.type,
            data=campaign_changed(saved),
            time=saved.changed_at,
        )
        await self._tx.publish(topics.SCHEDULER_CAMPAIGNS, [event])
        return saved


def campaign_from(document: Document) -> Campaign:
    """A stored campaign."""
    return _campaign.validate_python({**document, "id": document["_id"]})


def campaign_with(values: Mapping[str, Any]) -> Campaign:
    """A campaign of these values."""
    return _campaign.validate_python(values)


async def running(reader: Reader) -> list[Running]:
    """The active campaigns."""
    cursor = reader.collection(CAMPAIGNS).find({"state": "active"}, session=reader.session).sort("_id", ASCENDING)
    campaigns = [campaign_from(document) async for document in cursor]
    return [Running(campaign=campaign, audience=audience(campaign.audience)) for campaign in campaigns]


async def rules(reader: Reader) -> Rules:
    """The company's rules."""
    document = await reader.collection(RULES).find_one({"_id": COMPANY}, {"_id": 0}, session=reader.session)
    return Rules(**document) if document else Rules()


async def put_rules(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Change the company's rules, or only their version: every customer is looked at again."""
    changed = {**asdict(await rules(tx)), **values}
    changed["version"] += 1
    await tx.collection(RULES).replace_one({"_id": COMPANY}, changed, upsert=True, session=tx.session)


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
        """Store what changed; tell of each next survey that did."""
        events, writes = [], list[Write]()
        for customer in after:
            known = before[customer.id]
            if customer == known:
                continue
            if customer.next != known.next:
                customer = replace(customer, seq=known.seq + 1)  # noqa: PLW2901 - its next version
                events.append(_next_survey_event(customer, now))
            writes.append(ReplaceOne({"_id": customer.id}, self._document(customer, now), upsert=True))
        if writes:
            await self._docs.bulk_write(writes, session=self._tx.session)
        await self._tx.publish(topics.SCHEDULER_NEXT_SURVEYS, events)

    def _document(self, customer: Customer, now: datetime) -> Document:
        """Who is due now carries the trace of what made it so, for the job that asks for the survey."""
        trace = self._tx.cause_of(customer.id)
        due = customer.due_at is not None and customer.due_at <= now
        return {**document_of(customer), "trace": trace} if due and trace else document_of(customer)


async def customer(database: Database, id_: str) -> Customer | None:
    """A customer, if it is known."""
    document = await database.collection(CUSTOMERS).find_one({"_id": {"$eq": id_}})
    return customer_from(document) if document and document["profile"] is not None else None


def _next_survey_event(customer: Customer, now: datetime) -> Outgoing:
    data = next_survey_changed(customer.id, customer.next, now) if customer.next else None
    return Outgoing(subject=customer.id, seq=customer.seq, type=NextSurveyChanged.type, data=data, time=now)


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
        last_score=document["last_score"],
        surveys=tuple(_survey_from(row) for row in document["surveys"]),
        claims={campaign_id: Claim(**claim) for campaign_id, claim in document["claims"]},
        reset_at=document["reset_at"],
        next=NextSurvey(**{**next_, "held_by": tuple(next_["held_by"])}) if next_ else None,
    )


def document_of(customer: Customer) -> Document:
    """A customer as it is stored; `due_at` only where there is a date, which keeps its index small."""
    due = {} if customer.due_at is None else {"due_at": customer.due_at}
    return {
        **due,
        "_id": customer.id,
        "seq": customer.seq,
        "version": customer.version,
        "bucket": crc32(customer.id.encode()) % BUCKETS,
        "profile": customer.profile,
        "erased": customer.erased,
        "status": customer.status,
        "status_at": customer.status_at,
        "last_score": customer.last_score,
        "last_survey_at": customer.last_survey_at,
        "surveys": [{**_flat(survey), "outcome": survey.outcome.value} for survey in customer.surveys],
        # A list, since a campaign's id may hold a dot.
        "claims": [[campaign_id, _flat(claim)] for campaign_id, claim in customer.claims.items()],
        "reset_at": customer.reset_at,
        "next": _flat(customer.next) if customer.next else None,
    }


def _flat(part: Survey | Claim | NextSurvey | Occurrence) -> Document:
    """A part as it is stored; `asdict` takes ten times as long."""
    return {name: getattr(part, name) for name in part.__slots__}


def _survey_from(row: Document) -> Survey:
    return Survey(**{**row, "outcome": Outcome(row["outcome"])})


async def rows_of(tx: Transaction, name: str, ids: Iterable[str]) -> dict[str, Document]:
    """A projection's rows by id."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"seq": 0}, session=tx.session)
    return {row.pop("_id"): row async for row in cursor}


async def surveys_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, tuple[Survey, ...]]:
    """What became of every request to survey each customer, oldest first."""
    found: dict[str, list[Survey]] = {id_: [] for id_ in customer_ids}
    cursor = tx.collection(RECORDS).find({"customer_id": {"$in": list(found)}}, {"seq": 0}, session=tx.session)
    async for row in cursor:
        found[row.pop("customer_id")].append(_survey_from({"dispatch_id": row.pop("_id"), **row}))
    return {id_: tuple(sorted(surveys, key=lambda one: (one.at, one.dispatch_id))) for id_, surveys in found.items()}


async def last_scores_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, int | None]:
    """The score of each customer's last answer."""
    found: dict[str, int | None] = dict.fromkeys(customer_ids)
    query = {"customer_id": {"$in": list(found)}, "counts": True}
    order = [("answered_at", ASCENDING), ("_id", ASCENDING)]
    async for row in tx.collection(ANSWERS).find(query, session=tx.session).sort(order):
        found[row["customer_id"]] = row["score"]
    return found


async def owners(tx: Transaction, name: str, ids: Iterable[str]) -> set[str]:
    """Whose records or answers these are, as far as known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"customer_id": 1}, session=tx.session)
    return {row["customer_id"] async for row in cursor}


async def known_occurrences(tx: Transaction, ids: Iterable[str]) -> dict[str, Occurrence]:
    """Those occurrences that are claimed already."""
    cursor = tx.collection(OCCURRENCES).find({"_id": {"$in": list(ids)}}, {"_id": 0}, session=tx.session)
    found = [Occurrence(**row) async for row in cursor]
    return {occurrence.id: occurrence for occurrence in found}


async def claim(tx: Transaction, occurrences: Sequence[Occurrence]) -> None:
    """Claim occurrences: the insert is the claim, and the request goes out with it or not at all."""
    if not occurrences:
        return
    rows = [{"_id": occurrence.id, **_flat(occurrence)} for occurrence in occurrences]
    await tx.collection(OCCURRENCES).insert_many(rows, session=tx.session)
    await tx.publish(topics.SCHEDULER_DISPATCH_REQUESTS, [_request_event(occurrence) for occurrence in occurrences])


def _request_event(occurrence: Occurrence) -> Outgoing:
    return Outgoing(
        subject=occurrence.dispatch_id,
        seq=1,
        type=DispatchRequested.type,
        data=dispatch_requested(occurrence),
        time=occurrence.not_before,
        key=occurrence.customer_id,
        partition_key=occurrence.customer_id,
    )


async def forget_occurrences(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Remove all that was claimed for customers who were erased."""
    await tx.collection(OCCURRENCES).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


async def due_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Customers who are due, from a bucket at random on."""
    return await _from_some_bucket(database, {"due_at": {"$lte": now}}, limit)


async def outdated_ids(database: Database, limit: int) -> list[str]:
    """Customers who were last looked at under older rules, from a bucket at random on."""
    document = await database.collection(RULES).find_one({"_id": COMPANY})
    return await _from_some_bucket(database, {"version": {"$lt": document["version"]}}, limit) if document else []


async def _from_some_bucket(database: Database, query: Document, limit: int) -> list[str]:
    start, customers = random.randrange(BUCKETS), database.collection(CUSTOMERS)  # noqa: S311 - to spread, not to hide
    for buckets in ({"$gte": start}, {"$gte": 0, "$lt": start}):
        cursor = customers.find({"bucket": buckets, **query}, {"_id": 1}).sort("bucket", ASCENDING).limit(limit)
        if found := [row["_id"] async for row in cursor]:
            return found
    return []
