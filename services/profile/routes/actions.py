"""What the profile page does with a customer that other services own."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.profile.adapters.owners import Caller, Owners
from services.profile.commands import actions, customers
from services.profile.commands.actions import Command
from services.profile.routes.author import AuthorDep
from services.profile.schemas.actions import (
    Erased,
    ErasureReport,
    FeedbackAdded,
    FeedbackBody,
    Held,
    NoteBody,
    SurveyBody,
    SurveySent,
)
from services.profile.schemas.customers import Deliverability, NextSurvey
from services.profile.views import held as views

PROBLEMS = problems(401, 403, 404, 409, 422, 503)


def _caller(
    authorization: Annotated[str, Header(include_in_schema=False)] = "",
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Caller:
    return Caller(authorization, idempotency_key)


CallerDep = Annotated[Caller, Depends(_caller)]


def make_router(owners: Owners) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/customers/{id}", tags=["actions"], responses=PROBLEMS)
    _add_refusing(router, owners)
    _add_surveying(router, owners)
    _add_held(router, owners)
    return router


def _add_refusing(router: APIRouter, owners: Owners) -> None:
    @router.post("/unsubscribe")
    async def unsubscribe(
        id: str, body: NoteBody, db: DatabaseDep, author: AuthorDep, caller: CallerDep
    ) -> Deliverability:
        """Never survey the customer again. 200 means that nothing will be sent."""
        command = Command("unsubscribe", "outbox", _of_customer(id, "unsubscribe"), body.asked())
        return Deliverability.model_validate(await actions.ask(db, owners, command, id, author, caller))

    @router.post("/resubscribe")
    async def resubscribe(
        id: str, body: NoteBody, db: DatabaseDep, author: AuthorDep, caller: CallerDep
    ) -> Deliverability:
        """Take a customer's no back."""
        command = Command("resubscribe", "outbox", _of_customer(id, "resubscribe"), body.asked())
        return Deliverability.model_validate(await actions.ask(db, owners, command, id, author, caller))

    @router.post("/erase")
    async def erase_customer(id: str, db: DatabaseDep, author: AuthorDep, caller: CallerDep) -> Erased:
        """Remove all that says who the customer was, in every service, and never survey that address again.

        Scores stay for the figures, without words and names. What integrations said before is passed over.
        """
        command = Command("unsubscribe", "outbox", _of_customer(id, "unsubscribe"), {"note": "erasure"})
        await actions.ask(db, owners, command, id, author, caller)
        held = await views.counted(db, owners, id, caller)
        await db.transact(lambda tx: customers.erase_customer(tx, id, author, held))
        return Erased(customer_id=id, erased_at=author.now, held_before=held)


def _add_surveying(router: APIRouter, owners: Owners) -> None:
    @router.post("/send-survey", status_code=202)
    async def send_survey(
        id: str, body: SurveyBody, db: DatabaseDep, author: AuthorDep, caller: CallerDep
    ) -> SurveySent:
        """Survey the customer now by an existing campaign, with its template."""
        path = f"/v1/campaigns/{quote(body.campaign_id, safe='')}/send"
        command = Command("send-survey", "scheduler", path, {"customer_id": id})
        return SurveySent.model_validate(await actions.ask(db, owners, command, id, author, caller))

    @router.post("/reset-last-survey")
    async def reset_last_survey(id: str, db: DatabaseDep, author: AuthorDep, caller: CallerDep) -> NextSurvey:
        """Forget when the customer was surveyed last: the first-survey rules hold again."""
        command = Command("reset-last-survey", "scheduler", _of_customer(id, "reset-last-survey"), {})
        return NextSurvey.model_validate(await actions.ask(db, owners, command, id, author, caller))

    @router.post("/feedback", status_code=201)
    async def add_feedback(
        id: str, body: FeedbackBody, db: DatabaseDep, author: AuthorDep, caller: CallerDep
    ) -> FeedbackAdded:
        """Add an answer that was received outside of any survey."""
        command = Command("add-feedback", "feedback", "/v1/responses", {"customer_id": id, **body.asked()})
        return FeedbackAdded.model_validate(await actions.ask(db, owners, command, id, author, caller))


def _add_held(router: APIRouter, owners: Owners) -> None:
    @router.get("/held", dependencies=[requires("held:read")])
    async def get_all_held(id: str, db: DatabaseDep, caller: CallerDep) -> Held:
        """All that any service holds on a customer, as it is stored: for the person, or to see what an erasure left."""
        return await views.held(db, owners, id, caller)

    @router.get("/export", dependencies=[requires("held:read")])
    async def export_held(id: str, db: DatabaseDep, caller: CallerDep, response: Response) -> Held:
        """The same as a file to hand to the person: profile, history, answers, survey records, what it refused."""
        response.headers["Content-Disposition"] = 'attachment; filename="customer.json"'
        return await views.held(db, owners, id, caller)

    @router.get("/erasure", dependencies=[requires("held:read")])
    async def get_erasure(id: str, db: DatabaseDep, caller: CallerDep) -> ErasureReport:
        """Of an erased customer: how much each service held, and how much is left in each."""
        return await views.erasure(db, owners, id, caller)


def _of_customer(id_: str, what: str) -> str:
    return f"/v1/customers/{quote(id_, safe='')}/{what}"
