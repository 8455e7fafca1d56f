"""Links that let somebody in once, and what is remembered between leaving for a provider and coming back."""

from datetime import datetime

from chassis.errors import NotFound
from chassis.mongo import Database, Document, Transaction
from services.console.store.collections import LINKS, LOGINS
from services.console.store.sessions import hashed


def _not_valid() -> NotFound:
    return NotFound("link-not-valid", "This link was used already, or its time is over. Ask for a new one.")


async def put(tx: Transaction, token: str, user_id: str, kind: str, now: datetime, expires_at: datetime) -> None:
    """Keep a link; earlier ones of the same kind for the same user end."""
    links = tx.collection(LINKS)
    await links.delete_many({"user_id": user_id, "kind": kind}, session=tx.session)
    row = {"_id": hashed(token), "user_id": user_id, "kind": kind, "made_at": now, "expires_at": expires_at}
    await links.insert_one(row, session=tx.session)


async def look(database: Database, token: str, now: datetime) -> Document:
    """What a link is for. Raises `NotFound`."""
    row = await database.collection(LINKS).find_one({"_id": hashed(token), "expires_at": {"$gt": now}})
    if row is None:
        raise _not_valid()
    return row


async def take(tx: Transaction, token: str, now: datetime) -> Document:
    """Use a link up. Raises `NotFound`."""
    query = {"_id": hashed(token), "expires_at": {"$gt": now}}
    row: Document | None = await tx.collection(LINKS).find_one_and_delete(query, session=tx.session)
    if row is None:
        raise _not_valid()
    return row


async def forget(tx: Transaction, user_id: str) -> None:
    """No link leads to this user any more."""
    await tx.collection(LINKS).delete_many({"user_id": user_id}, session=tx.session)


async def remember_login(database: Database, state: str, row: Document) -> None:
    """Keep what must be known when a provider sends somebody back."""
    await database.collection(LOGINS).insert_one({**row, "_id": hashed(state)})


async def recall_login(database: Database, state: str, now: datetime) -> Document | None:
    """That, once."""
    row: Document | None = await database.collection(LOGINS).find_one_and_delete(
        {"_id": hashed(state), "expires_at": {"$gt": now}}
    )
    return row
