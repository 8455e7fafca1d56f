"""A house of each test's own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from sounding_contracts import topics

from deploy.local.ports import free_port
from services.feedback.main import build as build_feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.outbox.main import build as build_outbox
from services.outbox.settings import Settings as OutboxSettings
from services.profile.main import build as build_profile
from services.profile.settings import Settings as ProfileSettings
from services.scheduler.main import build as build_scheduler
from services.scheduler.settings import Settings as SchedulerSettings
from tests.deployment import KEY, Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.system.house import House, Mailbox


@pytest.fixture
async def house(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[House]:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    chassis = deployment.settings
    async with AsyncExitStack() as stack:
        owners = {
            "scheduler": build_scheduler(SchedulerSettings(chassis=chassis)),
            "outbox": build_outbox(OutboxSettings(chassis=chassis, smtp_port=port)),
            # Here people answer in the second in which they get a mail.
            "feedback": build_feedback(FeedbackSettings(chassis=chassis, suspect_within_seconds=0)),
        }
        clients = {name: await stack.enter_async_context(deployment.client(one)) for name, one in owners.items()}
        urls: dict[str, Any] = {f"{name}_url": str(client.base_url) for name, client in clients.items()}
        profile = deployment.client(build_profile(ProfileSettings(chassis=chassis, owners_key=SecretStr(KEY), **urls)))
        yield House(deployment, mailbox, await stack.enter_async_context(profile), **clients)
    controller.stop()
