"""`sounding keys`: API keys."""

import secrets
from typing import Annotated

import typer

from sounding.deployment import JsonOption
from sounding.output import Failure, out, print_json

commands = typer.Typer(help="Make API keys.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="keys")
    # A group with one command would otherwise become that command.
    commands.callback()(lambda: None)


@commands.command()
def make(
    id_: Annotated[str, typer.Option("--id", help="Whose key it is, such as billing.")] = "",
    scope: Annotated[list[str] | None, typer.Option("--scope", help="Such as customers:read; may be repeated.")] = None,
    json: JsonOption = False,
) -> None:
    """Print a fresh API key, and what the services must be told of it."""
    from pydantic import ValidationError  # noqa: PLC0415 - slow

    from chassis.auth import make_key  # noqa: PLC0415

    try:
        key, stored = make_key(id_ or f"key-{secrets.token_hex(3)}", scope or ["*"])
    except ValidationError as error:
        raise Failure("An id has up to 40 lower-case letters, digits and hyphens.", 2) from error
    told = {"id": stored.id, "hash": stored.hash, "scopes": sorted(stored.scopes)}
    if json:
        print_json({"key": key, "stored": told})
        return
    out.print(f"The key, shown only now; give it to its user:\n  {key}\n")
    out.print("For the services, as one of the list in SOUNDING_API_KEYS:")
    print_json(told)
