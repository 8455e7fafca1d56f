"""A whole deployment on this machine, from nothing to ready, and back."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from pydantic import SecretStr

from deploy.local import ports as machine
from deploy.local import resolve, stack, web
from deploy.local.errors import InfrastructureError, PortTakenError
from deploy.local.identity import end, identify
from deploy.local.process import Bond, Process
from deploy.local.resolve import Infrastructure
from deploy.local.stack import Ports
from deploy.local.state import Run, State, local_secrets, new_run
from deploy.local.supervisor import Program, Supervisor

NEEDED_BYTES = 1_000_000_000
_PATIENCE_WITH_PORTS = 5.0


class View(Protocol):
    """Shows a person how far it is."""

    def doing(self, what: str) -> None:
        """Say what goes on now."""

    def say(self, what: str) -> None:
        """Say something that stays."""

    def ready(self, run: Run) -> None:
        """Say where to go."""


class Interrupted(BaseException):
    """Somebody asked us to stop."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `sounding up` was asked for. `load_demo` is called once all is ready; `afterwards` runs beside the rest from then on."""

    folder: Path
    ports: Ports
    load_demo: Callable[[Run], None] | None
    build_web: bool = True
    afterwards: Sequence[str] = ()


def up(wanted: Wanted, view: View) -> None:
    """Start everything, keep it running until interrupted, stop all that was started."""
    state = State(wanted.folder)
    _refuse_full_disk(wanted.folder)
    with state.held(), contextlib.suppress(Interrupted), _interruptible(state, view):
        _end_leftovers(state, view)
        run = new_run()
        try:
            _run(wanted, state, run, view)
        finally:
            run.ready, run.processes = False, {}
            # On a full disk it stays as it was; what it names is gone, and known to be by when it was started.
            with contextlib.suppress(OSError):
                state.write(run)


def _run(wanted: Wanted, state: State, run: Run, view: View) -> None:
    where, bond = resolve.plan(), _bond(state, run)
    _refuse_taken_ports(_all_ports(wanted.ports, where))
    secrets = local_secrets(wanted.folder)
    with (
        web.building(wanted.folder / "logs", bond, wanted=wanted.build_web) as build,
        resolve.infrastructure(
            wanted.folder,
            kafka_port=wanted.ports.kafka,
            mongodb_port=wanted.ports.mongodb,
            report=view.doing,
            bond=bond,
        ) as found,
    ):
        _describe(run, found, wanted.ports)
        view.doing("making topics")
        _make_topics(found)
        supervisor = Supervisor(wanted.folder / "logs", bond, view.say)
        supervisor.watch_over("Kafka", found.broker)
        supervisor.watch_over("MongoDB", found.mongod)
        mails = wanted.folder / "mails"
        programs = stack.programs(wanted.ports, secrets, kafka=found.kafka, mongodb=found.mongodb, mails=mails)
        with supervisor.running(programs):
            supervisor.wait_ready(view.doing)
            web.finish(build, view.doing, view.say)
            _get_ready(wanted, state, run, view)
            with _beside(wanted, bond):
                supervisor.keep_running()


def _get_ready(wanted: Wanted, state: State, run: Run, view: View) -> None:
    if wanted.load_demo:
        view.doing("loading the demo company")
        wanted.load_demo(run)
    run.ready = True
    state.write(run)
    view.ready(run)


@contextlib.contextmanager
def _beside(wanted: Wanted, bond: Bond) -> Generator[None]:
    """Run what is to follow, until it or all else ends."""
    if not wanted.afterwards:
        yield
        return
    process = Process("demo company", wanted.afterwards, log=wanted.folder / "logs" / "demo.log", bond=bond)
    process.start()
    try:
        yield
    finally:
        process.stop()


def _describe(run: Run, found: Infrastructure, ports: Ports) -> None:
    run.kafka, run.mongodb, run.how = found.kafka, found.mongodb, found.how
    run.mailbox = stack.url(ports.mailbox)
    run.services = {name: stack.url(ports.service(name)) for name in stack.SERVICES}


def _bond(state: State, run: Run) -> Bond:
    def started(name: str, pid: int) -> None:
        # Written down at once: whatever happens next, a later run finds it.
        if one := identify(pid):
            run.processes[name] = one
            state.write(run)

    return Bond(signal.SIGTERM, started)


def _make_topics(found: Infrastructure) -> None:
    from sounding_contracts import topics as contracts  # noqa: PLC0415 - slow, and other commands do without

    from chassis import topics  # noqa: PLC0415
    from chassis.settings import ChassisSettings  # noqa: PLC0415

    settings = ChassisSettings(kafka=found.kafka, mongodb=SecretStr(found.mongodb))
    # A node of ours is alone; a given cluster knows best how many copies it keeps.
    replicas = -1 if resolve.plan().kafka == "environment" else 1
    asyncio.run(topics.create(settings, contracts.ALL, replicas=replicas))


def _refuse_full_disk(folder: Path) -> None:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < NEEDED_BYTES:
        raise InfrastructureError(
            f"Only {free / 1e6:,.0f} MB are free where the data would be ({folder}); "
            f"it needs {NEEDED_BYTES / 1e6:,.0f} MB. "
            "Make room, or give another place with --data."
        )


def _end_leftovers(state: State, view: View) -> None:
    if left := state.leftovers():
        view.doing(f"stopping what an earlier run left behind: {', '.join(left)}")
        # Kafka and MongoDB last, as on the way down: the services still finish what they have in hand.
        infrastructure = [one for name, one in left.items() if name in ("Kafka", "MongoDB")]
        end([one for one in left.values() if one not in infrastructure])
        end(infrastructure)


def _all_ports(ports: Ports, where: resolve.Plan) -> dict[str, int]:
    wanted = dict(ports.programs)
    if where.kafka != "environment":
        wanted["Kafka"] = ports.kafka
    if where.mongodb != "environment":
        wanted["MongoDB"] = ports.mongodb
    return wanted


def _refuse_taken_ports(wanted: dict[str, int]) -> None:
    deadline = time.monotonic() + _PATIENCE_WITH_PORTS
    # What was killed a moment ago may still be on its way out.
    while taken := {name: port for name, port in wanted.items() if not machine.is_free(port)}:
        if time.monotonic() > deadline:
            raise PortTakenError("\n".join(_taken(name, port) for name, port in taken.items()) + _WAY_OUT)
        time.sleep(0.1)


def _taken(name: str, port: int) -> str:
    return f"Port {port}, wanted for {name}, is taken by {machine.holder(port) or 'another program'}."


_WAY_OUT = (
    f"\nEnd that program, or take other ports: `make up PORT_BASE=9400`, `sounding up --port-base 9400` "
    f"or {stack.PORT_BASE_VARIABLE}=9400."
)


@contextlib.contextmanager
def _interruptible(state: State, view: View) -> Generator[None]:
    """Ctrl-C and the like stop in order; a second time, at once."""
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            _end_at_once(state)
        asked = True
        view.doing("stopping (once more to stop at once)")
        raise Interrupted

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _end_at_once(state: State) -> NoReturn:
    end(list(state.leftovers().values()), within=0)
    os._exit(130)


__all__ = ["Interrupted", "Program", "View", "Wanted", "up"]
