"""Templates over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from services.outbox import commands, views
from services.outbox.adapters.templates import checking
from services.outbox.adapters.trial import Trial
from services.outbox.domain.finding import Finding
from services.outbox.schemas import (
    FindingList,
    PreviewAsk,
    PreviewBody,
    SavedTemplate,
    TemplateBody,
    TemplatePut,
    TestAsk,
    TestResult,
    TestResults,
    VersionList,
)
from services.outbox.settings import Settings

READER, WRITER = "templates:read", "templates:write"
REFUSALS = problems(401, 403, 404, 409, 412, 422)
PATH = "/v1/templates/{id}"


def add(router: APIRouter, settings: Settings, secret: str) -> None:
    """Templates: reading, saving, versions, checks, previews and tests."""
    _add_reading(router)
    _add_saving(router)
    _add_trying(router, settings)
    _add_tests(router, settings, secret)


def _add_reading(router: APIRouter) -> None:
    reader = requires(READER)

    @router.get("/v1/templates", tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def list_templates(
        db: DatabaseDep,
        built_in: Annotated[bool, Query(description="Those that come with Sounding instead.")] = False,
    ) -> dict[str, list[TemplateBody]]:
        """All templates."""
        return {"items": await views.templates(db, come_with_sounding=built_in)}

    @router.get(PATH, tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def get_template(id: str, db: DatabaseDep, response: Response) -> TemplateBody:
        """One template, as it now is."""
        found = await views.template(db, id)
        etag(response, found.version)
        return found

    @router.get(f"{PATH}/versions", tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def list_template_versions(id: str, db: DatabaseDep) -> VersionList:
        """The versions of a template, the newest first."""
        return await views.template_versions(db, id)

    @router.get(f"{PATH}/versions/{{version}}", tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def get_template_version(id: str, version: int, db: DatabaseDep) -> TemplateBody:
        """A template as it was in a version."""
        return await views.template(db, id, version)


def _add_saving(router: APIRouter) -> None:
    writer = requires(WRITER)

    @router.put(PATH, tags=["templates"], dependencies=[writer], responses=REFUSALS)
    async def put_template(
        id: str, body: TemplatePut, db: DatabaseDep, once: OnceDep, now: Now, version: IfMatch
    ) -> Any:
        """Make or change a template; refused with the part at fault, saved with what is only to be known."""
        template = body.template(id)
        found = await views.check_template(db, template)
        checking.refuse_faults(found)
        return await once.run(lambda tx: _saved(commands.put_template(tx, template, now, version), found))

    @router.post(f"{PATH}/versions/{{version}}/restore", tags=["templates"], dependencies=[writer], responses=REFUSALS)
    async def restore_template(id: str, version: int, db: DatabaseDep, once: OnceDep, now: Now) -> Any:
        """Save a former version again, as the newest."""
        template = await views.find_template(db, id, version)
        found = await views.check_template(db, template)
        checking.refuse_faults(found)
        return await once.run(lambda tx: _saved(commands.put_template(tx, template, now), found))


def _add_trying(router: APIRouter, settings: Settings) -> None:
    reader = requires(READER)

    @router.post(f"{PATH}/check", tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def check_template(id: str, db: DatabaseDep) -> FindingList:
        """What is to be said of a template, errors first."""
        return await views.checks(db, id)

    @router.post(f"{PATH}/preview", tags=["templates"], dependencies=[reader], responses=REFUSALS)
    async def preview_template(id: str, body: PreviewAsk, db: DatabaseDep) -> PreviewBody:
        """A mail as it would be, for a customer or a sample."""
        return await views.preview(db, id, body, settings)


def _add_tests(router: APIRouter, settings: Settings, secret: str) -> None:
    trial = Trial(settings)

    @router.post(
        f"{PATH}/test",
        tags=["templates"],
        dependencies=[requires("templates:write")],
        responses={**REFUSALS, **problems(429)},
    )
    async def send_test(id: str, body: TestAsk, db: DatabaseDep, now: Now) -> TestResults:
        """Send it to these addresses, marked as a test: no record, no figures, never to one that said no."""
        tried = await views.sitting(db, id, body)
        await db.transact(lambda tx: commands.allow_tests(tx, body.to, secret, now))
        about = (tried.recipient, tried.campaign, tried.brand)
        sent = await trial.send(body.to, tried.template, tried.language, about, now)
        return TestResults(items=[TestResult(address=one.address, sent=one.sent, reply=one.reply) for one in sent])


async def _saved(saving: Any, found: list[Finding]) -> SavedTemplate:
    return SavedTemplate.made_of(await saving, found)
