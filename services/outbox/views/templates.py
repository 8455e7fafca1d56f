"""What can be seen of templates: as they are, were and would be."""

import asyncio
from dataclasses import dataclass, replace

from chassis.errors import Invalid, NotFound
from chassis.mongo import Database
from services.outbox import store
from services.outbox.adapters.templates import built_in, checking, compiling, sandbox
from services.outbox.adapters.templates.values import line, values
from services.outbox.adapters.ways import Ways
from services.outbox.domain.finding import Finding, Level
from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template, direction, language_for
from services.outbox.schemas import (
    FindingBody,
    FindingList,
    PreviewAsk,
    PreviewBody,
    TemplateBody,
    TestAsk,
    VersionBody,
    VersionList,
)
from services.outbox.settings import Settings
from services.outbox.views.brands import find_brand

NOWHERE = "preview"
"""Stands where a link has its token: no page knows it, and nothing is recorded."""
SAMPLE = Recipient(
    id="sample",
    first_name="Ada",
    last_name="Lovelace",
    company="Analytical Engines",
    job_title="Head of Operations",
    city="London",
    country="GB",
)


async def templates(database: Database, *, come_with_sounding: bool = False) -> list[TemplateBody]:
    """All that were saved, or all that come with Sounding."""
    if come_with_sounding:
        return [TemplateBody.of(template) for template in built_in.all_templates().values()]
    cursor = database.collection(store.TEMPLATES).find().sort("_id", 1)
    return [TemplateBody.of(store.templates.read(document)) async for document in cursor]


async def template(database: Database, id_: str, version: int | None = None) -> TemplateBody:
    """One, in a version. Raises `NotFound`."""
    return TemplateBody.of(await find_template(database, id_, version))


async def known_template(database: Database, id_: str) -> Template | None:
    """One, saved or built-in; None where it is not known here."""
    if id_ in built_in.all_templates():
        return built_in.all_templates()[id_]
    return await store.one(database, store.TEMPLATES, store.templates, id_)


async def find_template(database: Database, id_: str, version: int | None = None) -> Template:
    """One, in a version; now where none is named. Raises `NotFound`."""
    found = await known_template(database, id_)
    if found is not None and version is not None and not (found.built_in and found.seq == version):
        found = await store.template_version(database, id_, version)
    if found is None:
        code, reason = "template-not-found", "There is no template with this id, or no such version of it."
        raise NotFound(code, reason)
    return found


async def template_versions(database: Database, id_: str) -> VersionList:
    """That it was saved, and when. Raises `NotFound`."""
    now = await find_template(database, id_)
    kept = await store.template_versions(database, id_) or [now]
    items = [
        VersionBody(version=one.seq, name=one.name, languages=list(one.languages), saved_at=one.saved_at)
        for one in kept
    ]
    return VersionList(items=items)


async def check_template(database: Database, template: Template) -> list[Finding]:
    """What the checks say, campaigns that use it considered."""
    query = {"template_id": {"$eq": template.id}, "state": {"$ne": "finished"}}
    cursor = database.collection(store.CAMPAIGNS).find(query)
    campaigns = [store.campaigns.read(document) async for document in cursor]
    wanted = {tag for campaign in campaigns for tag in campaign.questions}
    return await asyncio.to_thread(checking.findings, template, frozenset(wanted))


async def checks(database: Database, id_: str) -> FindingList:
    """What the checks say of a template as it is. Raises `NotFound`."""
    found = await check_template(database, await find_template(database, id_))
    return FindingList(items=[FindingBody.of(one) for one in found])


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a mail that is tried is made of."""

    template: Template
    language: str
    recipient: Recipient
    campaign: Campaign
    brand: Brand


async def sitting(database: Database, id_: str, ask: PreviewAsk | TestAsk) -> Sitting:
    """What is named, and samples for the rest. Raises `NotFound`."""
    template = await find_template(database, id_, ask.version)
    recipient = await _recipient(database, ask.customer_id)
    campaign = await _campaign(database, ask, template)
    brand = await _brand(database, ask.brand_id or campaign.brand_id)
    wishes = (ask.language, recipient.language, campaign.default_language if ask.campaign_id else None)
    return Sitting(template, language_for(template, *wishes), recipient, campaign, brand)


async def preview(database: Database, id_: str, ask: PreviewAsk, settings: Settings) -> PreviewBody:
    """A mail as it would be. Raises `NotFound`, and `Invalid` where the draft is at fault."""
    tried = await sitting(database, id_, ask)
    language = ask.language if ask.draft and ask.language else tried.language
    text = ask.draft.in_domain() if ask.draft else tried.template.languages[language]
    found = await asyncio.to_thread(checking.check, text, language)
    checking.refuse_faults([replace(one, place=one.place.replace(f"languages.{language}", "draft")) for one in found])
    given = values(tried.recipient, tried.campaign, tried.brand, language, nowhere(tried.brand, settings))
    try:
        made = compiling.compile_text(text, language)
        filled, preheader = made.fill(*given), made.preheader.render(given[1])
    except sandbox.FAULTS as fault:
        code, reason = checking.TEMPLATE_NOT_VALID, f"It cannot be filled for this customer: {fault}"
        raise Invalid(code, reason[:300]) from fault
    return PreviewBody(
        language=language,
        direction=direction(language),
        subject=line(filled.subject),
        preheader=line(preheader),
        html=filled.html,
        text=filled.text,
        size=len(filled.html.encode()),
        warnings=[FindingBody.of(one) for one in found if one.level is Level.WARNING],
    )


def nowhere(brand: Brand, settings: Settings) -> Ways:
    """Links that look like those of a mail and that no page knows."""
    here = (brand.public_url or settings.public_url).rstrip("/")
    survey = (brand.public_url or settings.survey_url).rstrip("/")
    out = f"{here}/u/{NOWHERE}"
    return Ways(
        survey=f"{survey}/s/{NOWHERE}",
        unsubscribe=out,
        open=f"{here}/o/{NOWHERE}.gif",
        click=f"{here}/c/{NOWHERE}",
        list_unsubscribe=f"<{out}>",
    )


async def _recipient(database: Database, id_: str | None) -> Recipient:
    if id_ is None:
        return SAMPLE
    found = await store.one(database, store.RECIPIENTS, store.recipients, id_)
    if found is None:
        code, reason = "customer-not-found", "There is no customer with this id."
        raise NotFound(code, reason, field="customer_id")
    return found


async def _campaign(database: Database, ask: PreviewAsk | TestAsk, template: Template) -> Campaign:
    if ask.campaign_id is None:
        known = template.id.removeprefix(built_in.PREFIX).replace("-", "_")
        asked = getattr(ask, "metric", None)
        metric = asked or (known if known in {"csat", "ces", "five_star"} else "nps")
        return Campaign(
            id="sample",
            name="Sample",
            state="draft",
            metric=metric,
            template_id=template.id,
            brand_id=ask.brand_id or "",
        )
    found = await store.one(database, store.CAMPAIGNS, store.campaigns, ask.campaign_id)
    if found is None:
        code, reason = "campaign-not-found", "There is no campaign with this id."
        raise NotFound(code, reason, field="campaign_id")
    return found


async def _brand(database: Database, id_: str) -> Brand:
    """The one that is named, else the first, else a sample."""
    if id_:
        return await find_brand(database, id_)
    document = await database.collection(store.BRANDS).find_one(sort=[("_id", 1)])
    if document is not None:
        return store.brands.read(document)
    return Brand(id="sample", name="Your company", sender_name="Your company", sender_email="hello@example.com")
