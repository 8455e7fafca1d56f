"""`sounding clean`: remove the local deployment's data."""

import shutil
from typing import Annotated

import typer

from deploy.local import docker
from deploy.local.errors import InfrastructureError
from deploy.local.identity import end
from deploy.local.state import State, data_folder
from sounding.deployment import DataOption
from sounding.output import Failure, out


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clean)


def clean(data: DataOption = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove all data of the local deployment: customers, answers, mail, keys. Refuses while it runs."""
    folder = data_folder(data)
    state = State(folder)
    if not folder.exists():
        out.print("There is no data to remove.")
        return
    if not (folder / "lock").exists():
        raise Failure(f"{folder} is not a data folder of Sounding; nothing was removed.")
    if not yes and not typer.confirm(f"Remove all data in {folder}?"):
        raise typer.Exit(1)
    try:
        with state.held():
            end(list(state.leftovers().values()))
            docker.remove_volumes(folder)
            shutil.rmtree(folder)
    except InfrastructureError as error:
        raise Failure(str(error)) from error
    out.print(f"Removed {folder}.")
