"""`sounding import`: customers from a CSV file."""

import csv
import io
import time
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from sounding.deployment import DataOption, JsonOption, call, download
from sounding.output import Failure, Progress, out, print_json, print_table, progress

_PART = 256 * 1024
_COUNTS = ("created", "changed", "unchanged", "refused", "doubled")
_NOTED = ("refused", "doubled")
_ENDED = {"done", "failed", "cancelled", "undone"}
_SHOWN = 10


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_csv)


def import_csv(  # noqa: PLR0913, PLR0917 - each is an option
    file: Annotated[Path | None, typer.Argument(help="A CSV file whose first row names the columns.")] = None,
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
    report: Annotated[
        Path | None, typer.Option(help="A folder for the refused and the doubled rows, as CSV with row and reason.")
    ] = None,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="Take this import back, instead.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import customers from a CSV file, by profile's API, or take an import back.

    FIELD is a customer's field, `tags`, `external_id` or `properties.NAME`. Ends with 1 where rows were refused:
    the first are shown, and `--report` writes all, to be put right and imported again.
    """
    if (file is None) is (undo is None):
        raise Failure("Give a file to import, or --undo and the id of an import.", 2)
    if file is None:
        _undo(str(undo), data, json=json)
        return
    plan = {"source": source, "empty": "clear" if clear else "leave", "add_tags": tag or [], "dry_run": dry_run}
    ended = _imported(file, column or [], plan, data)
    noted = {name: _noted(ended["id"], name, data) for name in _NOTED if ended[name]}
    if report:
        _write(report, noted)
    _tell(ended, noted.get("refused", b""), dry_run=dry_run, json=json)


def _tell(ended: dict[str, Any], refused: bytes, *, dry_run: bool, json: bool) -> None:
    if json:
        print_json(ended)
    else:
        print_table(_COUNTS, [[f"{ended[name]:,}" for name in _COUNTS]])
        out.print("Nothing was changed." if dry_run else f"Import {ended['id']}: {ended['state']}.")
        rows = csv.reader(io.StringIO(refused.decode("utf-8-sig"), newline=""))
        if shown := [(row[0], row[1]) for row in islice(rows, 1, 1 + _SHOWN)]:
            print_table(("row", "why it was refused"), shown)
    if ended["state"] != "done" or ended["refused"]:
        raise Failure(f"{ended['state']}: {ended['reason'] or 'rows were refused; --report FOLDER writes them.'}")


def _imported(file: Path, columns: list[str], plan: dict[str, Any], data: Path | None) -> dict[str, Any]:
    with progress() as shown:
        import_ = _uploaded(file, data, shown)
        start = {**plan, "columns": _columns(import_, columns)}
        call(data, "profile", "POST", f"/v1/imports/{import_['id']}/start", json=start)
        return _ended(import_["id"], data, shown)


def _undo(id_: str, data: Path | None, *, json: bool) -> None:
    with progress() as shown:
        call(data, "profile", "POST", f"/v1/imports/{id_}/undo")
        ended = _ended(id_, data, shown)
    if json:
        print_json(ended)
    if ended["state"] != "undone":
        raise Failure(f"{ended['state']}: {ended['reason']}")
    if not json:
        out.print(f"Import {ended['id']} is taken back.")


def _noted(id_: str, note: str, data: Path | None) -> bytes:
    return download(data, "profile", f"/v1/imports/{id_}/{note}")


def _write(folder: Path, noted: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in noted.items():
            (folder / f"{name}.csv").write_bytes(content)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error}") from error


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
