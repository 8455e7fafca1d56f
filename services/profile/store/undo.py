"""What imports displaced, piece by piece, for as long as they can be undone."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.mongo import Document, Transaction
from services.profile.domain.customer import Said, Stamp
from services.profile.domain.undoing import Was
from services.profile.store.collections import IMPORT_SEEN, IMPORT_UNDO

Changes = Mapping[str, Sequence[Was]]


@dataclass(frozen=True, slots=True)
class Displaced:
    """Whom a piece made, and what it displaced in others."""

    created: Sequence[str] = ()
    changed: Changes = field(default_factory=dict)


async def put_displaced(tx: Transaction, id_: str, number: int, displaced: Displaced, at: datetime) -> None:
    """Keep what a piece did."""
    changed = [{"id": one, "was": [_row(was) for was in some]} for one, some in displaced.changed.items() if some]
    document: Document = {"created": list(displaced.created), "changed": changed, "at": at}
    await tx.collection(IMPORT_UNDO).replace_one({"_id": f"{id_}:{number}"}, document, upsert=True, session=tx.session)


async def take_displaced(tx: Transaction, id_: str, number: int) -> Displaced:
    """What a piece did; forgotten with that."""
    row = await tx.collection(IMPORT_UNDO).find_one_and_delete({"_id": f"{id_}:{number}"}, session=tx.session)
    if row is None:
        return Displaced()
    return Displaced(row["created"], {one["id"]: [_was(was) for was in one["was"]] for one in row["changed"]})


async def forget_displaced(tx: Transaction, customer_id: str) -> None:
    """Keep nothing of what a customer was before an import."""
    of_it = {"changed": {"id": customer_id}}
    await tx.collection(IMPORT_UNDO).update_many(
        {"changed.id": {"$eq": customer_id}}, {"$pull": of_it}, session=tx.session
    )


async def seen_before(tx: Transaction, id_: str, names: Iterable[str], at: datetime) -> set[str]:
    """Which of these an earlier piece of a dry run has named; all are remembered, as hashes."""
    by_id = {f"{id_}:{hashlib.sha256(name.encode()).hexdigest()[:24]}": name for name in names}
    rows = tx.collection(IMPORT_SEEN)
    cursor = rows.find({"_id": {"$in": list(by_id)}}, {"_id": 1}, session=tx.session)
    known = {row["_id"] async for row in cursor}
    fresh = [{"_id": one, "import_id": id_, "at": at} for one in by_id if one not in known]
    if fresh:
        await rows.insert_many(fresh, session=tx.session)
    return {by_id[one] for one in known}


async def forget_seen(tx: Transaction, id_: str) -> None:
    """It begins anew, or has ended."""
    await tx.collection(IMPORT_SEEN).delete_many({"import_id": {"$eq": id_}}, session=tx.session)


def _row(was: Was) -> list[Any]:
    said = was.said
    return [
        was.kind,
        was.name,
        None if said is None else [said.value, said.stamp.at, said.stamp.by, said.stamp.event_id],
    ]


def _was(row: Sequence[Any]) -> Was:
    kind, name, said = row
    if said is None:
        return Was(kind, name, None)
    value, *stamp = said
    return Was(kind, name, Said(tuple(value) if isinstance(value, list) else value, Stamp(*stamp)))
