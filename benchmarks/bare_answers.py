"""What taking answers is compared with: a FastAPI route that inserts what a form posts, with majority and journal.

`python -m benchmarks.bare_answers PORT MONGODB DATABASE`: nothing is looked up, checked, signed or told.
"""

import logging
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

THANKS = "<!doctype html><html lang=en><title>Thank you</title><p>Thank you! Your answer is stored.</p></html>"


def app(mongodb: str, database: str) -> FastAPI:
    """The route, and a sign of life."""
    made = FastAPI()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb)
    rows = client[database].get_collection("bare_answers", write_concern=WriteConcern("majority", j=True))

    @made.post("/s/{token}")
    async def take(token: str, request: Request) -> HTMLResponse:
        form = await request.form()
        await rows.insert_one({"token": token, "score": form.get("score"), "comment": form.get("comment")})
        return HTMLResponse(THANKS)

    @made.get("/health/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    return made


if __name__ == "__main__":
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    uvicorn.run(app(sys.argv[2], sys.argv[3]), port=int(sys.argv[1]), access_log=False, log_level="warning")
