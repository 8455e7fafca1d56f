"""`sounding topics`: make the topics, or compare them with what they should be."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from sounding.deployment import DataOption, JsonOption, settings
from sounding.output import Failure, out, print_json

commands = typer.Typer(help="Make the topics, or compare them with what they should be.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="topics")


@commands.command()
def create(
    replicas: Annotated[int, typer.Option(help="Copies of each; -1 leaves it to the cluster.")] = -1,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make the topics that are missing."""
    from sounding_contracts.topics import ALL  # noqa: PLC0415 - slow

    from chassis import topics  # noqa: PLC0415

    made = _or_failure(topics.create(settings(data), ALL, replicas=replicas))
    if json:
        print_json({"created": made})
    else:
        out.print("\n".join(f"made {name}" for name in made) or "All topics are there.")


@commands.command()
def check(data: DataOption = None, json: JsonOption = False) -> None:
    """Say what is wrong with the topics, and what helps; ends with 1 where something is."""
    from sounding.doctor.streams import look  # noqa: PLC0415 - slow

    wrong = [one for one in asyncio.run(look(settings(data))) if not one.well]
    if json:
        print_json({"faults": [f"{one.what}: {one.said}" for one in wrong]})
    else:
        said = [f"{one.what}: {one.said}\n  {one.do}" for one in wrong]
        out.print("\n".join(said) or "All topics are as they should be.", markup=False)
    if wrong:
        raise typer.Exit(1)


def _or_failure(work: Coroutine[Any, Any, list[str]]) -> list[str]:
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - slow

    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise Failure(f"Kafka refused: {error}") from error


@commands.command(name="acls")
def show_acls(
    user_prefix: Annotated[str, typer.Option(help="How users' names begin, before the service's.")] = "",
    topic_prefix: Annotated[str, typer.Option(help="As SOUNDING_TOPIC_PREFIX.", envvar="SOUNDING_TOPIC_PREFIX")] = "",
    json: JsonOption = False,
) -> None:
    """Show what each service's user must be allowed, as arguments of kafka-acls.sh; changes nothing."""
    from dataclasses import asdict  # noqa: PLC0415

    from sounding.acls import acls, command  # noqa: PLC0415 - slow

    found = acls(topic_prefix)
    if json:
        print_json([asdict(one) for one in found])
    else:
        out.print("\n".join(command(one, user_prefix) for one in found), markup=False)
