"""The feedback service, put together."""

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from services.feedback import handlers, jobs, routes, store
from services.feedback.adapters.webhooks import Poster
from services.feedback.public import routes as public
from services.feedback.settings import Settings


def build(settings: Settings) -> Service:
    """The feedback service, not started."""
    database = open_service_database(settings.chassis, "feedback")
    links = Links(settings.chassis.signing_keys)
    poster = Poster(settings.webhook_networks)
    return Service(
        name="feedback",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.router,
        publishes=[topics.FEEDBACK_RESPONSES],
        jobs={
            "webhooks": jobs.tell_webhooks(database, poster),
            "replays": jobs.replay_webhooks(database),
            "imports": jobs.read_imports(database),
            "figures": jobs.count_answers(database),
        },
        routes=[*routes.make_routers(poster), public.make_router(database, links, settings)],
    )
