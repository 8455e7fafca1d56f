"""Brands and templates."""

from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged

from chassis.mongo import Transaction
from chassis.pending import Outgoing
from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template
from services.outbox.events import brand_changed
from services.outbox.store.codec import brands, templates
from services.outbox.store.collections import BRANDS, TEMPLATES


async def save_brand(tx: Transaction, brand: Brand, now: datetime) -> None:
    """Store a brand and tell others."""
    await tx.collection(BRANDS).replace_one({"_id": brand.id}, brands.write(brand), upsert=True, session=tx.session)
    event = Outgoing(subject=brand.id, seq=brand.seq, type=BrandChanged.type, data=brand_changed(brand, now), time=now)
    await tx.publish(topics.OUTBOX_BRANDS, [event])


async def save_template(tx: Transaction, template: Template) -> None:
    """Store a template."""
    document = templates.write(template)
    await tx.collection(TEMPLATES).replace_one({"_id": template.id}, document, upsert=True, session=tx.session)
