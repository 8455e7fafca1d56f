"""`sounding bounces`: what mails say that came back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sounding.output import Failure

commands = typer.Typer(help="Read mails that came back.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="bounces")
    # A group with one command would otherwise become that command.
    commands.callback()(lambda: None)


@commands.command()
def classify(paths: Annotated[list[Path], typer.Argument(help="Mails, or folders of mails.")]) -> None:
    """Print a line of JSON for each mail: what it is, and what it says of each recipient."""
    for path in paths:
        if not path.exists():
            raise Failure(f"{path} is not there.", 2)
    for file in _files(paths):
        print(json.dumps({"file": str(file), **_classified(file)}, ensure_ascii=False), flush=True)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _classified(file: Path) -> dict[str, Any]:
    from services.outbox.domain.bounces import UnreadableError, classify  # noqa: PLC0415 - slow

    try:
        report = classify(file.read_bytes())
    except UnreadableError as error:
        return {"kind": "unreadable", "hard": False, "recipients": [], "error": str(error)}
    recipients = [
        {
            "address": one.address,
            "status": one.status,
            "reply_code": one.reply_code,
            "reason": str(one.reason),
            "hard": one.hard,
        }
        for one in report.findings
    ]
    return {"kind": str(report.kind), "hard": report.hard, "recipients": recipients}
