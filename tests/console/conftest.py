"""A console with a profile and a feedback behind it, once for each file; people sign in through its API."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from sounding_contracts import topics

from commons.tls import trusted
from services.console.main import build
from services.console.settings import Settings
from services.profile.main import build as build_profile
from services.profile.settings import Settings as ProfileSettings
from tests.console.house import QUICK, House
from tests.deployment import KEY, Deployment
from tests.fixtures import _drop_databases
from tests.infrastructure import Shared
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def deployment(infrastructure: Shared) -> Iterator[Deployment]:
    """Names of its own for the services of this file."""
    prefix = f"t{secrets.token_hex(5)}"
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, f"{prefix}-", f"{prefix}_")
    yield made
    made.close()
    _drop_databases(infrastructure.mongodb, f"{prefix}_")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the built web app would be."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(scope="module")
async def house(deployment: Deployment, static: Path) -> AsyncIterator[House]:
    """The console and profile, with all their roles."""
    await deployment.make(*topics.ALL)
    async with AsyncExitStack() as stack:
        profile = deployment.opened(build_profile(ProfileSettings(chassis=deployment.settings)))
        profile_url = f"http://127.0.0.1:{await stack.enter_async_context(profile.running())}"
        settings = Settings(
            chassis=deployment.settings,
            profile_url=profile_url,
            feedback_url="http://127.0.0.1:9",
            static=static,
            heartbeat_seconds=0.3,
            live_poll_seconds=0.02,
        )
        console = deployment.opened(build(settings, QUICK))
        url = f"http://127.0.0.1:{await stack.enter_async_context(console.running())}"
        operator = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {KEY}"}, verify=trusted(), timeout=PATIENCE_SECONDS
        )
        made = House(deployment, console, settings, url, profile_url, await stack.enter_async_context(operator))
        stack.push_async_callback(made.close)
        yield made
