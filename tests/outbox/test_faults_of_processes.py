"""What is left when a sender dies or stands still at any point: fault cases F30 and F35, with real signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.outbox import store
from services.outbox.domain.dispatch import Phase, State
from tests.outbox.office import SECRET, Office
from tests.outbox.sender_process import AFTER_THE_GATE, BEFORE_IT, BEFORE_THE_GATE
from tests.waiting import eventually

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(office: Office) -> AsyncIterator[Start]:
    """Starts a sender as a process; none outlives the test."""
    started: list[Process] = []

    async def one(*arguments: str) -> Process:
        started.append(await _start(office, *arguments))
        return started[-1]

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _start(office: Office, *arguments: str) -> Process:
    chassis = office.settings.chassis
    environment = {
        **os.environ,
        "SOUNDING_KAFKA": chassis.kafka,
        "SOUNDING_MONGODB": chassis.mongodb.get_secret_value(),
        "SOUNDING_DATABASE_PREFIX": chassis.database_prefix,
        "SOUNDING_HTTP_PORT": "0",
        "SOUNDING_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in chassis.signing_keys]),
        "SOUNDING_OUTBOX_SMTP_PORT": str(office.server.port),
        "SOUNDING_OUTBOX_ADDRESS_KEY": SECRET,
        "SOUNDING_OUTBOX_WORKERS": "1",
        "SOUNDING_OUTBOX_POLL_SECONDS": "0.05",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.outbox.sender_process", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _died(process: Process) -> None:
    assert await asyncio.wait_for(process.wait(), 40) == -signal.SIGKILL


async def _another_sender(office: Office) -> None:
    """What the next sender makes of it, once all claims, gates and waits are over."""
    await office.time_passes(claimed_until=timedelta(minutes=5), committed_at=timedelta(minutes=16))
    await office.database.collection(store.GATES).update_many({}, {"$set": {"inflight": None, "inflight_until": None}})
    await office.send_all()
    await office.give_up_unclear()
    await office.send_all()


@pytest.mark.parametrize("point", BEFORE_THE_GATE)
async def test_f30_killed_before_the_gate_it_is_sent_once_by_the_next(office: Office, start: Start, point: str) -> None:
    await _died(await start("--at", point))
    assert (office.server.mails, (await office.record()).phase) == ([], Phase.CLAIMED)

    await _another_sender(office)

    assert len(office.server.mails) == 1
    assert (await office.record()).state is State.SENT


@pytest.mark.parametrize("point", [*AFTER_THE_GATE, *BEFORE_IT])
async def test_f30_killed_after_the_gate_it_is_never_sent_again(office: Office, start: Start, point: str) -> None:
    await _died(await start("--at", point))
    arrived = point not in {"passed", "body"}
    if arrived:
        await eventually(lambda: office.server.mails)

    await _another_sender(office)

    assert len(office.server.mails) == arrived
    assert (await office.record()).state is (State.SENT if point == "stored" else State.UNKNOWN)


async def test_f30_a_sender_that_takes_what_a_dead_one_let_out_sends_twice(office: Office, start: Start) -> None:
    """The wrong variant: a lease that ran out is a lease, also after the gate."""
    await _died(await start("--at", "reply"))
    await eventually(lambda: office.server.mails)
    rows = office.database.collection(store.DISPATCHES)
    await rows.update_many({"phase": "committed"}, {"$set": {"phase": "claimed"}})

    await _another_sender(office)

    assert len(office.server.mails) == 2


def _standing(process: Process) -> bool:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("point", ["passed", "body"])
async def test_f35_stopped_between_gate_and_dot_it_sends_nothing_after_a_no(
    office: Office, http: httpx.AsyncClient, start: Start, point: str
) -> None:
    process = await start("--at", point, "--signal", "STOP")
    await eventually(lambda: _standing(process))

    assert (await http.post("/v1/customers/ada/unsubscribe", json={})).status_code == 200
    process.send_signal(signal.SIGCONT)

    async def put_back() -> bool:
        return (await office.record()).phase is Phase.QUEUED

    await eventually(put_back)
    await office.due_again()

    async def suppressed() -> bool:
        return (await office.record()).state is State.SUPPRESSED

    await eventually(suppressed)
    assert office.server.mails == []


async def test_f35_without_a_deadline_the_mail_arrives_after_the_no(
    office: Office, http: httpx.AsyncClient, start: Start
) -> None:
    """The wrong variant: the dot is written however long ago the gate was passed."""
    process = await start("--at", "passed", "--signal", "STOP", "--late")
    await eventually(lambda: _standing(process))

    assert (await http.post("/v1/customers/ada/unsubscribe", json={})).status_code == 200
    assert office.server.mails == []
    process.send_signal(signal.SIGCONT)

    await eventually(lambda: office.server.mails)


async def test_told_to_stop_it_finishes_the_mail_in_hand(office: Office, start: Start) -> None:
    from tests.outbox.mailserver import DOT

    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        reached.set()
        await go_on.wait()

    office.server.meanwhile[DOT] = slowly
    process = await start()
    await asyncio.wait_for(reached.wait(), 40)
    process.send_signal(signal.SIGTERM)
    go_on.set()

    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert (await office.record()).state is State.SENT
