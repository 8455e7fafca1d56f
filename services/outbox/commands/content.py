"""Brands and templates."""

from dataclasses import replace
from datetime import datetime

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain.links import targets
from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template


async def put_brand(tx: Transaction, brand: Brand, now: datetime) -> Brand:
    """Make or change a brand; the same again changes nothing."""
    known = (await store.load(tx, store.BRANDS, store.brands, [brand.id])).get(brand.id)
    if known is not None and replace(brand, seq=known.seq) == known:
        return known
    saved = replace(brand, seq=(known.seq if known else 0) + 1)
    await store.save_brand(tx, saved, now)
    return saved


def links_of(template: Template) -> dict[str, str]:
    """Where the links of a template lead, in all its languages."""
    found: dict[str, str] = {}
    for text in template.languages.values():
        found |= targets(text.mjml)
    return found


async def put_template(tx: Transaction, template: Template) -> Template:
    """Make or change a template; the same again changes nothing."""
    known = (await store.load(tx, store.TEMPLATES, store.templates, [template.id])).get(template.id)
    if known is not None and replace(template, seq=known.seq) == known:
        return known
    saved = replace(template, seq=(known.seq if known else 0) + 1)
    await store.keep_links(tx, links_of(saved))
    await store.save_template(tx, saved)
    return saved
