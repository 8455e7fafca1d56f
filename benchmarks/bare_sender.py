"""What sending is compared with: the same template rendered into ready bytes, sent by aiosmtplib, no record kept.

`python -m benchmarks.bare_sender PORT MAILS CONNECTIONS READY` prints seconds and CPU seconds; READY 1 renders only once,
which shows what the sink takes.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

from aiosmtplib import SMTP

from benchmarks.surveys import made, renderer
from chassis.clock import now
from services.outbox.adapters.render import Renderer


async def _send(port: int, numbers: Iterator[int], render: Renderer, *, ready: bool) -> None:
    first = render.mail(*made(0), now())[0]
    async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for number in numbers:
            mail = first if ready else render.mail(*made(number), now())[0]
            await client.sendmail(mail.return_path, mail.recipient, mail.data)


async def _run(port: int, mails: int, connections: int, *, ready: bool) -> None:
    numbers = iter(range(mails))
    render = renderer()
    render.mail(*made(0), now())  # The template is compiled once, before the clock runs.
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_send(port, numbers, render, ready=ready) for _ in range(connections)))
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    asyncio.run(_run(*map(int, sys.argv[1:4]), ready=sys.argv[4] == "1"))
