"""What a campaign would do."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.domain.campaign import Campaign, check
from services.scheduler.domain.dry_run import as_if_on, dry_run
from services.scheduler.schemas.campaigns import plain
from services.scheduler.schemas.dry_runs import DryRunBody

AT_ONCE = 200
"""Customers between two breaths in which others are served."""


async def campaign(database: Database, id_: str, changes: Mapping[str, Any], *, days: int, now: datetime) -> DryRunBody:
    """The days ahead, were the campaign changed so and switched on. Raises `NotFound` and `Invalid`."""
    reader = store.Outside(database)
    changed = _changed((await store.one_running(reader, id_, now)).campaign, changes, now)
    rules, running = await store.rules(reader), await store.running(reader, now)
    query = store.audience_query(changed, now)
    part, factor = await store.fair_part(database, query)
    # A part stands for all of them only under a part of the cap.
    cap = None if changed.daily_cap is None else max(1, round(changed.daily_cap / factor))
    run = dry_run(replace(changed, daily_cap=cap), store.run(changed, now), running, rules, now, days)
    async for document in store.matching(database, part):
        run.add(store.customer_from(document))
        if run.looked_at % AT_ONCE == 0:
            await asyncio.sleep(0)
    return DryRunBody.of(run, factor)


def _changed(campaign: Campaign, changes: Mapping[str, Any], now: datetime) -> Campaign:
    return as_if_on(check(store.campaign_with({**plain(campaign), "seq": campaign.seq, **changes})), now)
