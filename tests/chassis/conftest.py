"""A deployment with the toy's topics."""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import structlog

from chassis import logs
from tests.chassis.toy import FACTS, STATE
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    yield made
    made.close()


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged() -> Iterator[Lines]:
    """Logs as a service writes them; call it for the lines so far."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure("toy", level="info")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
