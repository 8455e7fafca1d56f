"""Free ports, and who holds a taken one."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
_LOWEST = 15_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of this machine now."""
    with socket.socket() as probe:
        # As servers do it: a port whose old connections linger is free all the same.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free port below the range the system hands to outgoing connections.

    A port of that range could be taken by any client in the moment between a kill and a restart.
    """
    highest = _first_outgoing_port() - 1
    for _ in range(200):
        port = random.randint(_LOWEST, highest)  # noqa: S311 - nothing secret about it
        if is_free(port):
            return port
    raise OSError(f"No free port found between {_LOWEST} and {highest}.")


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    try:
        socket.create_connection((HOST, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def holder(port: int) -> str | None:
    """Who listens on the port, as "name (process 123)"; None where that cannot be seen."""
    inode = _listening_inode(port)
    if inode is None:
        return None
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if link.readlink().name == f"socket:[{inode}]":
                return _name_of(link.parents[1])
        except OSError:
            continue
    return None


def _first_outgoing_port() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    except OSError:
        return 32_768
    first = int(text.split()[0])
    return first if first > _LOWEST + 1_000 else 32_768


def _listening_inode(port: int) -> str | None:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if int(columns[1].rsplit(":", 1)[1], 16) == port and columns[3] == "0A":
                return columns[9]
    return None


def _name_of(process: Path) -> str:
    name = (process / "comm").read_text(encoding="utf-8").strip()
    return f"{name} (process {process.name})"
