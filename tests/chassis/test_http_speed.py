"""An answer leaves at once."""

import statistics
import time

from chassis.service import Service, open_service_database
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


async def test_an_answer_does_not_wait_for_the_callers_acknowledgement(infrastructure: Shared, prefix: Prefix) -> None:
    """With Nagle's algorithm on, each answer on a kept connection takes some 40 ms, whatever the machine."""
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    database = open_service_database(deployment.settings, "quick")
    service = Service(name="quick", settings=deployment.settings, database=database, indexes={})
    async with deployment.client(service, "http") as client:
        took = []
        for _ in range(30):
            began = time.perf_counter()
            assert (await client.get("/openapi.json")).status_code == 200
            took.append(time.perf_counter() - began)

    assert statistics.median(took) < 0.025
