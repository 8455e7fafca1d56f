"""The house that all tests of this folder share: `sounding up` with a small company in it, until standard input ends.

    python -m tests.ui.house FOLDER KAFKA MONGODB

prints where it is and whom one meets there, as one line of JSON. It has prefixes of its own on the Kafka and MongoDB given.
"""

import asyncio
import json
import random
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from deploy.local import web
from deploy.local.ports import is_free
from deploy.local.state import local_secrets
from tests.fixtures import _drop_databases, _drop_topics
from tests.house import House
from tests.waiting import eventually

PEOPLE, PATIENCE = "60", 400
ROWS = b"email,first_name,last_name,company,tags\nnew.one@example.com,Nora,Quist,Quist & Co,nps\nno address,,,,\n"


async def main(folder: Path, kafka: str, mongodb: str) -> None:
    """Start it, say where it is, and stop it when nobody needs it any more."""
    async with inhabited(folder, kafka, mongodb) as found:
        print(json.dumps(found), flush=True)  # noqa: T201 - that is what it is for
        await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def inhabited(folder: Path, kafka: str, mongodb: str, people: str = PEOPLE) -> AsyncIterator[dict[str, Any]]:
    """A house with a company in it, for as long as the block lasts: where it is, and an id of each kind to go to."""
    name = f"ui{secrets.token_hex(4)}"
    house = House(folder / "data", _base())
    house.folder.mkdir(parents=True)
    own = {"kafka": kafka, "mongodb": mongodb, "topic_prefix": f"{name}-", "database_prefix": f"{name}_"}
    house.environment |= {f"SOUNDING_{key.upper()}": value for key, value in own.items()} | {"SOUNDING_WEB": "1"}
    try:
        await house.start()
        status = await house.ready(PATIENCE)
        if not web.is_current():
            raise RuntimeError(f"The web app was not built.\n{house.log}")
        code, out, complaint = await house.run("demo", "--full", "--customers", people, within=PATIENCE)
        if code:
            raise RuntimeError(f"The company did not move in.\n{out}{complaint}")
        settings = {**own, "signing_keys": [local_secrets(house.folder).signing_key]}
        yield {"status": status, "known": await _known(status), "settings": settings}
    finally:
        await house.stop(signal.SIGTERM)
        _drop_topics(kafka, f"{name}-")
        _drop_databases(mongodb, f"{name}_")


def _base() -> int:
    """Ports that no house of another test takes: those begin higher."""
    bases = list(range(9_000, 10_000, 100))
    random.shuffle(bases)
    return next(base for base in bases if all(is_free(port) for port in range(base, base + 100)))


async def _known(status: dict[str, Any]) -> dict[str, str]:
    """An import, and an id of each kind, to go to."""
    headers = {"Authorization": f"Bearer {status['api_key']}"}
    async with httpx.AsyncClient(base_url=status["services"]["console"] + "/api", headers=headers, timeout=30) as api:
        import_ = await _imported(api)
        answers = (await api.get("/feedback/v1/responses", params={"limit": 200})).json()["items"]
        answer = next(one for one in answers if one["comment"] and one["customer_id"])
        wanted = {"filter": {"field": "last_score", "op": "gte", "value": 0}, "limit": 100}
        scored = (await api.post("/profile/v1/customers/search", json=wanted)).json()["items"]
        records = (await api.get("/outbox/v1/dispatches", params={"limit": 100})).json()["items"]
    return {
        "customer": max(scored, key=lambda one: len(one["score_trend"]))["id"],
        "answer": answer["id"],
        "record": next(one for one in records if one["state"] in {"sent", "delivered", "responded"})["id"],
        "import": import_,
    }


async def _imported(api: httpx.AsyncClient) -> str:
    begun = (await api.post("/profile/v1/imports", json={"file_name": "fair.csv"})).json()
    path = f"/profile/v1/imports/{begun['id']}"
    suggested = (await api.put(f"{path}/parts/0", content=ROWS)).json()["suggested"]
    await api.post(f"{path}/start", json={"columns": suggested})

    async def done() -> bool:
        return bool((await api.get(path)).json()["state"] == "done")

    await eventually(done, within=60)
    found: str = begun["id"]
    return found


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
