"""The profile service, put together."""

from sounding_contracts import topics

from chassis.service import Service, open_service_database
from commons.retelling import Source, Sources
from services.profile import handlers, jobs, routes, store
from services.profile.adapters.owners import Owners
from services.profile.commands.restoring import restore_customers
from services.profile.settings import Settings

TOLD = {topics.PROFILE_CUSTOMERS: restore_customers}
"""What it takes back of its own streams after a restore from a backup."""

RETOLD: Sources = {
    topics.PROFILE_CUSTOMERS: (
        Source(store.ERASED, store.gone_told, {"_id": {"$gte": store.GONE, "$lt": f"{store.GONE}~"}}),
        Source(store.CUSTOMERS, store.customers_told),
    ),
}
"""What `sounding retell` tells again of its streams."""


def build(settings: Settings) -> Service:
    """The profile service, not started."""
    database = open_service_database(settings.chassis, "profile")
    key = settings.owners_key
    owners = Owners(settings.owners, key.get_secret_value() if key else None)
    return Service(
        name="profile",
        settings=settings.chassis,
        database=database,
        indexes=store.INDEXES,
        holds=store.HOLDS,
        streams=handlers.router,
        publishes=[topics.PROFILE_CUSTOMERS],
        jobs={"work": jobs.work(database, owners), "imports": jobs.imports(database)},
        routes=routes.make_routers(owners),
    )
