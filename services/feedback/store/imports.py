"""Imports of old answers: what was sent, how far each is, and the rows that were refused."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, ReplaceOne, Transaction, Write
from commons import leases
from services.feedback.domain.importing import Import, State
from services.feedback.store.collections import IMPORT_FAULTS, IMPORT_PARTS, IMPORTS

_codec = TypeAdapter(Import)


async def put_import(tx: Transaction, import_: Import) -> Import:
    """Store it; who is at it stays."""
    document: Document = _codec.dump_python(import_)
    id_ = document.pop("id")
    document["state"] = str(import_.state)
    await tx.collection(IMPORTS).update_one({"_id": id_}, {"$set": document}, upsert=True, session=tx.session)
    return import_


async def get_import(tx: Transaction, id_: str) -> Import:
    """One. Raises `NotFound`."""
    return _import(await tx.collection(IMPORTS).find_one({"_id": {"$eq": id_}}, session=tx.session))


async def find_import(database: Database, id_: str) -> Import:
    """One, outside a transaction. Raises `NotFound`."""
    return _import(await database.collection(IMPORTS).find_one({"_id": {"$eq": id_}}))


async def list_imports(database: Database, *, after: str | None, limit: int) -> list[Import]:
    """The newest first."""
    query: dict[str, Any] = {"_id": {"$lt": after}} if after else {}
    cursor = database.collection(IMPORTS).find(query).sort("_id", DESCENDING).limit(limit)
    return [_import(document) async for document in cursor]


async def take_import(database: Database, holder: str, seconds: float) -> Import | None:
    """The oldest that runs and that nobody is at, or that we are; ours for so many seconds."""
    document = await leases.take(database, IMPORTS, (State.RUNNING,), holder, seconds)
    return _import(document) if document else None


async def held_import(tx: Transaction, id_: str, holder: str) -> Import | None:
    """It, where the holder still has it and it runs."""
    document = await leases.hold(tx, IMPORTS, id_, (State.RUNNING,), holder)
    return _import(document) if document else None


async def put_part(tx: Transaction, id_: str, number: int, content: bytes, at: datetime) -> None:
    """Keep a piece of the file; the same number again takes its place."""
    part = {"import_id": id_, "content": content, "at": at}
    await tx.collection(IMPORT_PARTS).replace_one({"_id": f"{id_}:{number}"}, part, upsert=True, session=tx.session)


async def get_part(tx: Transaction, id_: str, number: int) -> bytes:
    """A piece of the file."""
    found = await tx.collection(IMPORT_PARTS).find_one({"_id": f"{id_}:{number}"}, session=tx.session)
    content: bytes = found["content"] if found else b""
    return content


async def drop_parts(tx: Transaction, id_: str) -> None:
    """The file is not needed any more."""
    await tx.collection(IMPORT_PARTS).delete_many({"import_id": id_}, session=tx.session)


async def put_faults(tx: Transaction, id_: str, faults: Sequence[tuple[int, str, Sequence[str]]], at: datetime) -> None:
    """Keep rows that were refused: number, reason, cells."""
    writes: list[Write] = [
        ReplaceOne(
            {"_id": f"{id_}:{row:010d}"},
            {"import_id": id_, "row": row, "reason": reason, "cells": list(cells), "at": at},
            upsert=True,
        )
        for row, reason, cells in faults
    ]
    if writes:
        await tx.collection(IMPORT_FAULTS).bulk_write(writes, session=tx.session)


async def drop_faults(tx: Transaction, id_: str) -> None:
    """It begins anew."""
    await tx.collection(IMPORT_FAULTS).delete_many({"import_id": id_}, session=tx.session)


async def faults(database: Database, id_: str) -> AsyncIterator[Document]:
    """The rows that were refused, in order."""
    async for row in database.collection(IMPORT_FAULTS).find({"import_id": {"$eq": id_}}).sort("_id", ASCENDING):
        yield row


def _import(document: Document | None) -> Import:
    if document is None:
        code, reason = "import-not-found", "There is no import with this id."
        raise NotFound(code, reason)
    return _codec.validate_python({**document, "id": document["_id"]})
