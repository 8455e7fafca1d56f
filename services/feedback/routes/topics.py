"""Topics and words of comments over HTTP."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis import filters
from chassis.auth import requires
from chassis.errors import Invalid
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback.commands import text as commands
from services.feedback.schemas.fields import RESPONSE_FIELDS
from services.feedback.schemas.topics import (
    LabellingBody,
    LabellingList,
    TopicBody,
    TopicDraft,
    TopicEdit,
    TopicList,
    WordsBody,
)
from services.feedback.views import topics as views

Reader, Writer = requires("responses:read"), requires("topics:write")
router = APIRouter(prefix="/v1", tags=["topics"])


@router.get("/topics", dependencies=[Reader], responses=problems(401, 403))
async def list_topics(db: DatabaseDep) -> TopicList:
    """All, by name."""
    return await views.topics(db)


@router.post("/topics", status_code=201, dependencies=[Writer], responses=problems(401, 403, 409, 422))
async def create_topic(draft: TopicDraft, once: OnceDep, now: Now) -> TopicBody:
    """Find a topic in comments from now on."""

    async def command(tx: Transaction) -> TopicBody:
        return TopicBody.of(await commands.create_topic(tx, _values(draft), now))

    return TopicBody.model_validate(await once.run(command))


@router.get("/topics/labellings", dependencies=[Reader], responses=problems(401, 403))
async def list_labellings(db: DatabaseDep) -> LabellingList:
    """How far topics are applied to what was said before."""
    return await views.labellings(db)


@router.post("/topics/labellings", status_code=202, dependencies=[Writer], responses=problems(401, 403))
async def begin_labelling(once: OnceDep, now: Now) -> LabellingBody:
    """Apply the topics as they are to all that was said before, too."""

    async def command(tx: Transaction) -> LabellingBody:
        return views.labelling(await commands.begin_labelling(tx, now))

    return LabellingBody.model_validate(await once.run(command))


@router.get("/topics/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_topic(id: str, db: DatabaseDep, response: Response) -> TopicBody:
    """One."""
    found = await views.topic(db, id)
    etag(response, found.seq)
    return found


@router.patch("/topics/{id}", dependencies=[Writer], responses=problems(401, 403, 404, 409, 412, 422))
async def edit_topic(id: str, edit: TopicEdit, db: DatabaseDep, seq: IfMatch, now: Now) -> TopicBody:
    """Change it; what is left out stays. Old comments follow when topics are applied to them."""
    values = {name: value for name, value in _values(edit).items() if name in edit.model_fields_set}
    return TopicBody.of(await db.transact(lambda tx: commands.edit_topic(tx, id, values, expected_seq=seq, now=now)))


@router.delete("/topics/{id}", status_code=204, dependencies=[Writer], responses=problems(401, 403, 404))
async def delete_topic(id: str, db: DatabaseDep) -> None:
    """Remove it."""
    await db.transact(lambda tx: commands.delete_topic(tx, id))


@router.get("/words", dependencies=[Reader], responses=problems(401, 403, 422))
async def get_words(
    db: DatabaseDep,
    filter: Annotated[str, Query(max_length=20_000, description="In the filter language, as JSON; empty: all.")] = "{}",
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> WordsBody:
    """The words that stand in most comments, by class of the score."""
    return await views.words(db, filters.parse(_tree(filter), RESPONSE_FIELDS).query(), limit)


def _values(edit: TopicEdit) -> dict[str, Any]:
    values = edit.model_dump()
    return {**values, "keywords": tuple(values["keywords"]), "languages": tuple(values["languages"])}


def _tree(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise Invalid("filter-not-valid", "must be JSON", field="filter") from None
