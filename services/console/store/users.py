"""Users as documents."""

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from chassis.errors import Conflict, NotFound, Outdated
from chassis.mongo import ASCENDING, Database, Document, DuplicateKeyError, Transaction
from services.console.domain.roles import Role
from services.console.domain.user import User
from services.console.store.collections import USERS

_codec: TypeAdapter[User] = TypeAdapter(User)


def user_from(row: Document) -> User:
    """A user as it was stored."""
    return _codec.validate_python({**row, "id": row["_id"]})


def _row(user: User) -> Document:
    values = asdict(user)
    return {**values, "_id": values.pop("id"), "role": user.role.value}


async def find(database: Database, query: Document) -> User | None:
    """The one user whom this fits."""
    row = await database.collection(USERS).find_one(query)
    return user_from(row) if row else None


async def all_users(database: Database) -> list[User]:
    """Everybody, by address."""
    rows = await database.collection(USERS).find().sort("email", ASCENDING).to_list(None)
    return [user_from(row) for row in rows]


async def none_yet(database: Database) -> bool:
    """Whether nobody has ever been let in."""
    return await database.collection(USERS).find_one({}, {"_id": 1}) is None


async def get(tx: Transaction, id_: str, expected_seq: int | None = None) -> User:
    """One user. Raises `NotFound`, and `Outdated` where another version was expected."""
    row = await tx.collection(USERS).find_one({"_id": {"$eq": id_}}, session=tx.session)
    if row is None:
        code, reason = "user-not-found", "There is no user with this id."
        raise NotFound(code, reason)
    found = user_from(row)
    if expected_seq is not None and expected_seq != found.seq:
        code, reason = "user-outdated", "Somebody else has changed this user since."
        raise Outdated(code, reason, seq=found.seq)
    return found


async def find_in(tx: Transaction, **fields: Any) -> User | None:
    """The one user with these values."""
    query = {name: {"$eq": value} for name, value in fields.items()}
    row = await tx.collection(USERS).find_one(query, session=tx.session)
    return user_from(row) if row else None


async def admins(tx: Transaction) -> list[str]:
    """The ids of all who can sign in as admins; nobody else changes them at the same time."""
    rows = tx.collection(USERS).find({"role": Role.ADMIN.value, "disabled_at": None}, {"_id": 1}, session=tx.session)
    return [row["_id"] async for row in rows]


async def put(tx: Transaction, user: User) -> None:
    """Store a user, new or changed."""
    await tx.collection(USERS).replace_one({"_id": user.id}, _row(user), upsert=True, session=tx.session)


async def add(tx: Transaction, user: User) -> None:
    """Store a new user. Raises `Conflict` where the address is taken."""
    if await find_in(tx, email=user.email):
        code, reason = "email-taken", "There is a user with this address already."
        raise Conflict(code, reason, field="email")
    try:
        await tx.collection(USERS).insert_one(_row(user), session=tx.session)
    except DuplicateKeyError as error:
        code, reason = "email-taken", "There is a user with this address already."
        raise Conflict(code, reason, field="email") from error


async def remove(tx: Transaction, id_: str) -> None:
    """Forget a user."""
    await tx.collection(USERS).delete_one({"_id": {"$eq": id_}}, session=tx.session)
