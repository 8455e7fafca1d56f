"""The feedback service, put together."""

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from services.feedback import handlers, routes, store
from services.feedback.public import routes as public
from services.feedback.settings import Settings


def build(settings: Settings) -> Service:
    """The feedback service, not started."""
    return Service(
        name="feedback",
        settings=settings.chassis,
        database=open_service_database(settings.chassis, "feedback"),
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.router,
        publishes=[topics.FEEDBACK_RESPONSES],
        routes=[*routes.ROUTERS, public.make_router(Links(settings.chassis.signing_keys), settings)],
    )
