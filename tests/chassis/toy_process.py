"""The toy as a process of its own, which can be told how to die: `python -m tests.chassis.toy_process --die …`.

Its settings come from the environment, as any service's do.
"""

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Any

from faststream.kafka import KafkaMessage

from chassis import consumer as consumer_module
from chassis import kafka
from chassis import service as chassis
from chassis.mongo import Transaction
from chassis.service import Service, open_service_database
from chassis.settings import ChassisSettings, load
from chassis.streams import Event, Router
from tests.chassis.toy import FACTS, add


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _service(die: str | None, slow: float) -> Service:
    settings = load(ChassisSettings)
    database = open_service_database(settings, "toy")

    async def handle(events: Sequence[Event[Any]], tx: Transaction) -> None:
        await database.collection("things").update_one({"_id": "began"}, {"$inc": {"times": 1}}, upsert=True)
        await asyncio.sleep(slow)
        await add(events, tx)
        if die == "before-commit":
            _die()

    router = Router()
    router.reads(FACTS)(handle)
    return Service(name="toy", settings=settings, database=database, indexes={"things": ()}, streams=router)


def _die_after_commit() -> None:
    apply = consumer_module.Consumer._apply

    async def apply_and_die(self: consumer_module.Consumer, reads: Any) -> None:
        await apply(self, reads)
        _die()

    consumer_module.Consumer._apply = apply_and_die  # type: ignore[method-assign]


def _acknowledge_first() -> None:
    """The wrong variant: the offset is committed before the effect is stored."""
    handle = kafka.Subscriber._handle

    async def commit_and_handle(self: kafka.Subscriber, message: KafkaMessage) -> None:
        await message.ack()
        await handle(self, message)

    kafka.Subscriber._handle = commit_and_handle  # type: ignore[method-assign]


def _forget_everything() -> None:
    """The wrong variant: no inbox."""

    async def remember_nothing(*_: object) -> None:
        return

    consumer_module.FactInbox.remember = remember_nothing  # type: ignore[assignment, method-assign]


def _hang() -> None:
    """After the first batch no record is asked for any more, as aiokafka has been seen to do."""
    getmany = kafka.WatchedConsumer.getmany

    async def getmany_once(self: kafka.WatchedConsumer, *partitions: Any, **more: Any) -> Any:
        found = await getmany(self, *partitions, **more)
        kafka.WatchedConsumer.getmany = forever if found else getmany_once  # type: ignore[method-assign]
        return found

    async def forever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    kafka.WatchedConsumer.getmany = getmany_once  # type: ignore[method-assign]
    kafka.HUNG_AFTER_SECONDS, chassis.WATCH_SECONDS = 2.0, 0.2


WRONG = {"ack-first": _acknowledge_first, "no-inbox": _forget_everything}


def main() -> None:
    """Run until told to stop, or until dead."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--die", choices=["before-commit", "after-commit"])
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--wrong", choices=list(WRONG))
    parser.add_argument("--hang", action="store_true")
    arguments = parser.parse_args()
    if arguments.hang:
        _hang()
    if arguments.die == "after-commit":
        _die_after_commit()
    if arguments.wrong:
        WRONG[arguments.wrong]()
    chassis.run(lambda: _service(arguments.die, arguments.slow), ["streams"])


if __name__ == "__main__":
    main()
