"""`sounding up` as a newcomer meets it: taken ports, Ctrl-C, a power cut, a second start, cleaning up."""

import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from tests.house import House, free_base
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(500)
"""Four starts and three ends of eight programs, beside all other tests."""
SECONDS = 120
"""What a second start may take where all tests run at once; alone it takes some ten."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path / "data", free_base())
    yield made
    await made.stop(signal.SIGTERM)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def _knows_ada(house: House, tmp_path: Path) -> None:
    await house.ready()
    lines = tmp_path / "customers.ndjson"
    lines.write_text('{"external_id": "c-1", "email": "ada@example.com", "first_name": "Ada"}\n')
    code, _, complaint = await house.run("send-sync", "--file", str(lines))
    assert code == 0, complaint


async def _still_knows_ada(house: House) -> None:
    status = await house.ready()
    found = await eventually(lambda: house.customer(status, "ada@example.com"))
    assert found["first_name"] == "Ada"


async def test_what_ends_it_loses_nothing_and_leaves_nothing_running(
    house: House, tmp_path: Path, own_broker: Kafka, own_mongod: Mongod
) -> None:
    """A power cut, a start that is killed half way, Ctrl-C: one story, since each of its starts is of eight programs."""
    strangers = own_broker.pid, own_mongod.pid
    await house.start("--no-demo")
    await _knows_ada(house, tmp_path)
    await house.kill_everything()
    left = await _killed_half_way(house)
    await house.start("--no-demo")
    await _still_knows_ada(house)
    assert [pid for pid in left if _alive(pid)] == []
    await _a_second_one_is_refused(house, House(tmp_path / "other" / "data", house.base))

    await _ctrl_c_ends_all_of_it(house)
    began = time.monotonic()
    await house.start("--no-demo")
    await _still_knows_ada(house)
    assert time.monotonic() - began < SECONDS
    refused = await house.run("clean", "--yes")
    assert (refused[0], "already runs" in refused[2]) == (1, True)
    await _ctrl_c_ends_all_of_it(house)
    assert [pid for pid in strangers if not _alive(pid)] == []
    assert (await house.run("clean", "--yes"))[0] == 0
    assert not house.folder.exists()


async def _killed_half_way(house: House) -> set[int]:
    """A start of which only its first process is killed; those that it had started by then."""
    before = set(house.pids())
    await house.start("--no-demo")
    first = await eventually(lambda: _several(set(house.pids()) - before), within=60)
    assert house.process is not None
    house.process.kill()
    await house.process.wait()
    return first


def _several(pids: set[int]) -> set[int]:
    return pids if len(pids) > 1 else set()


async def _ctrl_c_ends_all_of_it(house: House) -> None:
    pids = house.pids()
    assert len(pids) == 8
    assert all(os.getpgid(pid) == pid for pid in pids)
    assert await house.ctrl_c() == 0
    assert [pid for pid in pids if _alive(pid)] == []


async def _a_second_one_is_refused(house: House, stranger: House) -> None:
    """From the same folder, and from another on the same ports; the first one runs on."""
    code, _, complaint = await house.run("up", "--port-base", str(house.base))
    assert code == 1
    assert "already" in complaint
    stranger.folder.parent.mkdir()
    code, _, complaint = await stranger.run("up", "--port-base", str(house.base))
    assert code == 1
    assert f"Port {house.base + 1}" in complaint
    assert (await house.ready())["ready"]


async def test_a_taken_port_is_named_with_the_way_out(house: House) -> None:
    with socket.create_server(("127.0.0.1", house.base + 2)):
        code, _, complaint = await house.run("up", "--port-base", str(house.base))

    assert code == 1
    assert f"Port {house.base + 2}, wanted for scheduler, is taken" in complaint
    assert "make up PORT_BASE=9400" in complaint
