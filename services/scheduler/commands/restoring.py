"""Bringing a database from a backup up to what scheduler had told others before it was lost."""

from collections.abc import Sequence

from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.envelope import Event
from sounding_contracts.next_surveys import NextSurveyChanged

from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.schemas.campaigns import plain


async def restore_campaigns(tx: Transaction, events: Sequence[Event[CampaignChanged]]) -> int:
    """Let campaigns be as they were told of last; every customer is looked at again. Returns how many were not."""
    campaigns, taken = store.Campaigns(tx), 0
    for event in events:
        told = event.data
        before = await campaigns.find(str(event.subject))
        if told is None or event.seq is None or (before is not None and before.seq >= event.seq):
            continue
        began = before.activated_at if before else None
        values = {**(plain(before) if before else {}), **told.model_dump(exclude={"version"}), "seq": event.seq}
        # When it was activated is on no stream: not before it was told of as active.
        values["activated_at"] = began or (told.changed_at if told.state == "active" else None)
        await campaigns.put(store.campaign_with(values))
        taken += 1
    if taken:
        await store.put_rules(tx, {})
    return taken


async def restore_numbers(tx: Transaction, events: Sequence[Event[NextSurveyChanged]]) -> int:
    """Number what is told of customers' next surveys from now on behind what was: what it is follows from all else."""
    return await store.Customers(tx).put_seqs({str(event.subject): event.seq for event in events if event.seq})
