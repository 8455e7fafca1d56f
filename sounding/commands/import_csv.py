"""`sounding import`: customers from a CSV file."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sounding.deployment import DataOption, JsonOption, call
from sounding.output import Failure, Progress, out, print_json, print_table, progress

_PART = 256 * 1024
_COUNTS = ("created", "changed", "unchanged", "refused", "doubled")
_ENDED = {"done", "failed", "cancelled"}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_csv)


def import_csv(  # noqa: PLR0913, PLR0917 - each is an option
    file: Annotated[Path, typer.Argument(help="A CSV file whose first row names the columns.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", help="NAME=FIELD: what a column is, where its name does not say; NAME= passes it over."
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Whose ids the column external_id holds: an integration.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="An empty cell clears what is known.")] = False,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag for everybody in the file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of the rows.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import customers from a CSV file, by profile's API.

    FIELD is a customer's field, `tags`, `external_id` or `properties.NAME`. Ends with 1 where rows were refused;
    they can be fetched from `GET {profile}/v1/imports/{id}/refused`, to be put right and imported again.
    """
    with progress() as shown:
        import_ = _uploaded(file, data, shown)
        start = {
            "columns": _columns(import_, column or []),
            "source": source,
            "empty": "clear" if clear else "leave",
            "add_tags": tag or [],
            "dry_run": dry_run,
        }
        call(data, "profile", "POST", f"/v1/imports/{import_['id']}/start", json=start)
        ended = _ended(import_["id"], data, shown)
    _tell(ended, dry_run=dry_run, json=json)


def _tell(ended: dict[str, Any], *, dry_run: bool, json: bool) -> None:
    if json:
        print_json(ended)
    else:
        print_table(_COUNTS, [[f"{ended[name]:,}" for name in _COUNTS]])
        out.print("Nothing was changed." if dry_run else f"Import {ended['id']}: {ended['state']}.")
    if ended["state"] != "done" or ended["refused"]:
        reason = ended["reason"] or f"rows were refused: GET {{profile}}/v1/imports/{ended['id']}/refused tells why."
        raise Failure(f"{ended['state']}: {reason}")


def _uploaded(file: Path, data: Path | None, shown: Progress) -> dict[str, Any]:
    try:
        size = file.stat().st_size
        with file.open("rb") as content:
            import_: dict[str, Any] = call(data, "profile", "POST", "/v1/imports", json={"file_name": file.name[:200]})
            for number, part in enumerate(iter(lambda: content.read(_PART), b"")):
                path = f"/v1/imports/{import_['id']}/parts/{number}"
                import_ = call(data, "profile", "PUT", path, content=part)
                shown.doing(f"sending, {min((number + 1) * _PART, size):,} of {size:,} bytes")
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error}") from error
    if not import_["parts"]:
        raise Failure(f"{file} is empty.")
    return import_


def _columns(import_: dict[str, Any], given: list[str]) -> list[str | None]:
    named = dict(one.partition("=")[::2] for one in given)
    if unknown := set(named) - set(import_["header"]):
        raise Failure(f"There is no column {min(unknown)!r}. There are: {', '.join(import_['header'])}.", 2)
    pairs = zip(import_["header"], import_["suggested"], strict=True)
    return [(named[name] or None) if name in named else suggested for name, suggested in pairs]


def _ended(id_: str, data: Path | None, shown: Progress) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = call(data, "profile", "GET", f"/v1/imports/{id_}")
        shown.doing(f"importing, row {found['row']:,}")
        if found["state"] in _ENDED:
            return found
        time.sleep(0.2)
