"""People who answer: forms posted over connections that stay open, with as little work for the poster as can be."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


@dataclass
class Posted:
    """What came back: seconds for each answer that was taken, and how many were not."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def form(number: int) -> bytes:
    """A score, and of every other person a comment."""
    comment = f"Quick answers, every time: {number}" if number % 2 else ""
    return urlencode({"score": str(number % 11), "comment": comment}).encode()


async def post_all(url: str, tokens: Sequence[str], at_once: int) -> tuple[Posted, float]:
    """One form for each token, so many at once; and how many seconds it took."""
    posted, numbers = Posted(), iter(range(len(tokens)))
    began = time.perf_counter()
    await asyncio.gather(*(_respond(url, tokens, numbers, posted) for _ in range(at_once)))
    return posted, time.perf_counter() - began


async def _respond(url: str, tokens: Sequence[str], numbers: Iterator[int], posted: Posted) -> None:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    reader, writer = await asyncio.open_connection(host, port)
    for number in numbers:
        body = form(number)
        head = (
            f"POST /s/{tokens[number]} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Language: en\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        status = await _status(reader)
        if 200 <= status < 300:
            posted.seconds.append(time.perf_counter() - began)
        else:
            posted.refused += 1
    writer.close()
    await writer.wait_closed()


async def _status(reader: asyncio.StreamReader) -> int:
    """Of an answer that says how long it is, read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1])
