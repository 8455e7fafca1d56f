"""`sounding sending`: pause all mails, let them go on, see how it stands, reconcile after a restore."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sounding.commands.rebuild import own_settings
from sounding.deployment import DataOption, JsonOption, call
from sounding.output import Failure, Progress, out, print_json, print_table, progress

if TYPE_CHECKING:
    from services.outbox.settings import Settings

commands = typer.Typer(help="Pause all survey mails, and let them go on.", no_args_is_help=True)
_UNKNOWN = ("id", "customer_id", "campaign_name", "sent_at", "state_reason")
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


@commands.command("open")
def open_destination(
    destination: Annotated[str, typer.Argument(help="As `status` shows it.")],
    note: NoteOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let mails go again to a destination that had refused too many by policy."""
    body = {"destination": destination, "note": note}
    _show(call(data, "outbox", "POST", "/v1/sending/open", json=body), json=json)


@commands.command()
def reconcile(
    lost_at: Annotated[
        datetime | None,
        typer.Option("--lost-at", help="When the old database was lost (UTC); now, where you do not know."),
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """After a restore: bring outbox's database up to what was sent, and let mails out again.

    What was due when the database was lost, and of which nobody knows whether it went out, becomes `unknown`.
    """
    at = lost_at.replace(tzinfo=UTC) if lost_at is not None and lost_at.tzinfo is None else lost_at
    with progress() as shown:
        report = asyncio.run(_reconcile(own_settings("outbox", data), at, shown))
    if json:
        print_json(report)
    else:
        print_table(tuple(report), [list(report.values())])


@commands.command()
def release(
    note: Annotated[str, typer.Option("--note", help="Why; kept with who did it and when.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let mails out of a frozen database without reconciling it: what it does not know of goes out again."""
    _show(call(data, "outbox", "POST", "/v1/sending/release", json={"note": note}), json=json)


@commands.command()
def dkim(
    domain: Annotated[str, typer.Argument(help="The sender's domain.")],
    selector: Annotated[str, typer.Argument(help="The brand's `dkim_selector`.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Of the keys.", envvar="SOUNDING_OUTBOX_DKIM_FOLDER")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the DNS record of a key that signs mails; make the key where there is none."""
    from services.outbox.adapters import signing  # noqa: PLC0415 - slow

    if folder is None:
        raise Failure("Name the folder of the keys: --folder or SOUNDING_OUTBOX_DKIM_FOLDER.", 2)
    try:
        path = signing.place(folder, domain.lower(), selector)
        record = signing.record(signing.load(path) if path.exists() else signing.make(path))
    except (ValueError, OSError) as error:
        raise Failure(str(error)) from error
    name = f"{selector}._domainkey.{domain.lower()}"
    if json:
        print_json({"name": name, "type": "TXT", "value": record, "key": str(path)})
    else:
        out.print(f"The key is {path}. Publish, and set the brand's dkim_selector to {selector}:\n\n{name}. TXT")
        out.print(record, soft_wrap=True)


async def _reconcile(settings: "Settings", lost_at: datetime | None, shown: Progress) -> dict[str, int]:
    from services.outbox.main import reconciliation  # noqa: PLC0415 - slow

    def told(step: str, done: int, total: int) -> None:
        shown.doing(f"{step} {done:,} of {total:,}")

    return asdict(await reconciliation(settings, told).run("sounding", lost_at))


@commands.command()
def unknown(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List mails of which nobody knows whether they arrived, the newest first."""
    params = {"state": "unknown", "limit": limit}
    items = call(data, "outbox", "GET", "/v1/dispatches", params=params)["items"]
    if json:
        print_json(items)
        return
    print_table(_UNKNOWN, [[str(item[name] or "") for name in _UNKNOWN] for item in items])


IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Survey records, by id.")]
WhyOption = Annotated[str, typer.Option("--note", help="How it is known; kept with who said it and when.")]


@commands.command()
def settle(
    ids: IdsArgument,
    note: WhyOption,
    delivered: Annotated[bool, typer.Option("--delivered/--not-delivered", help="Whether they arrived.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Say what became of unknown mails; nothing is sent by that."""
    body = {"ids": ids, "note": note, "delivered": delivered}
    _done(call(data, "outbox", "POST", "/v1/unknowns/settle", json=body), json=json)


@commands.command()
def again(ids: IdsArgument, note: WhyOption, data: DataOption = None, json: JsonOption = False) -> None:
    """Send new surveys in place of those that were settled as not delivered, each once."""
    _done(call(data, "outbox", "POST", "/v1/unknowns/send-again", json={"ids": ids, "note": note}), json=json)


def _done(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
    else:
        out.print(f"{len(found['done'])} done.")
        print_table(("id", "why not"), [[id_, why] for id_, why in found["refused"].items()])
    if found["refused"]:
        raise typer.Exit(1)


def _show(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    since = f", the first since {found['oldest_due_at']}" if found["oldest_due_at"] else ""
    age = found["customers_age_seconds"]
    known = "never read in full" if age is None else f"{age:.0f} s old"
    held = f"held, since news of customers is {known}" if found["held"] else "on"
    why = found["history"][0]["note"] if found["paused"] else None
    stopped = "frozen" if found["frozen"] else "paused"
    paused = f"{stopped} ({why})" if why else stopped
    out.print(
        f"Sending is {paused if found['paused'] else held}. {found['due']} due{since}; {found['unknown']} unknown."
    )
    for one in found["stopped"]:
        out.print(
            f"Nothing goes to {one['destination']} until {one['until']}: it refused {one['refused']} mails by policy."
        )
    for one in found["spared"]:
        out.print(f"{one['destination']} gets {one['rate']:g} mails a second over {one['connections']} connections.")
