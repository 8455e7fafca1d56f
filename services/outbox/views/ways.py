"""What the page shows on which one says no."""

from dataclasses import dataclass

from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A mail's record, its brand, and how its recipient stands."""

    dispatch: Dispatch
    brand: Brand | None
    gate: Gate
    address: str | None


async def target_of(database: Database, link: str) -> str | None:
    """Where a template's link leads."""
    return await store.target_of(database, link)


async def way_out(database: Database, dispatch_id: str) -> WayOut | None:
    """All of it; None where the record is not known."""
    dispatch = await store.one(database, store.DISPATCHES, store.dispatches, dispatch_id)
    if dispatch is None:
        return None
    brand_id = dispatch.brand_id
    if brand_id is None:
        campaign = await store.one(database, store.CAMPAIGNS, store.campaigns, dispatch.campaign_id)
        brand_id = campaign.brand_id if campaign else None
    brand: Brand | None = None
    if brand_id is not None:
        brand = await store.one(database, store.BRANDS, store.brands, brand_id)
    person = await store.one(database, store.RECIPIENTS, store.recipients, dispatch.customer_id)
    gate = await store.one(database, store.GATES, store.gates, dispatch.customer_id)
    return WayOut(
        dispatch=dispatch,
        brand=brand,
        gate=gate or Gate(id=dispatch.customer_id),
        address=person.canonical_email if person else None,
    )
