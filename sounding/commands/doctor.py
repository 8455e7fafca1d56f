"""`sounding doctor`: what could be wrong on this machine, and what helps."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import typer

from deploy.local import docker, jars, kafka, mongodb, ports, resolve, stack
from deploy.local.errors import InfrastructureError
from deploy.local.state import Run, State, data_folder
from deploy.local.supervisor import faults, is_ready
from deploy.local.up import NEEDED_BYTES
from sounding.deployment import DataOption, JsonOption, running_here
from sounding.output import out, print_json


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    said: str


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(data: DataOption = None, json: JsonOption = False) -> None:
    """Look for what could be wrong here: the machine, Kafka, MongoDB, the services. Ends with 1 where something is."""
    folder = data_folder(data)
    run = running_here(data)
    looks: list[Callable[[], Iterator[Finding]]] = [_machine, lambda: _disk(State(folder))]
    looks += [lambda: _running(run)] if run else [_sources, _ports]
    findings = [finding for look in looks for finding in look()]
    if json:
        print_json({"well": all(one.well for one in findings), "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            out.print(f"{'ok   ' if one.well else 'WRONG'}  {one.what}: {one.said}", markup=False)
    if not all(one.well for one in findings):
        raise typer.Exit(1)


def _machine() -> Iterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    yield Finding("Docker", True, "an engine answers" if docker.answers() else "no engine answers; not needed")


def _disk(state: State) -> Iterator[Finding]:
    place = next(one for one in (state.folder, *state.folder.parents) if one.exists())
    free = shutil.disk_usage(place).free
    yield Finding("disk", free >= NEEDED_BYTES, f"{free / 1e9:.1f} GB free at {place}")
    left = state.leftovers() if not state.is_held else {}
    said = f"{', '.join(left)}; the next `sounding up` ends them" if left else "none"
    yield Finding("left behind by an earlier run", not left, said)


def _sources() -> Iterator[Finding]:
    try:
        where = resolve.plan()
    except InfrastructureError as error:
        yield Finding("infrastructure", False, str(error))
        return
    yield Finding("infrastructure", True, str(where))
    if where.kafka == "local processes":
        yield _tried("Java for Kafka", kafka.java)
        there = jars.cached(kafka.COORDINATES)
        yield Finding("Kafka's libraries", True, "fetched" if there else "to be fetched at the first start (45 MB)")
    if where.mongodb == "local processes":
        yield _tried("MongoDB server", mongodb.find_mongod)


def _ports() -> Iterator[Finding]:
    wanted = stack.Ports(stack.given_base())
    taken = [port for port in (*wanted.programs.values(), wanted.kafka, wanted.mongodb) if not ports.is_free(port)]
    said = ", ".join(f"{port} is taken by {ports.holder(port) or 'another program'}" for port in taken)
    yield Finding("ports", not taken, said or f"free from {wanted.base} on")


def _running(run: Run) -> Iterator[Finding]:
    yield Finding("Kafka", kafka.serves(run.kafka), run.kafka)
    yield Finding("MongoDB", mongodb.serves(run.mongodb), run.mongodb)
    for name, url in {"mailbox": run.mailbox, **run.services}.items():
        well = is_ready(f"{url}/health/ready")
        yield Finding(name, well, url if well else f"{url}: {faults(f'{url}/health/ready')}")


def _tried(what: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, find())
    except InfrastructureError as error:
        return Finding(what, False, str(error))
