"""What is left when a process dies, is told to stop, or hangs: fault cases F10, F11 and F13, with real signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chassis.mongo import Transaction
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.toy import FACTS, add, fact, seen, toy
from tests.deployment import Deployment
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
VALUES = [0, 1, 2, 3, 4]


Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start(deployment: Deployment) -> AsyncIterator[Start]:
    """Starts the toy as a process; none outlives the test."""
    started: list[asyncio.subprocess.Process] = []

    async def one(*arguments: str, **more: str) -> asyncio.subprocess.Process:
        started.append(await _start(deployment, *arguments, **more))
        return started[-1]

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _start(deployment: Deployment, *arguments: str, **more: str) -> asyncio.subprocess.Process:
    settings = deployment.settings
    environment = {
        **os.environ,
        "SOUNDING_KAFKA": settings.kafka,
        "SOUNDING_MONGODB": settings.mongodb.get_secret_value(),
        "SOUNDING_TOPIC_PREFIX": settings.topic_prefix,
        "SOUNDING_DATABASE_PREFIX": settings.database_prefix,
        "SOUNDING_HTTP_PORT": "0",
        "SOUNDING_API_KEYS": json.dumps([]),
        "SOUNDING_SESSION_TIMEOUT_SECONDS": "6",
        **more,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chassis.toy_process",
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _publish(deployment: Deployment) -> None:
    await deployment.publish(FACTS, *(fact(f"e{value}", value) for value in VALUES))


async def _died(start: Start, *arguments: str) -> None:
    process = await start(*arguments)
    assert await asyncio.wait_for(process.wait(), 40) == -signal.SIGKILL


async def _after_a_good_process(deployment: Deployment, *, at_least: int) -> list[int]:
    """What is stored once a process without fault has read all there is."""
    await deployment.publish(FACTS, fact("last", 99))
    service = toy(deployment, FACTS, add)
    async with service.running(["streams"]):
        # The server ends the transaction of a killed process after its time limit; until then its rows are held.
        await eventually(lambda: _ends_with_the_last(service), within=60)
    values = await seen(service)
    assert len(values) > at_least
    return values[:-1]


async def _ends_with_the_last(service: Service) -> bool:
    return (await seen(service))[-1:] == [99]


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
async def test_f10_kill_9_before_or_after_the_commit_leaves_one_effect(
    deployment: Deployment, start: Start, moment: str
) -> None:
    await _publish(deployment)
    await _died(start, "--die", moment)

    assert await _after_a_good_process(deployment, at_least=1) == VALUES


async def test_f10_acknowledging_first_loses_what_was_in_hand(deployment: Deployment, start: Start) -> None:
    """The wrong variant: the offset goes before the effect."""
    await _publish(deployment)
    await _died(start, "--die", "before-commit", "--wrong", "ack-first")

    assert await _after_a_good_process(deployment, at_least=0) != VALUES


async def test_f10_without_the_inbox_the_effect_comes_twice(deployment: Deployment, start: Start) -> None:
    """The wrong variant: nothing remembers what was applied."""
    await _publish(deployment)
    await _died(start, "--die", "after-commit", "--wrong", "no-inbox")

    assert len(await _after_a_good_process(deployment, at_least=1)) > len(VALUES)


async def _began(service: Service) -> int:
    row = await service.database.collection("things").find_one({"_id": "began"})
    return row["times"] if row else 0


async def test_f11_a_batch_shorter_than_the_grace_is_finished_and_acknowledged(
    deployment: Deployment, start: Start
) -> None:
    await deployment.publish(FACTS, fact("e0", 0))
    looking = toy(deployment, FACTS, add)
    process = await start("--slow", "1.5", SOUNDING_GRACEFUL_SECONDS="10")
    await eventually(lambda: _began(looking))

    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await seen(looking) == [0]
    assert await _after_a_good_process(deployment, at_least=1) == [0]
    assert await _known_again(looking) == 0


async def _known_again(service: Service) -> int:
    """How many batches began a second time in a process: none where the offset was committed."""
    return await _began(service) - 1


async def test_f11_a_batch_longer_than_the_grace_is_left_to_the_next_process(
    deployment: Deployment, start: Start
) -> None:
    await _publish(deployment)
    looking = toy(deployment, FACTS, add)
    process = await start("--slow", "60", SOUNDING_GRACEFUL_SECONDS="0.5")
    await eventually(lambda: _began(looking))

    process.send_signal(signal.SIGTERM)

    await asyncio.wait_for(process.wait(), 30)
    assert await seen(looking) == []
    assert await _after_a_good_process(deployment, at_least=1) == VALUES


async def test_f13_a_batch_longer_than_the_poll_interval_has_one_effect_and_is_told_of(
    deployment: Deployment,
) -> None:
    slow_ones = [True]

    async def slow_once(events: Sequence[Event[Any]], tx: Transaction) -> None:
        await add(events, tx)
        if slow_ones:
            slow_ones.clear()
            await eventually(lambda: first.health_fault)

    first = _Watched(deployment, slow_once)
    await _publish(deployment)
    async with first.service.running(["streams"]):
        await eventually(lambda: not slow_ones)
        second = toy(deployment, FACTS, add)
        async with second.running(["streams"]):
            watching = asyncio.create_task(first.watch())
            assert await eventually(lambda: seen(second)) == VALUES
            await watching

    assert "has been at one batch" in first.health_fault


class _Watched:
    """A service whose polls must come every five seconds, with what its health says when they do not."""

    def __init__(self, deployment: Deployment, handler: Any) -> None:
        quick = deployment.settings.model_copy(update={"max_poll_interval_seconds": 5.0})
        other = Deployment.__new__(Deployment)
        other.settings, other.services = quick, deployment.services
        self.service = toy(other, FACTS, handler)
        self.health_fault = ""

    async def watch(self) -> None:
        """Until health takes it for dead."""
        faults = await eventually(self.service.health.dead)
        self.health_fault = "; ".join(faults.values())
