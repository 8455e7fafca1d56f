"""What profile keeps of what other services say."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import Document, Transaction, UpdateOne, Write
from services.profile.domain.customer import TEXT_FIELDS
from services.profile.domain.finding import grams, searched_text
from services.profile.domain.history import Answer, Record
from services.profile.events import answer_of, record_of
from services.profile.store.collections import ANSWERS, CUSTOMERS, RECORDS
from services.profile.store.facets import facets


async def project(tx: Transaction, values: Mapping[str, Document]) -> None:
    """Put projected values on each customer; those unknown here are passed over."""
    writes: list[Write] = [UpdateOne({"_id": id_}, {"$set": fields}) for id_, fields in values.items()]
    if writes:
        await tx.collection(CUSTOMERS).bulk_write(writes, session=tx.session)


async def answers_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, list[Answer]]:
    """All answers of each customer."""
    answers: dict[str, list[Answer]] = {id_: [] for id_ in customer_ids}
    cursor = tx.collection(ANSWERS).find({"customer_id": {"$in": list(answers)}}, session=tx.session)
    async for row in cursor:
        answer = Answer(
            response_id=row["_id"],
            score=row["score"],
            score_class=row.get("score_class"),
            answered_at=row["answered_at"],
            counts=row["counts"],
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
        "score_class": answer.score_class,
        "answered_at": answer.answered_at,
        "counts": answer.counts,
    }


def record_row(dispatch: DispatchChanged | None) -> Document | None:
    """What is kept of a survey record."""
    return {"customer_id": dispatch.customer_id, **asdict(record_of(dispatch))} if dispatch else None


def finding_row(customer: CustomerChanged | None) -> Document | None:
    """What a customer is searched and filtered by; the deleted are found too."""
    if customer is None:
        return None
    names, email = (customer.first_name, customer.last_name), customer.email or ""
    canonical = None if customer.canonical_email == email.casefold() else customer.canonical_email
    text = searched_text(names, email, canonical, customer.company, *customer.external_ids.values())
    fields = {f"fields.{name}": getattr(customer, name) for name in TEXT_FIELDS if name != "email"}
    properties = {f"properties.{name}": value for name, value in customer.properties.items()}
    return {
        "text": text,
        "grams": grams(text),
        "facets": facets({**fields, "source": customer.source, **properties}),
    }


async def owners(tx: Transaction, name: str, ids: Iterable[str]) -> dict[str, str]:
    """Whose answers or records these are, as far as known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"customer_id": 1}, session=tx.session)
    return {row["_id"]: row["customer_id"] async for row in cursor}
