"""How far the dates of all customers have followed a change, over HTTP."""

from fastapi import APIRouter

from chassis.http import DatabaseDep, problems
from services.scheduler.routes.common import CUSTOMERS, READ
from services.scheduler.schemas.recalculations import Recalculation
from services.scheduler.views import recalculations as views

router = APIRouter(prefix="/v1/recalculations", tags=[CUSTOMERS], dependencies=[READ])


@router.get("", responses=problems(401, 403))
async def get_recalculation(db: DatabaseDep) -> Recalculation:
    """After a running campaign or the company's rules changed: how many customers were looked at again."""
    return await views.recalculation(db)
