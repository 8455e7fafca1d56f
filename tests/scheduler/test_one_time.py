"""A one-time campaign asks everyone of its audience once, and ends by itself when all are through."""

from datetime import timedelta
from typing import Any

import httpx
from sounding_contracts import topics

from chassis.clock import now
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.scheduler.events import customer, deliverability, record, requests, start_campaign, until
from tests.waiting import eventually

ONCE: dict[str, Any] = {"id": "once", "kind": "one_time_email", "schedule": {}}


async def test_everyone_is_asked_once_and_it_ends_when_all_are_through(deployment: Deployment) -> None:
    settings = Settings(chassis=deployment.settings, ending_poll_seconds=0.1, ending_grace_seconds=0)
    async with deployment.client(build(settings)) as scheduler:
        people = ("ada", "bob", "eve")
        await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, people), customer("no-mail", email=None))
        await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("eve", 1, "unsubscribed"))
        await until(scheduler, "eve", reason="unsubscribed")
        for id_ in ("ada", "bob", "no-mail"):
            await until(scheduler, id_, reason="no-active-campaign")
        await start_campaign(scheduler, **ONCE)

        first, second = await requests(deployment, 2)
        assert {first.customer_id, second.customer_id} == {"ada", "bob"}
        assert (first.reason, first.cycle) == ("initial", 1)
        await until(scheduler, "ada", kind="none", reason="already-surveyed")
        later = {"schedule": {"starts_at": (now() + timedelta(hours=1)).isoformat()}}
        await start_campaign(scheduler, **{**ONCE, "id": "later", **later})
        await until(scheduler, "ada", reason="one-time", campaign_id="later")

        await deployment.publish(topics.OUTBOX_DISPATCHES, record(first, 1, "sent", sent_at=first.requested_at))
        assert await state(scheduler, "once") == "active"
        await deployment.publish(topics.OUTBOX_DISPATCHES, record(second, 1, "bounced"))

        async def ended() -> bool:
            return await state(scheduler, "once") == "finished"

        await eventually(ended)
        assert await state(scheduler, "later") == "active"
        assert len(await requests(deployment)) == 2


async def state(scheduler: httpx.AsyncClient, id: str) -> str:
    return str((await scheduler.get(f"/v1/campaigns/{id}")).json()["state"])
