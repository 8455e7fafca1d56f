"""`sounding`: one command line for running, feeding and mending a deployment."""

import importlib
import sys

import typer

from sounding.output import Failure, complain

# In the order in which `--help` shows them. Each module adds its commands to the app.
COMMANDS = (
    "up",
    "status",
    "sign_in",
    "run",
    "demo",
    "send_sync",
    "import_csv",
    "connect",
    "topics",
    "migrate",
    "dead_letters",
    "backup",
    "rebuild",
    "retell",
    "figures",
    "sending",
    "bounces",
    "keys",
    "simulate",
    "doctor",
    "clean",
    "version",
)

app = typer.Typer(
    name="sounding",
    help="Surveys on events: run Sounding, feed it, look after it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name in COMMANDS:
    importlib.import_module(f"sounding.commands.{name}").add_to(app)


def main() -> None:
    """Run a command; what went wrong is said in a sentence, not in a traceback."""
    try:
        app()
    except Failure as failure:
        complain(str(failure))
        sys.exit(failure.code)


if __name__ == "__main__":
    main()
