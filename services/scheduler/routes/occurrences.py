"""Surveys by hand over HTTP."""

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import Now
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.scheduler.commands import occurrences as commands
from services.scheduler.routes.common import CAMPAIGNS, CHANGES
from services.scheduler.schemas.occurrences import SendBody, SentBody

router = APIRouter(prefix="/v1")


@router.post(
    "/campaigns/{id}/send",
    status_code=202,
    tags=[CAMPAIGNS],
    dependencies=[requires("surveys:send")],
    responses=CHANGES,
)
async def send_survey(id: str, body: SendBody, once: OnceDep, now: Now) -> SentBody:
    """Survey one customer now, whatever audience, schedule and window say; never against a no or the quiet period."""

    async def command(tx: Transaction) -> SentBody:
        return SentBody.of(await commands.send_survey(tx, id, body.customer_id, now))

    return SentBody.model_validate(await once.run(command))
