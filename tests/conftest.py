"""What pytest is told about this project; the fixtures themselves are in fixtures.py."""

import gc
import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, settings

from chassis.service import GC_THRESHOLD
from deploy.local import resolve
from tests.fixtures import _few_partitions, infrastructure, own_broker, own_infrastructure, own_mongod, prefix
from tests.infrastructure import SOCKET_VARIABLE, Host

__all__ = ["_few_partitions", "infrastructure", "own_broker", "own_infrastructure", "own_mongod", "prefix"]

# How long an example takes on a shared machine says nothing of the code.
settings.register_profile("sounding", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sounding")

BRIEF_JAVA = "-XX:TieredStopAtLevel=1"
"""No broker of a test lives long enough to earn back what Java's second compiler takes: a third of all that brokers use."""

_host = pytest.StashKey[Host]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the infrastructure available, in the process that owns the run."""
    config.addinivalue_line("markers", "processes: services run as processes, with topics as `sounding` makes them")
    os.environ.setdefault("JDK_JAVA_OPTIONS", BRIEF_JAVA)
    if SOCKET_VARIABLE not in os.environ:
        config.stash[_host] = Host()
        config.stash[_host].open()
        config.pluginmanager.register(Ahead(config.stash[_host]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the infrastructure."""
    if _host in config.stash:
        config.stash[_host].close()


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: for a third of its time a test waits for brokers and databases."""
    return (os.cpu_count() or 1) * 3 // 2


class Ahead:
    """Starts the house before the first who looks at pages comes: a worker that waits for it does nothing else.

    Not at the beginning, since eight idle services take half a core from all tests before.
    """

    def __init__(self, host: Host) -> None:
        self._host, self._wanted = host, False

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Whether anybody will."""
        self._wanted = any(name.startswith("tests/ui/") for name in ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Ask for it a minute or two before: once the folder before the last two is begun."""
        if self._wanted and report.nodeid.startswith("tests/security/"):
            self._wanted = False
            self._host.prepare("house")


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end, three thousand tests among it, as services do (`chassis.service.run`)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


def pytest_report_header() -> str:
    """Say where Kafka and MongoDB will come from."""
    return f"infrastructure: {resolve.plan()}; started when a test asks for it"


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """Say where they did come from."""
    yield
    if _host in config.stash:
        used = config.stash[_host].started
        terminalreporter.write_line(f"infrastructure used: {used or 'none'}")
