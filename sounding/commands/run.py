"""`sounding run`: one service, or some of its roles, in the foreground."""

import importlib
from typing import Annotated

import typer

from deploy.local.stack import SERVICES
from sounding.output import Failure


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="http, streams, relay, jobs or jobs:NAME; may be repeated.")
    ] = None,
) -> None:
    """Run a service until SIGTERM or Ctrl-C, with settings from the environment."""
    from chassis import service as chassis  # noqa: PLC0415 - slow
    from chassis.settings import SettingsError, load  # noqa: PLC0415

    if service not in SERVICES:
        raise Failure(f"There is no service {service!r}. There are: {', '.join(SERVICES)}.", 2)
    unknown = [role for role in only or () if role.split(":")[0] not in chassis.ROLES]
    if unknown:
        raise Failure(f"There is no role {unknown[0]!r}. There are: {', '.join(chassis.ROLES)}.", 2)
    try:
        settings = load(importlib.import_module(f"services.{service}.settings").Settings)
    except SettingsError as error:
        raise Failure(f"The settings are not right:\n{error}", 2) from error
    build = importlib.import_module(f"services.{service}.main").build
    chassis.run(lambda: build(settings), only or ())
