"""Work over many customers."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from chassis.auth import Principal, requires
from chassis.errors import Forbidden, Invalid
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.adapters.owners import Owners
from services.profile.commands import jobs as commands
from services.profile.domain.job import OWNED, Kind
from services.profile.routes.author import AuthorDep
from services.profile.routes.begin import Work, begin
from services.profile.schemas.jobs import JobBody, JobDraft, JobPage
from services.profile.views import jobs as views

Reader = requires("customers:read")
Who = Annotated[Principal, requires("customers:write")]
CHANGES = problems(401, 403, 404, 409, 422)
SCOPES = {
    Kind.UNSUBSCRIBE: "deliverability:write",
    Kind.RESUBSCRIBE: "deliverability:write",
    Kind.SEND_SURVEY: "surveys:send",
}


def make_router(owners: Owners) -> APIRouter:
    """The routes; `owners` must be there to be asked in the background."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.post("", status_code=202, responses=problems(401, 403, 422))
    async def begin_job(draft: JobDraft, once: OnceDep, author: AuthorDep, who: Who) -> JobBody:
        """Do something with all customers that a search finds, in the background: each once, wherever it stops.

        `edit` changes fields, tags and properties; `delete`, `restore`; `unsubscribe`, `resubscribe`, `send-survey` and
        `reset-last-survey` are asked of the services that own them.
        """
        draft.parsed()
        _check(draft.kind, who, owners)
        wanted = draft.narrowed
        return await begin(once, author, Work(draft.kind, _label(draft.kind), wanted, draft.edit, asked=draft.asked))

    _add_seeing(router)
    _add_ending(router)
    return router


def _add_seeing(router: APIRouter) -> None:
    @router.get("", dependencies=[Reader], responses=problems(401, 403, 422))
    async def list_jobs(
        db: DatabaseDep,
        after: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JobPage:
        """Jobs, newest first."""
        return await views.list_jobs(db, after=after, limit=limit)

    @router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
    async def get_job(id: str, db: DatabaseDep) -> JobBody:
        """How far a job is."""
        return await views.job(db, id)

    @router.get(
        "/{id}/report", dependencies=[Reader], response_class=StreamingResponse, responses=problems(401, 403, 404)
    )
    async def get_report(id: str, db: DatabaseDep) -> StreamingResponse:
        """With whom it could not be done, and why, as CSV; kept for thirty days."""
        name = {"Content-Disposition": 'attachment; filename="report.csv"'}
        return StreamingResponse(await views.report(db, id), media_type="text/csv; charset=utf-8", headers=name)


def _add_ending(router: APIRouter) -> None:
    @router.post("/{id}/cancel", dependencies=[requires("customers:write")], responses=CHANGES)
    async def cancel_job(id: str, once: OnceDep, now: Now) -> JobBody:
        """Do no step more; what was done stays."""

        async def command(tx: Transaction) -> JobBody:
            return JobBody.of(await commands.cancel_job(tx, id, now))

        return JobBody.model_validate(await once.run(command))


def _label(kind: Kind) -> str:
    of_surveys = {
        Kind.SEND_SURVEY: "send a survey to customers",
        Kind.RESET_LAST_SURVEY: "reset customers' last survey",
    }
    return of_surveys.get(kind, f"{kind} customers")


def _check(kind: Kind, who: Principal, owners: Owners) -> None:
    """Raises `Forbidden` where whoever asks may not do it singly, `Invalid` where profile may not ask."""
    scope = SCOPES.get(kind, "customers:write")
    if not who.may(scope):
        code, reason = "scope-missing", f"The API key does not hold the scope {scope}."
        raise Forbidden(code, reason)
    if kind in OWNED and not owners.can_be_asked:
        code, reason = "owners-key-missing", "Profile has no key for this: set SOUNDING_PROFILE_OWNERS_KEY."
        raise Invalid(code, reason, field="kind")
