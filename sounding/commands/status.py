"""`sounding status`: what runs here, and where."""

from pathlib import Path

import typer

from deploy.local.state import Run, data_folder, local_secrets
from deploy.local.supervisor import is_ready
from sounding.deployment import DataOption, JsonOption, running_here
from sounding.output import Failure, out, print_json, print_table

_NOTHING: dict[str, object] = {
    "ready": False,
    "kafka": None,
    "mongodb": None,
    "mailbox": None,
    "services": {},
    "api_key": None,
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(data: DataOption = None, json: JsonOption = False) -> None:
    """Say whether Sounding runs here, and where its parts are. Ends with 1 where it is not ready."""
    run = running_here(data)
    if json:
        print_json(_shown(run, data_folder(data)) if run else _NOTHING)
    elif run is None:
        raise Failure(f"Sounding does not run from {data_folder(data)}. Start it with `sounding up`.")
    else:
        _print(run)
    if not run or not run.ready:
        raise typer.Exit(1)


def _shown(run: Run, folder: Path) -> dict[str, object]:
    return {
        "ready": run.ready,
        "kafka": run.kafka,
        "mongodb": run.mongodb,
        "mailbox": run.mailbox,
        "services": run.services,
        "api_key": local_secrets(folder).api_key,
    }


def _print(run: Run) -> None:
    out.print("Sounding is ready." if run.ready else "Sounding is starting.")
    rows = [("Kafka", run.kafka, ""), ("MongoDB", run.mongodb, "")]
    for name, url in {"mailbox": run.mailbox, **run.services}.items():
        rows.append((name, url, "ready" if is_ready(f"{url}/health/ready") else "not ready"))
    print_table(("part", "address", "state"), rows)
