"""The console service, put together."""

from chassis.service import Service, open_service_database
from services.console import handlers, routes, store
from services.console.adapters.passwords import Passwords
from services.console.adapters.upstreams import Upstreams
from services.console.settings import Settings
from services.console.views.live import Hub


def build(settings: Settings, passwords: Passwords | None = None) -> Service:
    """The console service, not started."""
    database = open_service_database(settings.chassis, "console")
    upstreams = Upstreams(settings.upstreams, settings.upstream_seconds)
    hub = Hub(
        database=database,
        poll_seconds=settings.live_poll_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        per_session=settings.live_per_session,
    )
    return Service(
        name="console",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        streams=handlers.router,
        jobs={"connections": upstreams.keep_open},
        routes=routes.make_routers(settings, hub, upstreams, passwords or Passwords()),
    )
