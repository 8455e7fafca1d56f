"""A service as `build()` returns it, and how its roles are run and stopped."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field

import uvicorn
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI

from chassis import consumer, dead_letters, freshness, idempotency, logs, pending, relay, telemetry, topics
from chassis.consumer import Consumer
from chassis.dead_letters import Apply, DeadLetters
from chassis.health import Health
from chassis.held import held_router
from chassis.http import create_app
from chassis.kafka import Presence, Subscriber, open_broker, start_broker, stop_broker, wait_for_broker
from chassis.mongo import Database, IndexModel, open_database
from chassis.relay import Relay
from chassis.settings import ChassisSettings
from chassis.streams import Router, Subscription, Topic

log = logs.get_logger(__name__)

HUNG = 70
"""The exit code of a process that gave itself up."""
WATCH_SECONDS, FAULTS_IN_A_ROW = 5.0, 3
ROLES = ("http", "streams", "relay", "jobs")
GC_THRESHOLD = (50_000, 20, 50)
"""A batch makes some 100,000 objects and no cycles; Python's own 700 costs a seventh of the time."""
KEEP_ALIVE_SECONDS = 75
"""Longer than clients and proxies keep an idle connection: whoever closes first must not be us, or a request that
comes in the same moment is answered with a reset (uvicorn's own 5 seconds are those of httpx)."""
Job = Callable[[], Awaitable[None]]
"""A loop that runs until cancelled; a crash is logged and it is started again."""

CHASSIS_INDEXES: dict[str, Sequence[IndexModel]] = {
    pending.COLLECTION: (),
    relay.LEASES: (),
    consumer.INBOX: consumer.INDEXES,
    freshness.COLLECTION: (),
    dead_letters.COLLECTION: dead_letters.INDEXES,
    idempotency.COLLECTION: idempotency.INDEXES,
}


@dataclass(slots=True, kw_only=True)
class Service:
    """Every part of a service, made and joined, not started.

    `indexes` by collection name all collections; `publishes` are the topics it writes; `holds` names the
    collections with what is known of a subject, and the field that names it. Of the subscriptions
    in `dated`, by purpose, `freshness.age` says how old their news is. Its database is
    `open_service_database(settings, name)`.
    """

    name: str
    settings: ChassisSettings
    database: Database
    indexes: Mapping[str, Sequence[IndexModel]]
    streams: Router = field(default_factory=Router)
    dated: Sequence[str] = ()
    publishes: Sequence[Topic] = ()
    routes: Sequence[APIRouter] = ()
    holds: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    health: Health = field(default_factory=Health)

    def consumer(self, subscription: Subscription) -> Consumer:
        """What applies the records of a subscription."""
        foreign = subscription.topic.from_outside
        return Consumer(
            subscription,
            self.database,
            dead_letter_limit=self.settings.foreign_dead_letter_limit if foreign else self.settings.dead_letter_limit,
            patience_seconds=self.settings.max_poll_interval_seconds / 5,
        )

    def group(self, purpose: str) -> str:
        """The consumer group of a subscription."""
        return f"{self.settings.topic_prefix}{self.name}.{purpose}"

    def app(self) -> FastAPI:
        """Its HTTP app."""
        return create_app(
            self.name,
            settings=self.settings,
            database=self.database,
            health=self.health,
            dead_letters=DeadLetters(self.database, self._applier),
            routers=[*self.routes, held_router(self.holds)] if self.holds else self.routes,
        )

    def _applier(self, purpose: str) -> Apply | None:
        found = (one for one in self.streams.subscriptions if one.purpose == purpose)
        return next((self.consumer(one).apply_one for one in found), None)

    async def prepare(self) -> None:
        """Make collections and indexes."""
        await self.database.ensure_indexes({**CHASSIS_INDEXES, **self.indexes})

    @asynccontextmanager
    async def running(self, only: Sequence[str] = ()) -> AsyncIterator[int | None]:
        """Run its roles, or those named (`jobs:NAME` for one job), until the block ends; gives the HTTP port."""
        roles = set(only) or set(ROLES)
        self.health.ready["mongodb"] = self._mongodb
        self.health.excuse = Presence(self.settings).was_away
        await self.prepare()
        async with AsyncExitStack() as stack:
            if "relay" in roles:
                await self._start_relays(stack)
            for name, job in self.jobs.items():
                if roles & {"jobs", f"jobs:{name}"}:
                    stack.push_async_callback(_stop, asyncio.create_task(_keep_running(name, job), name=name))
            reads = "streams" in roles and bool(self.streams.subscriptions)
            if reads:
                # Before anyone can ask: it is not ready until it has joined.
                self.health.ready["streams"] = _joining
            port = await self._start_http(stack)
            if reads:
                await self._start_streams(stack)
            yield port

    async def _start_relays(self, stack: AsyncExitStack) -> None:
        relays = [Relay(self.database, self.settings, self.name, n) for n in range(self.settings.relay_shards)]
        wakes = [one.wake for one in relays]
        self.database.on_publish += wakes
        stack.callback(_forget, self.database, wakes)
        for one in relays:
            self.health.alive[f"relay {one.name}"] = one.hung
            stack.push_async_callback(_stop, asyncio.create_task(one.run(), name=one.name))
        stack.push_async_callback(_stop, asyncio.create_task(_every(5, lambda: relay.watch(self.database))))

    async def _start_streams(self, stack: AsyncExitStack) -> None:
        broker = open_broker(self.settings)
        subscribers = [
            Subscriber(broker, self.consumer(found), self.settings, self.group(found.purpose))
            for found in self.streams.subscriptions
        ]
        self.health.ready["topics"] = self._topics
        for one in subscribers:
            one.others = [other.consumer for other in subscribers if not other.consumer.subscription.gives_way]
            self.health.alive[f"consumer {one.group}"] = one.hung
            self.health.ready[f"stream {one.group}"] = one.halted
        await wait_for_broker(self.settings)
        await start_broker(broker)
        del self.health.ready["streams"]
        stack.push_async_callback(stop_broker, broker, self.settings.graceful_seconds + 5)
        stack.push_async_callback(_stop, asyncio.create_task(_every(5, lambda: _watch(subscribers))))
        for one in subscribers:
            if one.consumer.subscription.purpose in self.dated:
                noting = _every(freshness.NOTE_SECONDS, _noting(one, self.database))
                stack.push_async_callback(_stop, asyncio.create_task(noting))

    async def _start_http(self, stack: AsyncExitStack) -> int:
        """HTTP is served in every role: each process has its health and metrics."""
        app = self.app()
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
        config.timeout_graceful_shutdown = int(self.settings.graceful_seconds) or 1
        config.timeout_keep_alive = KEEP_ALIVE_SECONDS
        server = _Server(config)
        listener = socket.create_server(
            (self.settings.http_host, self.settings.http_port), backlog=1024, reuse_port=False
        )
        # asyncio does it only for sockets that name their protocol; without it each answer waits 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        stack.push_async_callback(_stop_server, server, task)
        # Answers without an end hear of it before the server waits for them.
        stack.callback(app.state.stopping.set)
        while not server.started and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        port: int = listener.getsockname()[1]
        return port

    async def _mongodb(self) -> str | None:
        await self.database.ping()
        return None

    async def _topics(self) -> str | None:
        """What is wrong with them. A broker that is away takes nothing from those who ask: they are answered meanwhile."""
        wanted = {one.name: one for one in (*(found.topic for found in self.streams.subscriptions), *self.publishes)}
        with suppress(KafkaError, TimeoutError):
            return "; ".join(await asyncio.wait_for(topics.faults(self.settings, wanted.values()), 2)) or None
        return None


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Nothing: signals are ours to handle."""
        return nullcontext()


def open_service_database(settings: ChassisSettings, name: str) -> Database:
    """The database of a service in this deployment."""
    return open_database(
        settings.mongodb.get_secret_value(),
        f"{settings.database_prefix}{name}",
        max_record_bytes=settings.max_record_bytes,
    )


def run(build: Callable[[], Service], only: Sequence[str] = ()) -> None:
    """Run a service until SIGTERM or SIGINT; ends in order, with what is in hand finished.

    Ends with `HUNG` where a part of it hangs for good, so that whatever keeps it running starts it anew.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    if asyncio.run(_run(build(), only)):
        sys.exit(HUNG)


async def _run(service: Service, only: Sequence[str]) -> bool:
    """Whether it ended because it hung."""
    logs.configure(service.name, level=service.settings.log_level, style=service.settings.log_format)
    telemetry.start_tracing(service.name, endpoint=service.settings.otlp_endpoint)
    stop, started = asyncio.Event(), asyncio.Event()
    _stop_on_signals(stop, started)
    hung = False
    try:
        async with service.running(only) as port:
            started.set()
            log.info("service.started", roles=list(only) or list(ROLES), port=port)
            hung = await _until(stop, service.health)
            if hung:
                _end_at_last(2 * service.settings.graceful_seconds)
            log.info("service.stopping")
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    service.database.close()
    log.info("service.stopped")
    return hung


def _stop_on_signals(stop: asyncio.Event, started: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and Ctrl-C; what has not started yet, since it waits for Kafka, is cut short."""
    main = asyncio.current_task()

    def asked() -> None:
        stop.set()
        if not started.is_set() and main is not None:
            main.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)


async def _joining() -> str | None:
    return "has not joined its consumer groups yet"


async def _until(stop: asyncio.Event, health: Health) -> bool:
    """Wait until told to stop (False), or until health has asked for a restart a few times in a row (True)."""
    in_a_row, faults = 0, {}
    while in_a_row < FAULTS_IN_A_ROW:
        try:
            await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        except TimeoutError:
            faults = await health.dead()
            in_a_row = in_a_row + 1 if faults else 0
        else:
            return False
    log.error("service.hung", faults=faults)
    return True


def _end_at_last(seconds: float) -> None:
    """End this process, whatever else it waits for: what hangs may not be stopped in order either."""
    timer = threading.Timer(seconds, os._exit, (HUNG,))
    timer.daemon = True
    timer.start()


async def _keep_running(name: str, job: Job) -> None:
    pause = 0.5
    while True:
        try:
            await job()
            return
        except Exception as error:
            telemetry.JOB_ERRORS.labels(name).inc()
            log.exception("job.failed", job=name, error=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 30)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - only metrics wait on it
            log.warning("watch.failed", error=type(error).__name__)
        await asyncio.sleep(seconds)


async def _watch(subscribers: Sequence[Subscriber]) -> None:
    for one in subscribers:
        one.watch()


def _noting(one: Subscriber, database: Database) -> Callable[[], Awaitable[None]]:
    notes = freshness.Notes(database, one.consumer.subscription.purpose)

    async def note() -> None:
        await one.note(notes, await database.now())

    return note


def _forget(database: Database, wakes: Sequence[Callable[[], None]]) -> None:
    for wake in wakes:
        database.on_publish.remove(wake)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _stop_server(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    server.should_exit = True
    await asyncio.gather(task, return_exceptions=True)
