"""`sounding retell`: tell a service's streams again from its database, after a topic was lost."""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.stack import SERVICES
from sounding.backup.places import back_from_beyond
from sounding.deployment import DataOption, JsonOption, settings
from sounding.output import Failure, Progress, out, print_json, print_table, progress, said_as_failure

if TYPE_CHECKING:
    from sounding_contracts.topics import Topic

    from chassis.mongo import Database
    from commons.retelling import Outcome, Source, Sources, Told

    Chosen = list[tuple[Topic, Sequence[Source]]]

_COLUMNS = ("topic", "told", "gone", "seconds")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retell)


def retell(
    service: Annotated[str, typer.Argument(help="Whose streams; its database must be whole.")],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="One alone; may be repeated. All streams of state by default.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run was stopped, not at the beginning.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell others again all that a service is, from its database: after a topic was lost, emptied or made anew.

    While the service runs, which publishes it. Every event has the number under which it was told last, so nobody who has
    it is disturbed. It may be killed and begun again.
    """
    if service not in SERVICES:
        raise Failure(f"There is no service {service!r}. There are: {', '.join(SERVICES)}.", 2)
    sources: Sources = getattr(importlib.import_module(f"services.{service}.main"), "RETOLD", {})
    chosen = _chosen(service, sources, topic or [])
    where = settings(data)
    with progress() as shown, said_as_failure(*_troubles())():
        report = asyncio.run(_run(service, where, chosen, shown, resume=resume))
    if json:
        print_json([asdict(outcome) | {"readers": readers} for outcome, readers in report])
    else:
        _show(report)


def _chosen(service: str, sources: "Sources", wanted: Sequence[str]) -> "Chosen":
    from sounding_contracts.topics import Kind  # noqa: PLC0415 - slow

    known = {one.name: (one, some) for one, some in sources.items()}
    if not known:
        raise Failure(f"{service} writes no stream of state: there is nothing to tell again.", 2)
    if unknown := [name for name in wanted if name not in known]:
        raise Failure(f"{service} cannot tell {unknown[0]!r} again. It can tell: {', '.join(known)}.", 2)
    return [known[name] for name in wanted] or [both for both in known.values() if both[0].kind is Kind.STATE]


def _troubles() -> list[type[Exception]]:
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - slow
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    from chassis.errors import Refusal  # noqa: PLC0415
    from chassis.relay import LeaseLostError  # noqa: PLC0415
    from commons.retelling import RetellError  # noqa: PLC0415

    return [KafkaError, PyMongoError, Refusal, LeaseLostError, RetellError]


async def _run(
    service: str, where: Any, chosen: "Chosen", shown: Progress, *, resume: bool
) -> "list[tuple[Outcome, dict[str, bool]]]":
    from chassis.service import open_service_database  # noqa: PLC0415 - slow
    from chassis.topics import faults  # noqa: PLC0415

    if wrong := await faults(where, [topic for topic, _ in chosen]):
        raise Failure("\n".join(wrong))
    database = open_service_database(where, service)
    try:
        return [await _tell(database, where, *one, shown, resume=resume) for one in chosen]
    finally:
        database.close()


async def _tell(
    database: "Database", where: Any, topic: "Topic", sources: "Sequence[Source]", shown: Progress, *, resume: bool
) -> "tuple[Outcome, dict[str, bool]]":
    from commons.retelling import Retelling  # noqa: PLC0415 - slow

    readers = await _set_back(where, topic, shown)
    once = Retelling(database, topic, sources, _teller(shown, topic.name))
    if (stopped := await once.stopped_at()) is not None and not resume:
        shown.say(f"{topic.name}: begun anew; a run that was stopped had told {stopped:,} (--resume goes on there)")
    return await once.run(resume=resume), readers


async def _set_back(where: Any, topic: "Topic", shown: Progress) -> dict[str, bool]:
    """A user that may not look at the groups of others can tell all the same."""
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - slow

    try:
        return await back_from_beyond(where, topic, tuple(f"{where.topic_prefix}{name}." for name in SERVICES))
    except KafkaError as error:
        shown.say(f"{topic.name}: where its readers stand could not be seen ({type(error).__name__})")
        return {}


def _teller(shown: Progress, name: str) -> "Told":
    def tell(step: str, done: int, total: int) -> None:
        shown.doing(f"{name}: {step}, {done:,} of {total:,}")

    return tell


def _show(report: "list[tuple[Outcome, dict[str, bool]]]") -> None:
    print_table(_COLUMNS, [[getattr(outcome, column) for column in _COLUMNS] for outcome, _ in report])
    for outcome, readers in report:
        for group, moved in readers.items():
            did = "reads it from the beginning" if moved else "reads, and goes back by itself"
            out.print(f"{group} stood behind the end of {outcome.topic}: {did}")
