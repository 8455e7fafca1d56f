"""`sounding up`: everything on this machine."""

import sys
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from deploy.local import stack
from deploy.local.errors import InfrastructureError
from deploy.local.state import Run, data_folder, local_secrets
from deploy.local.up import Wanted
from deploy.local.up import up as bring_up
from sounding.commands.sign_in import first_link
from sounding.deployment import DataOption
from sounding.output import Failure, Progress, out, progress

PortBase = Annotated[
    int,
    typer.Option(
        "--port-base", envvar=stack.PORT_BASE_VARIABLE, min=1024, max=65000, help="All ports lie within 100 above it."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    data: DataOption = None,
    port_base: PortBase = stack.PORT_BASE,
    demo: Annotated[bool, typer.Option(help="Load the demo company, once.")] = True,
    full: Annotated[
        bool, typer.Option(envvar="SOUNDING_DEMO_FULL", help="Go on with 2,000 customers and a year of answers.")
    ] = True,
    web: Annotated[
        bool, typer.Option(envvar="SOUNDING_WEB", help="Build the web app where its sources changed.")
    ] = True,
) -> None:
    """Start Kafka, MongoDB, all services and a mailbox here; Ctrl-C stops them. The data stays."""
    from sounding.commands.demo import load  # noqa: PLC0415 - slow

    folder = data_folder(data)
    with progress() as shown:
        load_demo = (lambda run: load(run, folder, shown.doing)) if demo else None
        afterwards = [sys.executable, "-m", "sounding", "demo", "--full", "--data", str(folder)]
        wanted = Wanted(folder, stack.Ports(port_base), load_demo, web, afterwards if demo and full else ())
        try:
            bring_up(wanted, _View(shown, folder, _someone() if demo else None, more=demo and full))
        except InfrastructureError as error:
            raise Failure(str(error)) from error
        except OSError as error:
            raise Failure(f"The system refused: {error}") from error


def _someone() -> str:
    from sounding.commands.demo import a_customer  # noqa: PLC0415 - slow

    return a_customer()


class _View:
    def __init__(self, shown: Progress, folder: Path, someone: str | None, *, more: bool) -> None:
        self._more = more
        self.doing, self.say = shown.doing, shown.say
        self._done, self._folder, self._someone = shown.done, folder, someone
        self._began = time.monotonic()

    def ready(self, run: Run) -> None:
        self._done()
        key = local_secrets(self._folder).api_key
        places = {"the console, signed in": first_link(run, key), "mailbox (the surveys sent)": run.mailbox}
        if self._someone:
            query = f"customers?email={quote(self._someone, safe='@')}"
            places["a customer's profile"] = f"{run.mailbox}/{query}"
            places["the same as JSON"] = (
                f"curl -s -H 'Authorization: Bearer {key}' '{run.services['profile']}/v1/{query}'"
            )
        places |= {f"{name}, its API": f"{url}/docs" for name, url in run.services.items()}
        width = max(map(len, places))
        out.print(f"\nSounding is ready, after {time.monotonic() - self._began:.0f} s. {run.how}.\n")
        for name, place in places.items():
            out.print(f"  {name:<{width}}  {place}", markup=False)
        if self._more:
            out.print("\nA year of a company with 2,000 customers is coming in behind; watch it in the console.")
        out.print("\nThe link to the console works once; another one: [bold]sounding sign-in[/bold].")
        out.print(f"The APIs take the key {key} (in their docs: Authorize).")
        out.print("Ctrl-C stops everything; the data stays.\n")
