"""`sounding up`: everything on this machine."""

from typing import Annotated
from urllib.parse import quote

import typer

from deploy.local import stack
from deploy.local.errors import InfrastructureError
from deploy.local.state import Run, data_folder
from deploy.local.up import Wanted
from deploy.local.up import up as bring_up
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
) -> None:
    """Start Kafka, MongoDB, all services and a mailbox here; Ctrl-C stops them. The data stays."""
    from sounding.commands.demo import load  # noqa: PLC0415 - slow

    folder = data_folder(data)
    with progress() as shown:
        wanted = Wanted(folder, stack.Ports(port_base), (lambda run: load(run, folder, shown.doing)) if demo else None)
        try:
            bring_up(wanted, _View(shown, _someone() if demo else None))
        except InfrastructureError as error:
            raise Failure(str(error)) from error
        except OSError as error:
            raise Failure(f"The system refused: {error}") from error


def _someone() -> str:
    from sounding.commands.demo import a_customer  # noqa: PLC0415 - slow

    return a_customer()


class _View:
    def __init__(self, shown: Progress, someone: str | None) -> None:
        self.doing, self.say = shown.doing, shown.say
        self._done, self._someone = shown.done, someone

    def ready(self, run: Run) -> None:
        self._done()
        places = {"mailbox (the surveys sent)": run.mailbox}
        if self._someone:
            places["a customer's profile"] = f"{run.mailbox}/customers?email={quote(self._someone, safe='@')}"
        places |= {f"{name}, its API": f"{url}/docs" for name, url in run.services.items()}
        width = max(map(len, places))
        out.print(f"\nSounding is ready. {run.how}.\n")
        for name, url in places.items():
            out.print(f"  {name:<{width}}  {url}")
        out.print("\nThe API key: `sounding status --json`. Ctrl-C stops everything; the data stays.\n")
