"""The scheduler service, put together."""

import asyncio
from datetime import timedelta

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from commons.retelling import Source, Sources
from services.scheduler import handlers, jobs, routes, store
from services.scheduler.commands import migrating, restoring
from services.scheduler.settings import Settings
from services.scheduler.views.in_app import Front
from services.scheduler.views.news import STREAMS, News

TOLD = {
    topics.SCHEDULER_CAMPAIGNS: restoring.restore_campaigns,
    topics.SCHEDULER_NEXT_SURVEYS: restoring.restore_numbers,
}
"""What it takes back of its own streams after a restore from a backup."""

RETOLD: Sources = {
    topics.SCHEDULER_CAMPAIGNS: (Source(store.CAMPAIGNS, store.campaigns_told),),
    topics.SCHEDULER_NEXT_SURVEYS: (Source(store.CUSTOMERS, store.next_surveys_told, {"seq": {"$gt": 0}}),),
}
"""What `sounding retell` tells again of its streams. Requests that outbox never took up it makes again by itself."""

MIGRATIONS = {"looks": migrating.look_at_everyone}
REBUILDS = {"wider-projections": (store.PROFILES, store.RECORDS, store.ANSWERS)}
"""What `sounding migrate --with-data` does once: to data of earlier builds, and to projections that keep more than then."""


def build(settings: Settings) -> Service:
    """The scheduler service, not started."""
    database = open_service_database(settings.chassis, "scheduler")
    bells = due, recalculate, triggers, reminders = [asyncio.Event() for _ in range(4)]
    database.on_publish += [bell.set for bell in bells]
    poll = settings.poll_seconds
    news = News(database, timedelta(seconds=settings.stale_after_seconds))
    return Service(
        name="scheduler",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.router,
        dated=STREAMS,
        publishes=[topics.SCHEDULER_CAMPAIGNS, topics.SCHEDULER_NEXT_SURVEYS, topics.SCHEDULER_DISPATCH_REQUESTS],
        routes=routes.make_routers(Front(Links(settings.chassis.signing_keys), settings)),
        jobs={
            "due": jobs.due(database, news, due, batch=settings.claim_batch, poll_seconds=poll),
            "triggers": jobs.triggers(database, news, triggers, batch=settings.claim_batch, poll_seconds=poll),
            "reminders": jobs.reminders(database, news, reminders, batch=settings.claim_batch, poll_seconds=poll),
            "endings": jobs.endings(
                database, grace_seconds=settings.ending_grace_seconds, poll_seconds=settings.ending_poll_seconds
            ),
            "recalculate": jobs.recalculate(database, recalculate, batch=settings.recalculate_batch, poll_seconds=poll),
        },
    )
