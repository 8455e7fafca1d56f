"""`python -m tests.chaos --seconds 60 --seed N`: the whole house under load while parts of it are killed at random.

Afterwards an oracle compares everything stored, published and sent with what was said. It prints the seed, the
faults and the counts, and ends with 1 where anything differs. `--break` breaks a rule on purpose: it must end with 1.
With `--broker-away 300` the broker is away for so many seconds, and nothing else happens.
`python -m tests.chaos mail` is outbox alone, with a moody mail server; there `--wrong` breaks a rule.
"""

import argparse
import asyncio
import contextlib
import logging
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from confluent_kafka import Producer
from sounding_contracts import topics

from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from tests.chaos.away import AFTER_SECONDS, BEFORE_SECONDS, Away
from tests.chaos.load import Record, Said, address, answers, leaves, plan, refuses, tagging
from tests.chaos.mail import MailChaos
from tests.chaos.nursery import WRONG as WRONG_MAIL
from tests.chaos.oracle import Done, faults
from tests.chaos.world import World
from tests.chassis.toy_process import WRONG
from tests.deployment import Deployment

CUSTOMERS = 60
EVENTS_PER_SECOND = 50
LOAD_PATIENCE_SECONDS = 120.0
QUIET_SECONDS = 120.0
BROKEN_QUIET_SECONDS = 40.0


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Chaos:
    """One run."""

    def __init__(self, world: World, seed: int, seconds: float, away: Away | None = None) -> None:
        self._world, self._seed, self._seconds, self._away = world, seed, seconds, away
        self.done = Done()
        self.harms: Counter[str] = Counter()
        self.unfinished: list[str] = []
        self._began = time.monotonic()

    async def run(self) -> None:
        """Load and faults at once; then everything is brought up, and the load goes on to its end."""
        works = {"publishing": self._publish(), "editing": self._edit(), "reading mail": self._mails()}
        harm = self._away.pass_by() if self._away else self._harm()
        tasks = {asyncio.create_task(work, name=name) for name, work in {**works, "harming": harm}.items()}
        ended, left = await asyncio.wait(
            tasks, timeout=self._seconds + LOAD_PATIENCE_SECONDS, return_when=asyncio.FIRST_EXCEPTION
        )
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for task in ended:
            task.result()
        self.unfinished = sorted(task.get_name() for task in left)

    async def _publish(self) -> None:
        records = plan(self._seed, CUSTOMERS, int(self._seconds * EVENTS_PER_SECOND))
        for record in records:
            self._send(record)
            self._producer.poll(0)
            await asyncio.sleep(1 / EVENTS_PER_SECOND)
        await self._refuse()
        for said in tagging(CUSTOMERS):
            self._send(said)
        left = await asyncio.to_thread(self._producer.flush, 60)
        if left:
            raise RuntimeError(f"{left} records were never acknowledged")

    def _send(self, record: Record) -> None:
        self.done.records.append(record)
        key = record.key
        self._producer.produce(topics.INTEGRATIONS_CUSTOMERS.name, key=key, value=record.value)

    async def _refuse(self) -> None:
        """Some say no through the API before they could be surveyed."""
        for number in filter(refuses, range(CUSTOMERS)):
            id_ = await self._id(number)
            url = f"{self._world.url('outbox')}/v1/customers/{id_}/unsubscribe"
            await self._world.insist("POST", url, json={"note": "by telephone"})
            self.done.left.add(number)

    async def _id(self, number: int) -> str:
        url = f"{self._world.url('profile')}/v1/customers"
        while True:
            items = (await self._world.insist("GET", url, params={"email": address(number)})).json()["items"]
            if items:
                return str(items[0]["id"])
            await asyncio.sleep(0.2)

    async def _edit(self) -> None:
        """People edit at the console; each edit is repeated under its key until it is answered."""
        chance = random.Random(self._seed + 1)
        for turn in range(int(self._seconds)):
            number = chance.randrange(2, CUSTOMERS, 3)
            url = f"{self._world.url('profile')}/v1/customers/{await self._id(number)}"
            title = f"edit {turn}"
            await self._world.insist(
                "PATCH", url, json={"job_title": title}, headers={"Idempotency-Key": f"{self._seed}-{turn}"}
            )
            self.done.edits[number] = title
            self._did("edits")
            await asyncio.sleep(0.5)

    async def _mails(self) -> None:
        """People who get a survey answer it, or unsubscribe by its link, or do nothing."""
        handled: set[str] = set()
        deadline = self._began + self._seconds + 15
        while time.monotonic() < deadline:
            for whom in set(self._world.mailbox.first) - handled:
                handled.add(whom)
                await self._until_away()
                await self._react(int(whom[1:].split("@")[0]))
            await asyncio.sleep(0.2)

    async def _until_away(self) -> None:
        """Where the broker will be away, people wait with their answers for that."""
        if self._away and not self._away.back_at:
            await self._away.gone.wait()
            await asyncio.sleep(self._away.seconds / 2 / CUSTOMERS)

    def _did(self, what: str) -> None:
        if self._away:
            self._away.did(what)

    async def _react(self, number: int) -> None:
        body = self._world.mailbox.first[address(number)].get_body(("plain",))
        text = body.get_content() if body else ""
        if answers(number):
            await self._world.insist("POST", _link(text, "s"), data={"score": str(number % 11), "comment": "as it is"})
            self.done.answers[number] = number % 11
            self._did("answers")
        if leaves(number):
            await self._world.insist("POST", _link(text, "u"), data={"List-Unsubscribe": "One-Click"})
            self.done.left.add(number)
            self._did("unsubscribed")

    async def _harm(self) -> None:
        chance = random.Random(self._seed + 2)
        await asyncio.sleep(3)
        while time.monotonic() < self._began + self._seconds:
            name, harm = self._chosen(chance)
            say(f"{time.monotonic() - self._began:6.1f} s  {name}")
            self.harms[name.split(" ", 1)[0]] += 1
            await harm()
            await asyncio.sleep(chance.uniform(0.5, 3))

    def _chosen(self, chance: random.Random) -> tuple[str, Callable[[], Awaitable[None]]]:
        world, seconds = self._world, chance.uniform(0.5, 5)
        if world.broken:
            # Where a rule is broken, what it guards against happens all the time.
            broken = world.services[chance.choice(["profile", "profile's second"])]
            return f"kill-9 {broken.name}", lambda: _killed(broken)
        kind = chance.random()
        if kind < 0.12:
            return "kill-9 mongod", lambda: _again(world.mongod)
        if kind < 0.22:
            return "kill-9 broker", lambda: _again(world.kafka)
        if kind < 0.32:
            server = chance.choice([world.mongod, world.kafka])
            name = "mongod" if server is world.mongod else "broker"
            return f"pause {name} {seconds:.1f} s", lambda: _held_up(server, seconds)
        process = world.services[chance.choice(list(world.services))]
        if kind < 0.7:
            return f"kill-9 {process.name}", lambda: _killed(process)
        if kind < 0.85:
            return f"pause {process.name} {seconds:.1f} s", lambda: _held_up(process, seconds)
        return f"stop {process.name}", lambda: _stopped(process)

    @property
    def _producer(self) -> Producer:
        if not hasattr(self, "_made"):
            self._made = Producer(
                {
                    "bootstrap.servers": self._world.kafka.address,
                    "enable.idempotence": True,
                    "partitioner": "murmur2_random",
                    "linger.ms": 5,
                    "delivery.timeout.ms": 120_000 + int(self._away.seconds * 1000 if self._away else 0),
                    "log_level": 0,
                }
            )
        return self._made


def _link(text: str, kind: str) -> str:
    found = re.search(rf"http://\S+/{kind}/[^?\s]+", text)
    assert found is not None
    return found.group(0)


async def _again(server: object) -> None:
    kill, start, ready = (getattr(server, name) for name in ("kill", "start", "wait_ready"))
    await asyncio.to_thread(kill)
    await asyncio.to_thread(start)
    await asyncio.to_thread(ready)


async def _held_up(server: object, seconds: float) -> None:
    getattr(server, "pause")()  # noqa: B009 - of a service, a broker or a database alike
    try:
        await asyncio.sleep(seconds)
    finally:
        getattr(server, "resume")()  # noqa: B009


async def _killed(process: object) -> None:
    await asyncio.to_thread(getattr(process, "kill"))  # noqa: B009
    getattr(process, "start")()  # noqa: B009


async def _stopped(process: object) -> None:
    await asyncio.to_thread(getattr(process, "stop"))  # noqa: B009
    getattr(process, "start")()  # noqa: B009


async def _judged(world: World, done: Done, patience: float) -> list[str]:
    """What is wrong once the house is quiet: nothing, or what stays wrong until the end of patience."""
    deadline = time.monotonic() + patience
    wrong = ["nothing was looked at"]
    while wrong and time.monotonic() < deadline:
        for process in world.services.values():
            process.start()
        with contextlib.suppress(TimeoutError):
            wrong = await asyncio.wait_for(_look(world, done), 30)
        await asyncio.sleep(1)
    return wrong or await _look(world, done)


async def _look(world: World, done: Done) -> list[str]:
    return faults(done, await world.find(len(done.records)))


async def _run(seconds: float, seed: int, broken: str | None, folder: Path, away_seconds: float = 0) -> int:
    async with World(folder, broken) as world:
        say(f"seed {seed}, {seconds:.0f} s{f', broken: {broken}' if broken else ''}; logs in {folder}")
        await world.set_up()
        away = Away(world, away_seconds, say) if away_seconds else None
        chaos = Chaos(world, seed, seconds, away)
        await chaos.run()
        say("the load is over; waiting until all is quiet")
        began = time.monotonic()
        wrong = await _judged(world, chaos.done, BROKEN_QUIET_SECONDS if broken else QUIET_SECONDS)
        _report(world, chaos, time.monotonic() - (away.back_at if away else began))
        wrong += [f"{name} was not done in time" for name in chaos.unfinished] + (away.wrong if away else [])
    return _told(wrong, seed)


async def _run_mail(seconds: float, seed: int, wrong: str | None, folder: Path) -> int:
    kafka, mongod = Kafka(folder / "kafka"), Mongod(folder / "mongodb")
    try:
        for server in (kafka, mongod):
            await asyncio.to_thread(server.start)
        for server in (kafka, mongod):
            await asyncio.to_thread(server.wait_ready)
        say(f"mail: seed {seed}, {seconds:.0f} s{f', wrong: {wrong}' if wrong else ''}; logs in {folder}")
        chaos = MailChaos(Deployment(kafka.address, mongod.address, "", ""), folder, seed, seconds, wrong)
        found = await chaos.run()
        say(chaos.told())
        return _told(found, seed)
    finally:
        kafka.kill()
        mongod.kill()


def _told(wrong: list[str], seed: int) -> int:
    for line in wrong[:50]:
        say(f"WRONG  {line}")
    say(f"seed {seed}: {len(wrong)} differences" if wrong else f"seed {seed}: all is as it must be")
    return 1 if wrong else 0


def _report(world: World, chaos: Chaos, waited: float) -> None:
    done = chaos.done
    unique = {record.id for record in done.records if isinstance(record, Said)}
    say(
        f"{len(done.records)} records, {len(unique)} events among them; {sum(chaos.harms.values())} faults"
        f" ({', '.join(f'{count} {name}' for name, count in sorted(chaos.harms.items()))});"
        f" {len(world.mailbox.mails)} mails, {len(done.answers)} answers, {len(done.left)} unsubscribed,"
        f" {len(done.edits)} edited; quiet after {waited:.0f} s"
    )


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["house", "mail"], default="house")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--broker-away", type=float, default=0, metavar="SECONDS", help="instead of faults at random")
    parser.add_argument("--break", dest="broken", choices=list(WRONG), help="of the house")
    parser.add_argument("--wrong", choices=list(WRONG_MAIL), help="of mail")
    given = parser.parse_args()
    if (given.wrong and given.what != "mail") or (given.broken and given.what != "house"):
        parser.error("--break is for the house, --wrong for mail")
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="sounding-chaos-"))
    if given.what == "mail":
        code = asyncio.run(_run_mail(given.seconds, seed, given.wrong, folder))
    else:
        away = given.broker_away
        seconds = away + BEFORE_SECONDS + AFTER_SECONDS if away else given.seconds
        code = asyncio.run(_run(seconds, seed, given.broken, folder, away))
    if not code:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
