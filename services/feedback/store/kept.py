"""What people set up and edit, a document each: read and saved under a `seq` that grows by one."""

from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from chassis.errors import NotFound, Outdated
from chassis.mongo import Document, Transaction


class Versioned(Protocol):
    """A dataclass with an id and a version."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def seq(self) -> int:
        """Its version."""


T = TypeVar("T", bound=Versioned)


class Kept(Generic[T]):
    """One kind of them; `name` is what its refusals call it."""

    def __init__(self, collection: str, kind: type[T], name: str) -> None:
        self._collection, self._name = collection, name
        self._codec = TypeAdapter(kind)

    def read(self, document: Document) -> T:
        """A stored one."""
        return self._codec.validate_python({**document, "id": document["_id"]})

    async def get(self, tx: Transaction, id_: str, expected_seq: int | None = None) -> T:
        """One. Raises `NotFound`, and `Outdated` where it is not the version expected."""
        document = await tx.collection(self._collection).find_one({"_id": {"$eq": id_}}, session=tx.session)
        if document is None:
            code, reason = f"{self._name}-not-found", f"There is no {self._name} with this id."
            raise NotFound(code, reason)
        found = self.read(document)
        if expected_seq not in (None, found.seq):
            code, reason = f"{self._name}-changed", "It was changed since; read it again."
            raise Outdated(code, reason, current_seq=found.seq)
        return found

    async def all(self, tx: Transaction) -> list[T]:
        """All, as a transaction sees them."""
        return [self.read(document) async for document in tx.collection(self._collection).find(session=tx.session)]

    async def save(self, tx: Transaction, one: T, **more: Any) -> T:
        """Store it under its next seq, with `more` to find it by."""
        saved = replace(one, seq=one.seq + 1)
        document = {**self._codec.dump_python(saved), **more}
        document["_id"] = document.pop("id")
        await tx.collection(self._collection).replace_one({"_id": saved.id}, document, upsert=True, session=tx.session)
        return saved
