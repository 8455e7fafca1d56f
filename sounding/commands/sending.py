"""`sounding sending`: pause all mails, let them go on, see how it stands."""

from typing import Annotated, Any

import typer

from sounding.deployment import DataOption, JsonOption, call
from sounding.output import out, print_json

commands = typer.Typer(help="Pause all survey mails, and let them go on.", no_args_is_help=True)
NoteOption = Annotated[str | None, typer.Option("--note", help="Why; kept with who did it and when.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="sending")


@commands.command()
def status(data: DataOption = None, json: JsonOption = False) -> None:
    """Show whether mails go out, how many wait, and how many are unknown."""
    _show(call(data, "outbox", "GET", "/v1/sending"), json=json)


@commands.command()
def pause(note: NoteOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Let no more mails out, in any process."""
    _show(call(data, "outbox", "POST", "/v1/sending/pause", json={"note": note}), json=json)


@commands.command()
def resume(note: NoteOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Let mails out again."""
    _show(call(data, "outbox", "POST", "/v1/sending/resume", json={"note": note}), json=json)


def _show(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    since = f", the first since {found['oldest_due_at']}" if found["oldest_due_at"] else ""
    age = found["customers_age_seconds"]
    known = "never read in full" if age is None else f"{age:.0f} s old"
    held = f"held, since news of customers is {known}" if found["held"] else "on"
    why = found["history"][0]["note"] if found["paused"] else None
    paused = f"paused ({why})" if why else "paused"
    out.print(
        f"Sending is {paused if found['paused'] else held}. {found['due']} due{since}; {found['unknown']} unknown."
    )
