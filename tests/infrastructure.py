"""One Kafka and one MongoDB for a whole test run, started when the first test asks for them.

The process that runs pytest owns them; the workers of pytest-xdist ask it over a socket. So
tests of pure code start nothing, and nothing depends on which worker ends last.
"""

import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local import resolve

SOCKET_VARIABLE = "SOUNDING_TEST_INFRASTRUCTURE"
MEMORY, NEEDED_BYTES = Path("/dev/shm"), 6_000_000_000


@dataclass(frozen=True, slots=True)
class Shared:
    """The infrastructure that all tests of a run share. Nobody may harm it."""

    kafka: str
    mongodb: str
    how: str


class Host:
    """Answers where the infrastructure is; starts it at the first question."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sounding-tests-"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._lock, self._stack = threading.Lock(), contextlib.ExitStack()
        self._answer: dict[str, str] | None = None

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
        with self._lock:
            self._stack.close()
            self._answer = {"error": "The test run is over."}
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def started(self) -> str | None:
        """What was started, in words; None as long as nobody asked."""
        answer = self._answer or {}
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
            connection.sendall(json.dumps(self._ask()).encode())

    def _ask(self) -> dict[str, str]:
        with self._lock:
            if self._answer is None:
                try:
                    found = self._stack.enter_context(resolve.infrastructure(scratch=_memory()))
                    self._answer = asdict(Shared(found.kafka, found.mongodb, found.how))
                except Exception as error:  # noqa: BLE001 - each test that needs it shall fail with the reason
                    self._answer = {"error": f"{type(error).__name__}: {error}"}
            return self._answer


def _memory() -> Path | None:
    """A file system in memory with room: most of the time of a test is the making of its collections and indexes.

    What must outlive a power cut is proved on a Kafka and MongoDB of a test's own, on disk.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > NEEDED_BYTES else None


def shared() -> Shared:
    """Where the infrastructure of this run is; waits while it starts."""
    with socket.socket(socket.AF_UNIX) as question:
        question.connect(os.environ[SOCKET_VARIABLE])
        answer = json.loads(question.makefile().read() or '{"error": "The test run is over."}')
    if "error" in answer:
        raise RuntimeError(f"These tests need Kafka and MongoDB, and they could not be had. {answer['error']}")
    return Shared(**answer)
