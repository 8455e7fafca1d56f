"""Each service, alone: built as `sounding run` builds it, on names of its own."""

import importlib
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from sounding_contracts import topics

from chassis.service import Service
from commons.tls import trusted
from deploy.local.stack import SERVICES
from tests.deployment import Deployment
from tests.fixtures import lasting
from tests.infrastructure import Shared
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module", params=SERVICES)
def name(request: pytest.FixtureRequest) -> str:
    """The service under test."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def deployment(infrastructure: Shared, name: str) -> Iterator[Deployment]:
    """A deployment in which only this service runs."""
    with lasting(infrastructure) as made:
        yield made


@pytest.fixture(scope="module")
async def made_topics(deployment: Deployment) -> None:
    """All topics of the deployment."""
    await deployment.make(*topics.ALL)


@pytest.fixture(scope="module")
async def http(deployment: Deployment, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key, to the service's HTTP role."""
    service = deployment.opened(built(name, deployment))
    async with (
        service.running(("http",)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=trusted(), timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


def built(name: str, deployment: Deployment) -> Service:
    """A service, not started."""
    settings = importlib.import_module(f"services.{name}.settings").Settings
    made: Service = importlib.import_module(f"services.{name}.main").build(settings(chassis=deployment.settings))
    return made
