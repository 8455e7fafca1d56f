"""A mail server that throws all away: `smtp-sink` of Postfix where it is found, else this one, as cheap as Python can be.

`python -m benchmarks.sink PORT` runs it. The environment variable `SOUNDING_SMTP_SINK` names a `smtp-sink` elsewhere.
With a file as well it writes down whom each mail was for, and when it had the whole of it.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path

ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
OK, TAKEN, END = b"250 2.0.0 ok\r\n", b"250 2.0.0 taken\r\n", b"\r\n.\r\n"


def command(port: int) -> tuple[str, list[str]]:
    """What it is, and how it is started."""
    found = os.environ.get("SOUNDING_SMTP_SINK") or shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        return "smtp-sink", [found, *as_nobody, f"127.0.0.1:{port}", "1000"]
    return "python sink", [sys.executable, "-m", "benchmarks.sink", str(port)]


class Notes:
    """A line for each mail; written in bulk, since the sink is not what is measured."""

    def __init__(self, path: str) -> None:
        self._path, self._lines = Path(path), list[str]()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end)
        self._write()

    def add(self, address: bytes) -> None:
        self._lines.append(f"{time.time():.3f} {address.decode()}\n")

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        with self._path.open("a", encoding="utf-8") as out:
            out.writelines(lines)
        asyncio.get_running_loop().call_later(0.2, self._write)

    def _end(self) -> None:
        self._write()
        sys.exit(0)


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, notes: Notes | None = None) -> None:
        self._notes, self._for = notes, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer, self._in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command; skip what is a mail."""
        self._buffer += data
        out: list[bytes] = []
        while self._step(out):
            pass
        if out:
            self._transport.write(b"".join(out))

    def _step(self, out: list[bytes]) -> bool:
        if self._in_data:
            end = self._buffer.find(END)
            if end < 0:
                return False
            self._buffer, self._in_data = self._buffer[end + len(END) :], False
            out.append(TAKEN)
            if self._notes is not None:
                self._notes.add(self._for)
            return True
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        out.append(ANSWERS.get(verb, OK))
        self._in_data = verb == b"DATA"
        if verb == b"RCPT":
            self._for = line.partition(b"<")[2].partition(b">")[0]
        if self._in_data:
            self._buffer = b"\r\n" + self._buffer
        return True


async def _serve(port: int, *paths: str) -> None:
    notes = Notes(paths[0]) if paths else None
    server = await asyncio.get_running_loop().create_server(lambda: Sink(notes), "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *sys.argv[2:]))
