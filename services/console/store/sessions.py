"""Sessions: by the hash of what the cookie holds, so that who reads the database cannot sign in."""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from chassis.mongo import DESCENDING, Database, Document, Transaction
from services.console.store.collections import SESSIONS

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in somewhere. `id` is the hash of the cookie's token."""

    id: str
    user_id: str
    csrf_token: str
    how: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def fresh() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def session_from(row: Document) -> Session:
    """A session as it was stored."""
    return Session(**{**{name: value for name, value in row.items() if name != "_id"}, "id": row["_id"]})


async def put(tx: Transaction, session: Session) -> None:
    """Store a new session."""
    values = asdict(session)
    await tx.collection(SESSIONS).insert_one({**values, "_id": values.pop("id")}, session=tx.session)


async def find(database: Database, token: str, now: datetime) -> Session | None:
    """The session of a cookie, where it has not ended."""
    row = await database.collection(SESSIONS).find_one({"_id": hashed(token), "expires_at": {"$gt": now}})
    return session_from(row) if row else None


async def seen(database: Database, session: Session, now: datetime, expires_at: datetime) -> None:
    """Note that it is used; at most once a minute."""
    values = {"seen_at": now, "expires_at": expires_at}
    await database.collection(SESSIONS).update_one({"_id": session.id}, {"$set": values})


async def lasts(database: Database, id_: str, now: datetime) -> bool:
    """Whether a session goes on."""
    query = {"_id": id_, "expires_at": {"$gt": now}}
    return await database.collection(SESSIONS).find_one(query, {"_id": 1}) is not None


async def of_user(database: Database, user_id: str, now: datetime) -> list[Session]:
    """All of a user's, the latest used first."""
    query = {"user_id": user_id, "expires_at": {"$gt": now}}
    rows = await database.collection(SESSIONS).find(query).sort("seen_at", DESCENDING).to_list(200)
    return [session_from(row) for row in rows]


async def end(database: Database, user_id: str, id_: str) -> bool:
    """End one of a user's; whether there was one."""
    done = await database.collection(SESSIONS).delete_one({"_id": {"$eq": id_}, "user_id": user_id})
    return done.deleted_count > 0


async def end_all(tx: Transaction, user_id: str, but: str | None = None) -> None:
    """End all of a user's, but one."""
    await tx.collection(SESSIONS).delete_many({"user_id": user_id, "_id": {"$ne": but}}, session=tx.session)
