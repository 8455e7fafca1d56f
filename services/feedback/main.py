"""The feedback service, put together."""

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from chassis.tokens import Links
from commons.retelling import Source, Sources
from services.feedback import handlers, jobs, routes, store
from services.feedback.adapters.mail import Mailer, MailServer
from services.feedback.adapters.receivers import Receivers
from services.feedback.adapters.text import load_model
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands.recounting import count_unstamped
from services.feedback.commands.restoring import restore_responses
from services.feedback.commands.text import Labeller
from services.feedback.public import routes as public
from services.feedback.settings import Settings
from services.feedback.store.shelf import Shelf
from services.feedback.views.reading import Figures

TOLD = {topics.FEEDBACK_RESPONSES: restore_responses}
"""What it takes back of its own streams after a restore from a backup."""

RETOLD: Sources = {
    topics.FEEDBACK_RESPONSES: (
        Source(store.REMOVED, store.removed_told),
        Source(store.RESPONSES, store.responses_told),
    ),
}
"""What `sounding retell` tells again of its streams."""

MIGRATIONS = {"stamps": count_unstamped}
"""What `sounding migrate --with-data` does once to data of earlier builds; a running service has done this one by itself."""


def build(settings: Settings) -> Service:
    """The feedback service, not started."""
    database = open_service_database(settings.chassis, "feedback")
    links = Links(settings.chassis.signing_keys)
    labeller = Labeller(load_model(settings.text_model))
    poster = Poster(settings.webhook_networks)
    receivers = Receivers(poster, Mailer(mail_server(settings)))
    figures = Figures(database, Shelf(database, settings.figures_memory_mb * 1_000_000))
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
            "alerts": jobs.tell_alerts(database, receivers),
        },
        # The pages first: routes are tried in order, and those hear from hundreds at once.
        routes=[public.make_router(database, links, settings), *routes.make_routers(receivers, figures)],
    )


def mail_server(settings: Settings) -> MailServer:
    """The server that takes alerts to people inside."""
    password = settings.alert_smtp_password
    return MailServer(
        host=settings.alert_smtp_host,
        port=settings.alert_smtp_port,
        sender=settings.alert_sender,
        username=settings.alert_smtp_username,
        password=password.get_secret_value() if password else None,
        tls=settings.alert_smtp_tls,
    )
