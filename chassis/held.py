"""What a service holds on one subject, as it is stored: for whoever asks what is known of them, or what is left."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.encoders import jsonable_encoder

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from chassis.mongo import ASCENDING, Database


def held_router(places: Mapping[str, str]) -> APIRouter:
    """`places`: by collection the field that names the subject."""
    router = APIRouter(tags=["held"])

    @router.get("/v1/held/{id}", dependencies=[requires("held:read")], responses=problems(401, 403))
    async def get_held(id: Annotated[str, Path(max_length=200)], db: DatabaseDep) -> dict[str, list[dict[str, Any]]]:
        """Every document on a subject, by collection; those without any are left out."""
        return await held_on(db, places, id)

    return router


async def held_on(database: Database, places: Mapping[str, str], id_: str) -> dict[str, list[dict[str, Any]]]:
    """Every document on a subject, by collection, as JSON has it."""
    found = {
        name: await database.collection(name).find({field: {"$eq": id_}}).sort("_id", ASCENDING).to_list(None)
        for name, field in places.items()
    }
    return {name: jsonable_encoder(documents) for name, documents in found.items() if documents}
