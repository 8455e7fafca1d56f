"""Where profile keeps its customers; each is saved together with the event that tells others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.responses import ResponseChanged

from chassis.errors import NotFound, Outdated
from chassis.mongo import (
    ASCENDING,
    DESCENDING,
    Document,
    IndexModel,
    InsertOne,
    ReplaceOne,
    Transaction,
    UpdateOne,
    Write,
)
from chassis.pending import Outgoing
from services.profile.domain.customer import Customer, Fields, Said, Stamp, Value
from services.profile.domain.finding import grams, searched_text
from services.profile.domain.history import Answer, Record
from services.profile.domain.properties import PropertyType
from services.profile.events import answer_of, customer_changed, record_of

CUSTOMERS, PROPERTIES, ANSWERS, RECORDS = "customers", "properties", "answers", "records"
DELIVERABILITY, NEXT_SURVEYS, FINDING = "deliverability", "next_surveys", "finding"

LISTED_BY = ("created_at", "fields.last_name", "fields.company")
"""By what lists are sorted. Each index is paid for by every sync."""
FILTERED_BY = ("tag_keys", "deliverability.status", "last_score", "next_survey.at", "campaigns")
"""What few customers have: those without it cost nothing."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    CUSTOMERS: [
        IndexModel(
            [("external_keys", ASCENDING)], unique=True, partialFilterExpression={"external_keys": {"$exists": True}}
        ),
        IndexModel(
            [("canonical_email", ASCENDING)],
            unique=True,
            partialFilterExpression={"canonical_email": {"$type": "string"}},
        ),
        *(IndexModel([(path, ASCENDING), ("_id", ASCENDING)]) for path in LISTED_BY),
        *(IndexModel([(path, ASCENDING)], sparse=True) for path in FILTERED_BY),
    ],
    PROPERTIES: (),
    ANSWERS: [IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING)])],
    RECORDS: [IndexModel([("customer_id", ASCENDING)])],
    DELIVERABILITY: (),
    NEXT_SURVEYS: (),
    FINDING: [IndexModel([("grams", ASCENDING), ("_id", ASCENDING)])],
}

Rule = Callable[[Customer], Customer]
PROJECTED = ("deliverability", "next_survey", "scores", "last_score", "delivery_stats", "campaigns")


class Customers:
    """Customers, read and saved in batches."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._docs = tx, tx.collection(CUSTOMERS)
        self._projected: dict[str, Document] = {}

    async def known_by(self, external: Iterable[tuple[str, str]], emails: Iterable[str]) -> list[Customer]:
        """All that bear one of these external ids or addresses."""
        keys = [_external_key(*pair) for pair in external]
        clauses = [{"external_keys": {"$in": keys}}, {"canonical_email": {"$in": list(emails)}}]
        found = await self._docs.find({"$or": clauses}, session=self._tx.session).to_list(None)
        return [self._read(document) for document in found]

    async def change(self, id_: str, rule: Rule, *, expected_seq: int | None, now: datetime) -> Customer:
        """Apply a rule to one. Raises `NotFound`, and `Outdated` where the version is another."""
        document = await self._docs.find_one({"_id": id_}, session=self._tx.session)
        if document is None:
            code, reason = "customer-not-found", "There is no customer with this id."
            raise NotFound(code, reason)
        before = self._read(document)
        if expected_seq not in (None, before.seq):
            code = "customer-changed"
            reason = f"It is at version {before.seq} now; read it again."
            raise Outdated(code, reason, current_version=before.seq)
        return (await self.save({id_: before}, [rule(before)], now=now))[0]

    async def save(self, before: Mapping[str, Customer], after: Iterable[Customer], *, now: datetime) -> list[Customer]:
        """Store what changed; tell others of what they can see, under the next seq."""
        saved, writes, told = [], [], []
        for customer in after:
            known = before.get(customer.id)
            if customer is known or customer == known:
                saved.append(customer)
                continue
            if known is None or customer.visible != known.visible:
                customer = replace(customer, seq=customer.seq + 1, changed_at=now)  # noqa: PLW2901 - its next version
                told.append(customer)
            writes.append(self._write(customer, new=known is None))
            saved.append(customer)
        if writes:
            await self._docs.bulk_write(writes, ordered=False, session=self._tx.session)
        await self._tx.publish(topics.PROFILE_CUSTOMERS, [_outgoing(customer) for customer in told])
        return saved

    def _read(self, document: Document) -> Customer:
        self._projected[document["_id"]] = {name: document[name] for name in PROJECTED if name in document}
        return customer_from(document)

    def _write(self, customer: Customer, *, new: bool) -> Write:
        document = document_of(customer)
        if new:
            return InsertOne(document)
        return ReplaceOne({"_id": customer.id}, {**document, **self._projected.get(customer.id, {})})


async def property_types(tx: Transaction, names: Iterable[str]) -> dict[str, PropertyType]:
    """The types of those properties that have one."""
    cursor = tx.collection(PROPERTIES).find({"_id": {"$in": list(names)}}, session=tx.session)
    return {row["_id"]: PropertyType(row["type"]) async for row in cursor}


async def add_property_types(tx: Transaction, types: Mapping[str, PropertyType], now: datetime) -> None:
    """Put properties met for the first time into the catalogue."""
    rows = [{"_id": name, "type": str(type_), "created_at": now} for name, type_ in types.items()]
    if rows:
        await tx.collection(PROPERTIES).insert_many(rows, session=tx.session)


async def project(tx: Transaction, values: Mapping[str, Document]) -> None:
    """Put projected values on each customer; those unknown here are passed over."""
    writes: list[Write] = [UpdateOne({"_id": id_}, {"$set": fields}) for id_, fields in values.items()]
    if writes:
        await tx.collection(CUSTOMERS).bulk_write(writes, ordered=False, session=tx.session)


async def answers_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, list[Answer]]:
    """All answers of each customer."""
    answers: dict[str, list[Answer]] = {id_: [] for id_ in customer_ids}
    cursor = tx.collection(ANSWERS).find({"customer_id": {"$in": list(answers)}}, session=tx.session)
    async for row in cursor:
        answer = Answer(
            response_id=row["_id"], score=row["score"], answered_at=row["answered_at"], counts=row["counts"]
        )
        answers[row["customer_id"]].append(answer)
    return answers


async def records_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, list[Record]]:
    """How far each survey of each customer came."""
    records: dict[str, list[Record]] = {id_: [] for id_ in customer_ids}
    cursor = tx.collection(RECORDS).find({"customer_id": {"$in": list(records)}}, session=tx.session)
    async for row in cursor:
        flags = {field.name: row.get(field.name) for field in fields_of(Record)}
        records[row["customer_id"]].append(Record(**flags))
    return records


async def rows_of(tx: Transaction, name: str, customer_ids: Iterable[str]) -> dict[str, Document | None]:
    """A projection's row of each customer; None where there is none."""
    rows: dict[str, Document | None] = dict.fromkeys(customer_ids)
    async for row in tx.collection(name).find({"_id": {"$in": list(rows)}}, {"seq": 0}, session=tx.session):
        rows[row.pop("_id")] = row
    return rows


def answer_row(response: ResponseChanged | None) -> Document | None:
    """What is kept of an answer; nothing of an erased or an anonymous one."""
    if response is None or response.customer_id is None:
        return None
    answer = answer_of(response)
    return {
        "customer_id": response.customer_id,
        "score": answer.score,
        "answered_at": answer.answered_at,
        "counts": answer.counts,
    }


def record_row(dispatch: DispatchChanged | None) -> Document | None:
    """What is kept of a survey record."""
    return {"customer_id": dispatch.customer_id, **asdict(record_of(dispatch))} if dispatch else None


def finding_row(customer: CustomerChanged | None) -> Document | None:
    """What a customer is searched by; the deleted are found too."""
    if customer is None:
        return None
    names = (customer.first_name, customer.last_name)
    text = searched_text(names, customer.email, customer.company, *customer.external_ids.values())
    return {"text": text, "grams": grams(text)}


async def owners(tx: Transaction, name: str, ids: Iterable[str]) -> dict[str, str]:
    """Whose answers or records these are, as far as known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"customer_id": 1}, session=tx.session)
    return {row["_id"]: row["customer_id"] async for row in cursor}


def customer_from(document: Document) -> Customer:
    """A stored customer. Each value points to its stamp: most were said by few events."""
    stamps = [Stamp(*stamp) for stamp in document["stamps"]]
    tags_set, deletion = document["tags_set"], document["deletion"]
    return Customer(
        id=document["_id"],
        seq=document["seq"],
        source=document["source"],
        source_detail=document.get("source_detail"),
        created_at=document["created_at"],
        changed_at=document["changed_at"],
        external_ids=document["external_ids"],
        fields=_said(document["fields"], document["fields_said"], stamps),
        properties=_said(document["properties"], document["properties_said"], stamps),
        tags={key: Said(label, stamps[place]) for key, label, place in document["tags_said"]},
        tags_set=None if tags_set is None else stamps[tags_set],
        pinned=frozenset(document["pinned"]),
        deletion=None if deletion is None else Said(deletion["value"], stamps[deletion["stamp"]]),
    )


def document_of(customer: Customer) -> Document:
    """A customer as it is stored."""
    stamps = _Stamps()
    place = stamps.place
    deletion = customer.deletion
    document: Document = {
        "_id": customer.id,
        "seq": customer.seq,
        "source": customer.source,
        "source_detail": customer.source_detail,
        "created_at": customer.created_at,
        "changed_at": customer.changed_at,
        "external_ids": dict(customer.external_ids),
        "canonical_email": customer.canonical_email,
        "fields": {name: said.value for name, said in customer.fields.items()},
        "fields_said": {name: place(said.stamp) for name, said in customer.fields.items()},
        "properties": {name: said.value for name, said in customer.properties.items()},
        "properties_said": {name: place(said.stamp) for name, said in customer.properties.items()},
        "tags": customer.tag_labels,
        "tag_keys": customer.tag_keys,
        "tags_said": [[key, said.value, place(said.stamp)] for key, said in customer.tags.items()],
        "tags_set": None if customer.tags_set is None else place(customer.tags_set),
        "pinned": list(customer.pinned),
        "deletion": None if deletion is None else {"value": deletion.value, "stamp": place(deletion.stamp)},
    }
    document["stamps"] = stamps.rows
    if customer.external_ids:
        document["external_keys"] = [_external_key(*pair) for pair in customer.external_ids.items()]
    return document


def _said(values: Document, places: Mapping[str, int], stamps: Sequence[Stamp]) -> Fields:
    return {name: Said(_read(values[name]), stamps[place]) for name, place in places.items()}


def _read(value: Any) -> Value:
    return tuple(value) if value.__class__ is list else value


class _Stamps:
    """Stamps in the order of first use; told apart by identity, which is quick and at worst stores one twice."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._places: dict[int, int] = {}

    def place(self, stamp: Stamp) -> int:
        """Where it stands."""
        place = self._places.get(id(stamp))
        if place is None:
            place = self._places[id(stamp)] = len(self.rows)
            self.rows.append([stamp.at, stamp.by, stamp.event_id])
        return place


def _external_key(source: str, id_: str) -> str:
    return f"{source}\x1f{id_}"


def _outgoing(customer: Customer) -> Outgoing:
    return Outgoing(
        subject=customer.id,
        seq=customer.seq,
        type=CustomerChanged.type,
        data=customer_changed(customer),
        time=customer.changed_at,
    )
