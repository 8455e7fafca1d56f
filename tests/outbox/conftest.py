"""An outbox of each test's own: whole, with topics; or an office with nothing but a database and a mail server."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from sounding_contracts import topics

from chassis.mongo import Database
from chassis.service import CHASSIS_INDEXES, open_service_database
from services.outbox.main import build
from services.outbox.settings import Settings
from services.outbox.store.collections import INDEXES
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.outbox.mailserver import MailServer, mail_server
from tests.outbox.office import SECRET, Office


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def bare_deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    """Without topics: for what needs no stream."""
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


@pytest.fixture
def settings(bare_deployment: Deployment, server: MailServer) -> Settings:
    return Settings(
        chassis=bare_deployment.settings,
        smtp_port=server.port,
        command_seconds=1,
        reply_seconds=1,
        address_key=SecretStr(SECRET),
    )


@pytest.fixture
async def office(settings: Settings, server: MailServer) -> AsyncIterator[Office]:
    # Not a whole service: to make its routes takes longer than most of these tests.
    database = open_service_database(settings.chassis, "outbox")
    await database.ensure_indexes({**CHASSIS_INDEXES, **INDEXES})
    made = Office(database, server, settings)
    await made.open()
    yield made
    made.close()


@pytest.fixture
async def http(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the office's outbox, which serves HTTP and nothing else."""
    deployment = Deployment.__new__(Deployment)
    async with deployment.client(build(office.settings), "http") as client:
        yield client


@pytest.fixture
async def deployment(bare_deployment: Deployment) -> Deployment:
    await bare_deployment.make(*topics.ALL)
    return bare_deployment


@pytest.fixture
async def outbox(deployment: Deployment, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an outbox with all its roles."""
    async with deployment.client(build(settings)) as client:
        yield client


@pytest.fixture
async def database(deployment: Deployment) -> AsyncIterator[Database]:
    """Outbox's database, to look into."""
    opened = open_service_database(deployment.settings, "outbox")
    yield opened
    opened.close()
