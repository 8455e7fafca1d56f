"""`sounding version`."""

import platform
from importlib.metadata import version as installed

import typer

from sounding.deployment import JsonOption
from sounding.output import out, print_json


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(version)


def version(json: JsonOption = False) -> None:
    """Say which version this is."""
    found = {"sounding": installed("sounding"), "contracts": installed("sounding-contracts")}
    found["python"] = platform.python_version()
    if json:
        print_json(found)
    else:
        out.print(", ".join(f"{name} {number}" for name, number in found.items()))
