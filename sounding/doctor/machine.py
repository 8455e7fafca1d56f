"""The machine that this runs on, and what `sounding up` would take there."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator

from deploy.local import docker, jars, kafka, mongodb, ports, resolve, stack
from deploy.local.errors import InfrastructureError
from deploy.local.state import State
from deploy.local.up import NEEDED_BYTES
from sounding.doctor.finding import Finding


def machine(state: State) -> Iterator[Finding]:
    """Python, Docker, room on the disk, leftovers."""
    well = sys.version_info >= (3, 11)
    yield Finding("Python", well, f"{platform.python_version()} on {platform.platform()}", "Take Python 3.11 or later.")
    yield Finding("Docker", True, "an engine answers" if docker.answers() else "no engine answers; not needed")
    place = next(one for one in (state.folder, *state.folder.parents) if one.exists())
    free = shutil.disk_usage(place).free
    yield Finding(
        "disk", free >= NEEDED_BYTES, f"{free / 1e9:.1f} GB free at {place}", "Make room, or take another --data."
    )
    left = state.leftovers() if not state.is_held else {}
    said = ", ".join(left) if left else "none"
    yield Finding("left behind by an earlier run", not left, said, "The next `sounding up` ends them.")


def sources() -> Iterator[Finding]:
    """Where Kafka and MongoDB would come from, and whether the ports are free."""
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
    wanted = stack.Ports(stack.given_base())
    taken = [port for port in (*wanted.programs.values(), wanted.kafka, wanted.mongodb) if not ports.is_free(port)]
    said = ", ".join(f"{port} is taken by {ports.holder(port) or 'another program'}" for port in taken)
    yield Finding("ports", not taken, said or f"free from {wanted.base} on", "End those, or take another --port-base.")


def _tried(what: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, find())
    except InfrastructureError as error:
        return Finding(what, False, str(error))
