"""CSV imports: what was sent, how far each is, and the rows that were refused."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, ReplaceOne, Transaction, Write
from commons import leases
from services.profile.domain.importing import Import, State
from services.profile.store.collections import IMPORT_PARTS, IMPORT_ROWS, IMPORTS

Note = Literal["refused", "doubled"]
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


WORKED_AT = (State.RUNNING, State.UNDOING)


async def take_import(database: Database, holder: str, seconds: float) -> Import | None:
    """The oldest that runs and that nobody is at, or that we are; ours for so many seconds."""
    document = await leases.take(database, IMPORTS, WORKED_AT, holder, seconds)
    return _import(document) if document else None


async def held_import(tx: Transaction, id_: str, holder: str, state: State = State.RUNNING) -> Import | None:
    """It, where the holder still has it and it is in this state."""
    document = await leases.hold(tx, IMPORTS, id_, (state,), holder)
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


async def put_noted(
    tx: Transaction, id_: str, note: Note, rows: Sequence[tuple[int, str, Sequence[str]]], at: datetime
) -> None:
    """Keep rows of which there is something to say: number, reason, cells."""
    writes: list[Write] = [
        ReplaceOne(
            {"_id": f"{id_}:{note}:{row:010d}"},
            {"import_id": id_, "note": note, "row": row, "reason": reason, "cells": list(cells), "at": at},
            upsert=True,
        )
        for row, reason, cells in rows
    ]
    if writes:
        await tx.collection(IMPORT_ROWS).bulk_write(writes, session=tx.session)


async def drop_noted(tx: Transaction, id_: str) -> None:
    """It begins anew."""
    await tx.collection(IMPORT_ROWS).delete_many({"import_id": id_}, session=tx.session)


async def noted(database: Database, id_: str, note: Note) -> AsyncIterator[Document]:
    """The rows of which this was said, in order."""
    rows = database.collection(IMPORT_ROWS).find({"import_id": {"$eq": id_}, "note": note})
    async for row in rows.sort("_id", ASCENDING):
        yield row


def _import(document: Document | None) -> Import:
    if document is None:
        code, reason = "import-not-found", "There is no import with this id."
        raise NotFound(code, reason)
    return _codec.validate_python({**document, "id": document["_id"]})
