"""One Kafka and one MongoDB for a whole test run, and one house to look at, started when the first test asks for them.

The process that runs pytest owns them; the workers of pytest-xdist ask it over a socket. So
tests of pure code start nothing, and nothing depends on which worker ends last.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local import kafka, resolve

SOCKET_VARIABLE = "SOUNDING_TEST_INFRASTRUCTURE"
MEMORY, NEEDED_BYTES = Path("/dev/shm"), 6_000_000_000
ROOT = Path(__file__).parents[1]
HOUSE_VARIABLE = "SOUNDING_TEST_HOUSE"
"""A file with what `python -m tests.ui.house` printed: that house is looked at, and stays when the tests are over."""
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """The infrastructure that all tests of a run share. Nobody may harm it."""

    kafka: str
    mongodb: str
    how: str


class Host:
    """Answers where things are; starts each at the first question for it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sounding-tests-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._stack, self._answers = contextlib.ExitStack(), dict[str, Answer]()
        self._makers: dict[str, Callable[[], Answer]] = {"infrastructure": self._infrastructure, "house": self._house}
        self._locks = {name: threading.Lock() for name in self._makers}

    def open(self) -> None:
        """Take questions, from this process and from its workers."""
        self._listener.bind(str(self._folder / "socket"))
        self._listener.listen(64)
        os.environ[SOCKET_VARIABLE] = str(self._folder / "socket")
        threading.Thread(target=self._serve, name="test-infrastructure", daemon=True).start()

    def close(self) -> None:
        """Stop what was started."""
        os.environ.pop(SOCKET_VARIABLE, None)
        # Wakes the thread, which a plain close does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with contextlib.ExitStack() as held:
            for lock in self._locks.values():
                held.enter_context(lock)
            self._stack.close()
            self._answers = {name: {"error": "The test run is over."} for name in self._makers}
        shutil.rmtree(self._folder, ignore_errors=True)

    def prepare(self, wanted: str) -> None:
        """Start it now, for those who will ask later."""
        threading.Thread(target=self._ask, args=(wanted,), name=f"prepare-{wanted}", daemon=True).start()

    @property
    def started(self) -> str | None:
        """What was started, in words; None as long as nobody asked."""
        answer = self._answers.get("infrastructure", {})
        return f"{answer['how']} ({answer['kafka']}, {answer['mongodb']})" if "how" in answer else None

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._reply, args=(connection,), daemon=True).start()

    def _reply(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            wanted = connection.makefile().readline().strip()
            connection.sendall(json.dumps(self._ask(wanted)).encode())

    def _ask(self, wanted: str) -> Answer:
        with self._locks[wanted]:
            if wanted not in self._answers:
                try:
                    self._answers[wanted] = self._makers[wanted]()
                except Exception as error:  # noqa: BLE001 - each test that needs it shall fail with the reason
                    self._answers[wanted] = {"error": f"{type(error).__name__}: {error}"}
            return self._answers[wanted]

    def _infrastructure(self) -> Answer:
        if resolve.plan().kafka == "local processes":
            # Some forty brokers that tests may harm start after it.
            kafka.learn_to_start(lambda _: None)
        found = self._stack.enter_context(resolve.infrastructure(scratch=_memory()))
        return asdict(Shared(found.kafka, found.mongodb, found.how))

    def _house(self) -> Answer:
        """`tests.ui.house`, in a process that ends with this one."""
        if given := os.environ.get(HOUSE_VARIABLE):
            kept: Answer = json.loads(Path(given).read_text(encoding="utf-8"))
            return kept
        where = self._ask("infrastructure")
        if "error" in where:
            return where
        command = [
            sys.executable,
            "-m",
            "tests.ui.house",
            str(self._folder / "house"),
            where["kafka"],
            where["mongodb"],
        ]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.callback(_end, process)
        assert process.stdout is not None
        found: Answer = json.loads(process.stdout.readline() or '{"error": "It ended; what it said stands above."}')
        return found


def _end(process: "subprocess.Popen[str]") -> None:
    # It stops what it has started once its standard input ends.
    process.communicate(timeout=120)


def _memory() -> Path | None:
    """A file system in memory with room: most of the time of a test is the making of its collections and indexes.

    What must outlive a power cut is proved on a Kafka and MongoDB of a test's own, on disk.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > NEEDED_BYTES else None


def shared() -> Shared:
    """Where the infrastructure of this run is; waits while it starts."""
    return Shared(**_asked("infrastructure", "These tests need Kafka and MongoDB, and they could not be had."))


def house() -> Answer:
    """Where the one house of this run is that people look at; waits while it starts. See `tests/ui/house.py`."""
    return _asked("house", "These tests need a running house, and it could not be had.")


def _asked(wanted: str, otherwise: str) -> Answer:
    with socket.socket(socket.AF_UNIX) as question:
        question.connect(os.environ[SOCKET_VARIABLE])
        question.sendall(f"{wanted}\n".encode())
        answer: Answer = json.loads(question.makefile().read() or '{"error": "The test run is over."}')
    if "error" in answer:
        raise RuntimeError(f"{otherwise} {answer['error']}")
    return answer
