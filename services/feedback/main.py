"""The feedback service, put together."""

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from services.feedback import handlers, jobs, routes, store
from services.feedback.adapters.text import load_model
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands.text import Labeller
from services.feedback.public import routes as public
from services.feedback.settings import Settings


def build(settings: Settings) -> Service:
    """The feedback service, not started."""
    database = open_service_database(settings.chassis, "feedback")
    links = Links(settings.chassis.signing_keys)
    labeller = Labeller(load_model(settings.text_model))
    poster = Poster(settings.webhook_networks)
    return Service(
        name="feedback",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.make_router(labeller),
        publishes=[topics.FEEDBACK_RESPONSES, topics.FEEDBACK_AUTOREPLY_REQUESTS],
        jobs={
            "webhooks": jobs.tell_webhooks(database, poster),
            "replays": jobs.replay_webhooks(database),
            "imports": jobs.read_imports(database),
            "figures": jobs.count_answers(database),
            "autoreplies": jobs.ask_for_autoreplies(database),
            "labelling": jobs.label_the_past(database, labeller),
            "alerts": jobs.tell_alerts(database, poster),
        },
        # The pages first: routes are tried in order, and those hear from hundreds at once.
        routes=[public.make_router(database, links, settings), *routes.make_routers(poster)],
    )
