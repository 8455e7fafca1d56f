"""A mail server that throws all away: `smtp-sink` of Postfix where it is found, else this one, as cheap as Python can be.

`python -m benchmarks.sink PORT` runs it. The environment variable `SOUNDING_SMTP_SINK` names a `smtp-sink` elsewhere.
"""

import asyncio
import os
import shutil
import sys

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


class Sink(asyncio.Protocol):
    """One connection."""

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
            return True
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        out.append(ANSWERS.get(verb, OK))
        self._in_data = verb == b"DATA"
        if self._in_data:
            self._buffer = b"\r\n" + self._buffer
        return True


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
