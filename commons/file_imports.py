"""Where imports of files are kept: how far each is, the pieces of its file, the rows of which there is something to say."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import TypeAdapter

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, ReplaceOne, Transaction, Write

from . import leases

IMPORTS, PARTS = "imports", "import_parts"
Note = Literal["refused", "doubled"]
"""What there is to say of a row."""


class FileImport(Protocol):
    """What every import has."""

    @property
    def id(self) -> str:
        """Sorts by age."""

    @property
    def state(self) -> str:
        """How far it is."""


T = TypeVar("T", bound=FileImport)


class FileImports(Generic[T]):
    """The imports of a service. `rows` is the collection of noted rows, `working` the states in which somebody is at it."""

    def __init__(self, kind: type[T], *, rows: str, working: Iterable[str]) -> None:
        self._codec, self._rows, self.working = TypeAdapter(kind), rows, tuple(working)

    async def put(self, tx: Transaction, import_: T) -> T:
        """Store it; who is at it stays."""
        document: Document = self._codec.dump_python(import_)
        id_ = document.pop("id")
        document["state"] = str(import_.state)
        await tx.collection(IMPORTS).update_one({"_id": id_}, {"$set": document}, upsert=True, session=tx.session)
        return import_

    async def get(self, tx: Transaction, id_: str) -> T:
        """One. Raises `NotFound`."""
        return self._import(await tx.collection(IMPORTS).find_one({"_id": {"$eq": id_}}, session=tx.session))

    async def find(self, database: Database, id_: str) -> T:
        """One, outside a transaction. Raises `NotFound`."""
        return self._import(await database.collection(IMPORTS).find_one({"_id": {"$eq": id_}}))

    async def page(self, database: Database, *, after: str | None, limit: int) -> list[T]:
        """The newest first."""
        query: dict[str, Any] = {"_id": {"$lt": after}} if after else {}
        cursor = database.collection(IMPORTS).find(query).sort("_id", DESCENDING).limit(limit)
        return [self._import(document) async for document in cursor]

    async def take(self, database: Database, holder: str, seconds: float) -> T | None:
        """The oldest to work at that nobody is at, or that we are; ours for so many seconds."""
        document = await leases.take(database, IMPORTS, self.working, holder, seconds)
        return self._import(document) if document else None

    async def held(self, tx: Transaction, id_: str, holder: str, state: str) -> T | None:
        """It, where the holder still has it and it is in this state."""
        document = await leases.hold(tx, IMPORTS, id_, (state,), holder)
        return self._import(document) if document else None

    async def put_part(self, tx: Transaction, id_: str, number: int, content: bytes, at: datetime) -> None:
        """Keep a piece of the file; the same number again takes its place."""
        part = {"import_id": id_, "content": content, "at": at}
        await tx.collection(PARTS).replace_one({"_id": f"{id_}:{number}"}, part, upsert=True, session=tx.session)

    async def get_part(self, tx: Transaction, id_: str, number: int) -> bytes:
        """A piece of the file."""
        found = await tx.collection(PARTS).find_one({"_id": f"{id_}:{number}"}, session=tx.session)
        content: bytes = found["content"] if found else b""
        return content

    async def drop_parts(self, tx: Transaction, id_: str) -> None:
        """The file is not needed any more."""
        await tx.collection(PARTS).delete_many({"import_id": id_}, session=tx.session)

    async def put_noted(
        self, tx: Transaction, id_: str, note: Note, rows: Sequence[tuple[int, str, Sequence[str]]], at: datetime
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
            await tx.collection(self._rows).bulk_write(writes, session=tx.session)

    async def drop_noted(self, tx: Transaction, id_: str) -> None:
        """It begins anew."""
        await tx.collection(self._rows).delete_many({"import_id": id_}, session=tx.session)

    async def noted(self, database: Database, id_: str, note: Note) -> AsyncIterator[Document]:
        """The rows of which this was said, in order."""
        # Feedback kept rows without a note once, and all of them were refused.
        notes = [note, None] if note == "refused" else [note]
        rows = database.collection(self._rows).find({"import_id": {"$eq": id_}, "note": {"$in": notes}})
        async for row in rows.sort("_id", ASCENDING):
            yield row

    def _import(self, document: Document | None) -> T:
        if document is None:
            code, reason = "import-not-found", "There is no import with this id."
            raise NotFound(code, reason)
        return self._codec.validate_python({**document, "id": document["_id"]})
