"""The toy's HTTP side: commands that can be repeated, refused, and made to break."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from chassis.auth import requires
from chassis.errors import Conflict
from chassis.http import DatabaseDep
from chassis.idempotency import OnceDep
from chassis.mongo import Database, Transaction
from chassis.service import Service, open_service_database
from chassis.streams import Router
from commons.tls import trusted
from tests.chassis.toy import FACTS, STATE, Handler, outgoing
from tests.deployment import KEY, Deployment
from tests.waiting import PATIENCE_SECONDS

router = APIRouter()
broken: dict[str, Exception] = {}
"""What the route of this name raises, as a bug or an outage would."""


class Part(BaseModel):
    name: str


class Order(BaseModel):
    value: int
    parts: list[Part] = []


@router.post("/things/{id}", status_code=201, dependencies=[requires("things:write")])
async def add_thing(id: str, order: Order, once: OnceDep) -> Any:
    async def command(tx: Transaction) -> dict[str, int]:
        return await _added(tx, id, order.value)

    return await once.run(command)


async def _added(tx: Transaction, id_: str, value: int) -> dict[str, int]:
    rows = tx.collection("things")
    row = await rows.find_one({"_id": id_}, session=tx.session)
    if row and row["value"] < 0:
        code, reason = "thing-closed", "It takes nothing more."
        raise Conflict(code, reason, closed_at=row["seq"])
    seq, total = (row["seq"] + 1, row["value"] + value) if row else (1, value)
    await rows.replace_one({"_id": id_}, {"seq": seq, "value": total}, upsert=True, session=tx.session)
    await tx.publish(STATE, [outgoing(id_, seq, total)])
    return {"seq": seq, "value": total}


@router.get("/things", dependencies=[requires("things:read")])
async def list_things(database: DatabaseDep, limit: Annotated[int, Query(ge=1, le=10)] = 5) -> list[dict[str, Any]]:
    return await database.collection("things").find({}).to_list(limit)


@router.get("/break/{how}")
async def break_down(how: str) -> None:
    raise broken[how]


@router.post("/raw")
async def raw(request: Request) -> int:
    return len(await request.body())


def web(deployment: Deployment, handler: Handler | None = None, **more: Any) -> Service:
    """The toy with routes, and with a reader of the facts where a handler is given."""
    streams = Router()
    if handler is not None:
        streams.reads(FACTS)(handler)
    settings = deployment.settings.model_copy(update=more)
    made = Service(
        name="toy",
        settings=settings,
        database=open_service_database(settings, "toy"),
        indexes={"things": ()},
        streams=streams,
        routes=[router],
        publishes=[STATE],
    )
    return deployment.opened(made)


@asynccontextmanager
async def served(service: Service, *roles: str, key: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
    """Run the roles named (HTTP always is), with a client that holds a key."""
    async with service.running(roles or ("http",)) as port:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, verify=trusted(), timeout=PATIENCE_SECONDS
        ) as client:
            yield client


async def values(database: Database) -> Sequence[tuple[str, int]]:
    """All things, by id."""
    return [(row["_id"], row["value"]) async for row in database.collection("things").find({}).sort("_id", 1)]


__all__ = ["broken", "served", "values", "web"]
