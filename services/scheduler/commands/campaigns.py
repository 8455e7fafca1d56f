"""Keep campaigns."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.domain import campaign as campaigns
from services.scheduler.domain.campaign import Campaign
from services.scheduler.schemas.campaigns import CampaignBody, DuplicateBody, plain

MAX_NAME, COPY = 200, " (copy)"


async def create_campaign(tx: Transaction, id_: str | None, values: Mapping[str, Any], now: datetime) -> CampaignBody:
    """Make a draft. Raises `Conflict` where there is another campaign of this id; the same one is left as it is."""
    made = store.campaign_with({**values, "id": id_ or new_id(), "created_at": now, "changed_at": now})
    campaigns.check(made)
    known = await store.Campaigns(tx).find(made.id)
    if known is None:
        return CampaignBody.of(await store.Campaigns(tx).save(made))
    if not campaigns.same_content(known, made):
        code, reason = "campaign-exists", "There is another campaign with this id; edit that one or choose another id."
        raise Conflict(code, reason, field="id")
    return CampaignBody.of(known)


async def edit_campaign(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> CampaignBody:
    """Change what was said, leave the rest."""

    def rule(before: Campaign) -> Campaign:
        edited = store.campaign_with({**plain(before), "seq": before.seq, **values})
        return campaigns.edit(before, edited, now)

    return CampaignBody.of(await store.Campaigns(tx).change(id_, rule, expected_seq=expected_seq))


async def move_campaign(
    tx: Transaction,
    id_: str,
    move: Callable[[Campaign, datetime], Campaign],
    *,
    expected_seq: int | None,
    now: datetime,
) -> CampaignBody:
    """Activate, pause or finish it."""
    changed = await store.Campaigns(tx).change(id_, lambda before: move(before, now), expected_seq=expected_seq)
    return CampaignBody.of(changed)


async def duplicate_campaign(tx: Transaction, id_: str, copy: DuplicateBody, now: datetime) -> CampaignBody:
    """Make a draft that says the same. Raises `NotFound`, and `Conflict` where there is one of the new id."""
    campaign = await store.Campaigns(tx).get(id_)
    name = copy.name or f"{campaign.name[: MAX_NAME - len(COPY)]}{COPY}"
    made = campaigns.duplicate(campaign, copy.id or new_id(), name, now)
    if await store.Campaigns(tx).find(made.id) is not None:
        code, reason = "campaign-exists", "There is a campaign with this id; choose another."
        raise Conflict(code, reason, field="id")
    return CampaignBody.of(await store.Campaigns(tx).save(made))
