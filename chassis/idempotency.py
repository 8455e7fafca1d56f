"""Idempotent commands: the same request with the same key has one effect and one answer."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder

from chassis.auth import caller
from chassis.clock import now
from chassis.errors import Invalid
from chassis.mongo import ASCENDING, Database, IndexModel, Transaction

COLLECTION = "_idempotency"
INDEXES = [IndexModel([("at", ASCENDING)], expireAfterSeconds=int(timedelta(days=7).total_seconds()))]

Command = Callable[[Transaction], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Once:
    """Runs the command of a request in one transaction with the memory of its answer."""

    database: Database
    key: str | None
    fingerprint: str

    async def run(self, command: Command) -> Any:
        """The command's result as JSON, now or as it was the first time within seven days.

        Raises `Invalid` where the key was used for another request.
        """
        if self.key is None:
            return jsonable_encoder(await self.database.transact(command))
        return await self.database.transact(lambda tx: self._remembered(tx, command))

    async def _remembered(self, tx: Transaction, command: Command) -> Any:
        rows = tx.collection(COLLECTION)
        row = await rows.find_one({"_id": self.key}, session=tx.session)
        if row is not None:
            if row["fingerprint"] != self.fingerprint:
                code, reason = "idempotency-key-reused", "This Idempotency-Key was used for another request."
                raise Invalid(code, reason, field="Idempotency-Key")
            return row["answer"]
        answer = jsonable_encoder(await command(tx))
        await rows.insert_one(
            {"_id": self.key, "fingerprint": self.fingerprint, "answer": answer, "at": now()}, session=tx.session
        )
        return answer


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="The same request with the same key has one effect.")
    ] = None,
) -> Once:
    body = await request.body()
    parts = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
    fingerprint = hashlib.sha256("\x1f".join(parts).encode() + b"\x1f" + body).hexdigest()
    # By who asks and not by what it shows: a pass is another one with each request.
    key = f"{caller(request).id}|{idempotency_key}" if idempotency_key else None
    return Once(request.app.state.database, key, fingerprint)


OnceDep = Annotated[Once, Depends(_once)]
