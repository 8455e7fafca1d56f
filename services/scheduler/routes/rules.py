"""The company's rules over HTTP."""

from fastapi import APIRouter

from chassis.http import DatabaseDep, problems
from chassis.idempotency import OnceDep
from services.scheduler.commands import rules as commands
from services.scheduler.routes.common import READ, WRITE
from services.scheduler.schemas.rules import RulesBody
from services.scheduler.views import rules as views

router = APIRouter(prefix="/v1")


@router.get("/contact-rules", tags=["contact rules"], dependencies=[READ], responses=problems(401, 403))
async def get_contact_rules(db: DatabaseDep) -> RulesBody:
    """What holds for all campaigns."""
    return await views.rules(db)


@router.put("/contact-rules", tags=["contact rules"], dependencies=[WRITE], responses=problems(401, 403, 422))
async def set_contact_rules(body: RulesBody, once: OnceDep) -> RulesBody:
    """Set what holds for all campaigns; the date of every customer follows."""
    return RulesBody.model_validate(await once.run(lambda tx: commands.set_rules(tx, body.model_dump())))
