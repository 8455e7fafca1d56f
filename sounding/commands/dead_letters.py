"""`sounding dead-letters`: records that could not be applied, looked at and dealt with."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from sounding.deployment import DataOption, JsonOption, call
from sounding.output import Failure, out, print_json, print_table, progress

commands = typer.Typer(help="Records that could not be applied: look, replay, discard.", no_args_is_help=True)

ServiceOption = Annotated[str, typer.Option("--service", help="Whose dead letters, such as profile.")]
IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids as `list` shows them.")]
AllOption = Annotated[bool, typer.Option("--all", help="All open ones.")]

_PATH = "/v1/dead-letters"
_COLUMNS = ("id", "code", "reason", "first_seen_at", "state")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="dead-letters")


@commands.command("list")
def list_(
    service: ServiceOption,
    state: Annotated[str, typer.Option(help="open, replayed, discarded or all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List them, by place."""
    page = call(data, service, "GET", _PATH, params=_without_none(state=state, limit=limit, after=after))
    if json:
        print_json(page)
        return
    rows = [[row.get(column) for column in _COLUMNS] for row in page["items"]]
    print_table([column.replace("_", " ") for column in _COLUMNS], rows)
    if not page["items"]:
        out.print("None.")
    if page.get("next"):
        out.print(f"There are more: --after {page['next']}")


@commands.command()
def show(service: ServiceOption, id_: Annotated[str, typer.Argument(metavar="ID")], data: DataOption = None) -> None:
    """Show one, with its bytes."""
    print_json(call(data, service, "GET", _one(id_)))


@commands.command()
def replay(service: ServiceOption, ids: IdsArgument = None, all_: AllOption = False, data: DataOption = None) -> None:
    """Apply them again, now. What is still refused stays open, and is said."""
    _each(service, ids, all_, data, "replay", "replayed")


@commands.command()
def discard(service: ServiceOption, ids: IdsArgument = None, all_: AllOption = False, data: DataOption = None) -> None:
    """Close them for good; the bytes stay readable."""
    _each(service, ids, all_, data, "discard", "discarded")


def _each(service: str, ids: list[str] | None, all_: bool, data: Any, verb: str, done: str) -> None:
    if bool(ids) == all_:
        raise Failure("Give ids, or --all.", 2)
    refused: list[Failure] = []
    chosen = ids or _open(service, data)
    with progress() as shown:
        for number, id_ in enumerate(chosen, 1):
            shown.doing(f"{verb} {number} of {len(chosen)}")
            try:
                call(data, service, "POST", f"{_one(id_)}/{verb}")
            except Failure as failure:
                refused.append(failure)
                shown.say(f"{id_}: {failure}")
    out.print(f"{len(chosen) - len(refused)} {done}, {len(refused)} not.")
    if refused:
        raise typer.Exit(1)


def _open(service: str, data: Any) -> list[str]:
    # All ids first: what is dealt with leaves the list that is being paged through.
    ids: list[str] = []
    after: str | None = None
    while True:
        page = call(data, service, "GET", _PATH, params=_without_none(state="open", limit=1000, after=after))
        ids += [row["id"] for row in page["items"]]
        after = page.get("next")
        if not after:
            return ids


def _one(id_: str) -> str:
    return f"{_PATH}/{quote(id_, safe='')}"


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
