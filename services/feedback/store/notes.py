"""What colleagues said of answers."""

from pydantic import TypeAdapter

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.feedback.domain.work import Note
from services.feedback.store.collections import NOTES

_codec = TypeAdapter(Note)


async def put_note(tx: Transaction, note: Note) -> None:
    """Keep a note."""
    document: Document = _codec.dump_python(note)
    document["_id"] = document.pop("id")
    await tx.collection(NOTES).insert_one(document, session=tx.session)


async def take_note(tx: Transaction, response_id: str, id_: str) -> Note:
    """Remove a note, and give it back. Raises `NotFound`."""
    asked = {"_id": {"$eq": id_}, "response_id": response_id}
    document = await tx.collection(NOTES).find_one_and_delete(asked, session=tx.session)
    if document is None:
        code, reason = "note-not-found", "There is no note with this id."
        raise NotFound(code, reason)
    return _note(document)


async def notes_of(database: Database, response_id: str) -> list[Note]:
    """All of an answer, the oldest first."""
    cursor = database.collection(NOTES).find({"response_id": {"$eq": response_id}}).sort("_id", ASCENDING)
    return [_note(document) async for document in cursor]


async def drop_notes(tx: Transaction, of: Document) -> None:
    """Remove the notes of these answers."""
    await tx.collection(NOTES).delete_many(of, session=tx.session)


def _note(document: Document) -> Note:
    return _codec.validate_python({**document, "id": document["_id"]})
