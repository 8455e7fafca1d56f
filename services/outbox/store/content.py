"""Brands, templates with their versions, and tests that went out."""

from collections.abc import Sequence
from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged

from chassis.mongo import DESCENDING, Database, Document, Transaction
from chassis.pending import Outgoing
from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template
from services.outbox.events import brand_changed
from services.outbox.store.codec import brands, one, templates
from services.outbox.store.collections import BRANDS, TEMPLATE_VERSIONS, TEMPLATES, TESTS

CHANGED_AT = "changed_at"
"""When others were told of a brand; of no use to outbox itself."""


async def save_brand(tx: Transaction, brand: Brand, now: datetime) -> None:
    """Store a brand and tell others."""
    document = {**brands.write(brand), CHANGED_AT: now}
    await tx.collection(BRANDS).replace_one({"_id": brand.id}, document, upsert=True, session=tx.session)
    await tx.publish(topics.OUTBOX_BRANDS, [_brand_event(brand, now)])


def _brand_event(brand: Brand, at: datetime) -> Outgoing:
    return Outgoing(subject=brand.id, seq=brand.seq, type=BrandChanged.type, data=brand_changed(brand, at), time=at)


def brands_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored brands last."""
    return [_brand_event(brands.read(document), document.get(CHANGED_AT, now)) for document in documents]


async def save_template(tx: Transaction, template: Template) -> None:
    """Store a template, and this version of it for good."""
    document = templates.write(template)
    await tx.collection(TEMPLATES).replace_one({"_id": template.id}, document, upsert=True, session=tx.session)
    version = {**document, "_id": _version_id(template.id, template.seq), "template_id": template.id}
    await tx.collection(TEMPLATE_VERSIONS).insert_one(version, session=tx.session)


async def template_version(database: Database, id_: str, version: int) -> Template | None:
    """A template as it was in a version."""
    rows = database.collection(TEMPLATE_VERSIONS)
    document = await rows.find_one({"_id": {"$eq": _version_id(id_, version)}})
    if document is not None:
        return templates.read({**document, "_id": id_})
    now = await one(database, TEMPLATES, templates, id_)  # saved before versions were kept
    return now if now is not None and now.seq == version else None


async def template_versions(database: Database, id_: str) -> list[Template]:
    """All that are kept, the newest first."""
    cursor = database.collection(TEMPLATE_VERSIONS).find({"template_id": {"$eq": id_}}).sort("seq", DESCENDING)
    return [templates.read({**document, "_id": id_}) async for document in cursor]


async def count_tests(tx: Transaction, since: datetime) -> int:
    """How many tests went out."""
    return await tx.collection(TESTS).count_documents({"at": {"$gt": since}}, session=tx.session)


async def note_tests(tx: Transaction, ids: Sequence[str], now: datetime) -> None:
    """Remember that tests go out, nothing of whom they go to."""
    await tx.collection(TESTS).insert_many([{"_id": id_, "at": now} for id_ in ids], session=tx.session)


def _version_id(id_: str, version: int) -> str:
    return f"{id_}:{version}"
