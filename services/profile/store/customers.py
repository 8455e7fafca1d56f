"""Where profile keeps its customers; each is saved together with the event that tells others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged

from chassis.errors import NotFound, Outdated
from chassis.mongo import (
    Document,
    InsertOne,
    ReplaceOne,
    Transaction,
    Write,
)
from chassis.pending import Outgoing
from services.profile.domain.customer import Customer, Fields, Said, Stamp, Value
from services.profile.events import customer_changed
from services.profile.schemas.customers import CustomerBody
from services.profile.store.behind import Behind
from services.profile.store.collections import CUSTOMERS
from services.profile.store.erased import GONE, mark_gone
from services.profile.store.history import put_past

AT_ONCE = 500
Rule = Callable[[Customer], Customer]
CODES = ("phone_e164", "state_code")
PROJECTED = ("deliverability", "next_survey", "scores", "score_classes", "last_score", "delivery_stats", "campaigns")


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

    async def some(self, ids: Sequence[str]) -> list[Customer]:
        """Those of these that are there."""
        cursor = self._docs.find({"_id": {"$in": list(ids)}}, session=self._tx.session)
        return [self._read(document) async for document in cursor]

    async def get(self, id_: str) -> Customer:
        """One. Raises `NotFound`."""
        document = await self._docs.find_one({"_id": {"$eq": id_}}, session=self._tx.session)
        if document is None:
            code, reason = "customer-not-found", "There is no customer with this id."
            raise NotFound(code, reason)
        return self._read(document)

    async def erase(self, id_: str, *, now: datetime) -> Customer:
        """Remove one, and tell others that it is no more. Returns what it was. Raises `NotFound`."""
        customer = await self.get(id_)
        await self.remove([customer], now=now)
        return customer

    async def remove(self, customers: Sequence[Customer], *, now: datetime) -> None:
        """Remove some, and tell others that they are no more."""
        if customers:
            ids = [customer.id for customer in customers]
            await self.drop(ids)
            gone = [{"_id": f"{GONE}{customer.id}", "seq": customer.seq + 1, "at": now} for customer in customers]
            await mark_gone(self._tx, gone)
            await self._tx.publish(topics.PROFILE_CUSTOMERS, gone_told(gone, now))

    async def drop(self, ids: Sequence[str]) -> None:
        """Remove some of whom others know already that they are no more."""
        await self._docs.delete_many({"_id": {"$in": list(ids)}}, session=self._tx.session)

    async def put(self, customers: Sequence[Customer]) -> None:
        """Store customers as others know them already; who is known by one of their names has given it up since."""
        keys = [_external_key(*pair) for customer in customers for pair in customer.external_ids.items()]
        emails = [customer.canonical_email for customer in customers if customer.canonical_email]
        unset, session = {"$unset": {"canonical_email": "", "external_keys": ""}}, self._tx.session
        named = {"$or": [{"external_keys": {"$in": keys}}, {"canonical_email": {"$in": emails}}]}
        await self._docs.update_many(named, unset, session=session)
        writes: list[Write] = [
            ReplaceOne({"_id": one.id}, {**document_of(one), **self._projected.get(one.id, {})}, upsert=True)
            for one in customers
        ]
        if writes:
            await self._docs.bulk_write(writes, session=session)

    def has_been_surveyed(self, id_: str) -> bool:
        """Whether one that was read has survey records or answers."""
        known = self._projected.get(id_, {})
        return bool(known.get("scores") or any((known.get("delivery_stats") or {}).values()))

    async def change(
        self, id_: str, rule: Rule, *, expected_seq: int | None, now: datetime
    ) -> tuple[Customer, Customer]:
        """Apply a rule to one; what it was and what it is. Raises `NotFound`, and `Outdated` where the version is another."""
        before = await self.get(id_)
        if expected_seq not in (None, before.seq):
            code = "customer-changed"
            reason = f"It is at version {before.seq} now; read it again."
            current = CustomerBody.of(before, self._projected.get(id_, {})).model_dump(mode="json")
            raise Outdated(code, reason, current_version=before.seq, current=current)
        (after,) = await self.save({id_: before}, [rule(before)], now=now)
        return before, after

    async def save(self, before: Mapping[str, Customer], after: Iterable[Customer], *, now: datetime) -> list[Customer]:
        """Store what changed; tell others of what they can see, under the next seq.

        Some at a time: while the store writes, the next are made ready.
        """
        everyone, saved = list(after), list[Customer]()
        async with Behind() as behind:
            for start in range(0, len(everyone), AT_ONCE):
                some = _Some.of(before, everyone[start : start + AT_ONCE], now)
                saved += some.all
                writes = [self._write(customer, new=customer.id not in before) for customer in some.changed]
                await behind.done()
                await self._free_names(before, some.changed)
                if writes:
                    writes.sort(key=lambda write: isinstance(write, InsertOne))
                    await behind.begin(self._docs.bulk_write(writes, session=self._tx.session))
                outgoing = [_outgoing(customer) for customer in some.told]
                await behind.done()
                await put_past(self._tx, some.all)
                await behind.begin(self._tx.publish(topics.PROFILE_CUSTOMERS, outgoing))
        return [replace(customer, past=()) if customer.past else customer for customer in saved]

    async def _free_names(self, before: Mapping[str, Customer], after: Iterable[Customer]) -> None:
        """What one gives up another may take in the same batch, in whatever order they are written."""
        freed = [
            customer.id for customer in after if customer.id in before and _gives_up(before[customer.id], customer)
        ]
        if freed:
            names = {"canonical_email": "", "external_keys": ""}
            await self._docs.update_many({"_id": {"$in": freed}}, {"$unset": names}, session=self._tx.session)

    def _read(self, document: Document) -> Customer:
        self._projected[document["_id"]] = {name: document[name] for name in PROJECTED if name in document}
        return customer_from(document)

    def _write(self, customer: Customer, *, new: bool) -> Write:
        document = document_of(customer)
        if new:
            return InsertOne(document)
        return ReplaceOne({"_id": customer.id}, {**document, **self._projected.get(customer.id, {})})


@dataclass(slots=True)
class _Some:
    """Customers as they are to be; those of them that changed, and those whose change others can see."""

    all: list[Customer] = field(default_factory=list)
    changed: list[Customer] = field(default_factory=list)
    told: list[Customer] = field(default_factory=list)

    @classmethod
    def of(cls, before: Mapping[str, Customer], after: Iterable[Customer], now: datetime) -> "_Some":
        """Each that others can see changed under its next seq."""
        some = cls()
        for customer in after:
            known = before.get(customer.id)
            if customer is known or customer == known:
                some.all.append(customer)
                continue
            if known is None or customer.visible != known.visible:
                customer = replace(customer, seq=customer.seq + 1, changed_at=now)  # noqa: PLW2901 - its next version
                some.told.append(customer)
            some.changed.append(customer)
            some.all.append(customer)
        return some


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
    contact = customer.contact
    document |= {name: code for name in CODES if (code := getattr(contact, name))}
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


def _gives_up(before: Customer, after: Customer) -> bool:
    """Whether it was known by an address or an external id that it has no more."""
    if before.canonical_email not in (None, after.canonical_email):
        return True
    return any(after.external_ids.get(source) != id_ for source, id_ in before.external_ids.items())


def _external_key(source: str, id_: str) -> str:
    return f"{source}\x1f{id_}"


def gone_told(marks: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that say of customers that they are no more."""
    del now
    return [
        Outgoing(
            subject=mark["_id"].removeprefix(GONE),
            seq=mark["seq"],
            type=CustomerChanged.type,
            data=None,
            time=mark["at"],
        )
        for mark in marks
    ]


def customers_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored customers last."""
    del now
    return [_outgoing(customer_from(document)) for document in documents]


def _outgoing(customer: Customer) -> Outgoing:
    return Outgoing(
        subject=customer.id,
        seq=customer.seq,
        type=CustomerChanged.type,
        data=customer_changed(customer),
        time=customer.changed_at,
    )
