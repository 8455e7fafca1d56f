"""Domain objects as documents, and back."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from chassis.mongo import Database, Document, Transaction
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template

T = TypeVar("T")


class Codec(Generic[T]):
    """Domain objects as documents, and back."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def read(self, document: Mapping[str, Any]) -> T:
        """A stored object."""
        return self._adapter.validate_python({**document, "id": document["_id"]})

    def write(self, value: T) -> Document:
        """As it is stored."""
        document: Document = self._adapter.dump_python(value)
        return {"_id": document.pop("id"), **{k: str(v) if isinstance(v, Phase) else v for k, v in document.items()}}


dispatches, gates, recipients = Codec(Dispatch), Codec(Gate), Codec(Recipient)
campaigns, brands, templates = Codec(Campaign), Codec(Brand), Codec(Template)


async def load(tx: Transaction, name: str, codec: Codec[T], ids: Iterable[str]) -> dict[str, T]:
    """Those of these that are known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, session=tx.session)
    return {document["_id"]: codec.read(document) for document in await cursor.to_list(None)}


async def many(database: Database, name: str, codec: Codec[T], ids: Iterable[str]) -> dict[str, T]:
    """As `load`, outside a transaction."""
    found = await database.collection(name).find({"_id": {"$in": list(ids)}}).to_list(None)
    return {document["_id"]: codec.read(document) for document in found}


async def versions(database: Database, name: str, ids: Iterable[str]) -> dict[str, int]:
    """The `seq` of each that is known."""
    found = await database.collection(name).find({"_id": {"$in": list(ids)}}, {"seq": 1}).to_list(None)
    return {document["_id"]: document["seq"] for document in found}


async def one(database: Database, name: str, codec: Codec[T], id_: str | None) -> T | None:
    """One, outside a transaction."""
    document = await database.collection(name).find_one({"_id": {"$eq": id_}})
    return codec.read(document) if document else None
