"""Brands."""

from dataclasses import replace
from datetime import datetime

from chassis.errors import Outdated
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain.mail import Brand


async def put_brand(tx: Transaction, brand: Brand, now: datetime, version: int | None = None) -> Brand:
    """Make or change a brand; the same again changes nothing. Raises `Outdated`."""
    known = (await store.load(tx, store.BRANDS, store.brands, [brand.id])).get(brand.id)
    seq = known.seq if known else 0
    if version is not None and version != seq:
        code, reason = "brand-changed-meanwhile", f"The brand is at version {seq}; read it again."
        raise Outdated(code, reason, field="If-Match")
    if known is not None and replace(brand, seq=seq) == known:
        return known
    saved = replace(brand, seq=seq + 1)
    await store.save_brand(tx, saved, now)
    return saved
