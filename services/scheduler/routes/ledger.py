"""The ledger of a campaign over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.scheduler.domain.ledger import Bucket
from services.scheduler.routes.common import CAMPAIGNS, READ
from services.scheduler.schemas.ledger import Ledger, LedgerPage
from services.scheduler.views import ledger as views

router = APIRouter(prefix="/v1/campaigns/{id}/ledger", tags=[CAMPAIGNS], dependencies=[READ])

Cycle = Annotated[int | None, Query(ge=1, description="Which round; left out: each one's own latest.")]


@router.get("", responses=problems(401, 403, 404, 422))
async def get_ledger(id: str, db: DatabaseDep, now: Now, cycle: Cycle = None) -> Ledger:
    """Where everyone of the audience stands: sent, due later, held, suppressed, failed or unknown, by rule."""
    return await views.ledger(db, id, cycle, now)


@router.get("/{bucket}", dependencies=[requires("customers:read")], responses=problems(401, 403, 404, 422))
async def list_ledger(  # noqa: PLR0913 - what they are picked by
    id: str,
    bucket: Bucket,
    db: DatabaseDep,
    now: Now,
    *,
    cycle: Cycle = None,
    rule: Annotated[str | None, Query(max_length=100, description="Only those put there by this rule.")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> LedgerPage:
    """The people behind one number of the ledger."""
    return await views.people(db, id, bucket, rule=rule, cycle=cycle, now=now, after=after, limit=limit)
