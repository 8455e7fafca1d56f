"""`sounding demo`: a small company to look around in."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local import demo as company
from deploy.local.state import Run, data_folder
from sounding.deployment import DataOption, call, running_here
from sounding.output import Failure, out, progress

if TYPE_CHECKING:
    from sounding.commands.send_sync import Record

CUSTOMERS = Path(company.__file__).with_name("customers.ndjson")
_PATIENCE = 60.0

Doing = Callable[[str], None]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    data: DataOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="2,000 customers and a year of answers; a minute or two.")
    ] = False,
    customers: Annotated[int, typer.Option(min=1, max=2_000, help="With --full: only the first so many.")] = 2_000,
) -> None:
    """Load the demo company into the deployment that runs here. A second time changes nothing."""
    run = running_here(data)
    if run is None or not run.ready:
        raise Failure("Sounding does not run here, or is not ready. Start it with `sounding up`.")
    with progress() as shown:
        load(run, data_folder(data), shown.doing)
        if full:
            load_full(run, data_folder(data), customers, shown.doing)
    out.print("The demo company is there.")


def load(run: Run, folder: Path, doing: Doing) -> None:
    """The company's brand, template, campaign and customers, as far as they are missing."""
    records = _customers()
    last = _email(records[-1])
    if _find(folder, last):
        return
    doing("making the demo company's brand, template and campaign")
    _set_up_campaign(folder)
    doing("loading the demo company's customers")
    _publish(run, records, doing)
    _wait_for(folder, last)


def load_full(run: Run, folder: Path, count: int, doing: Doing) -> None:
    """The whole company, as far as it is missing."""
    from sounding.commands import _full_demo  # noqa: PLC0415 - slow
    from sounding.commands.send_sync import read  # noqa: PLC0415

    def publish(lines: Sequence[str]) -> None:
        _publish(run, read(enumerate(lines, 1), "crm"), doing)

    _full_demo.load(run, folder, count, publish, doing)


def _set_up_campaign(folder: Path) -> None:
    """Each step may be repeated: what is there already stays as it is."""
    *makes, activates = company.campaign_calls()
    made = [call(folder, service, method, path, json=body) for service, method, path, body in makes]
    if made[-1]["state"] != "active":
        service, method, path, _ = activates
        call(folder, service, method, path)


def a_customer() -> str:
    """The address of one of the demo's customers."""
    return _email(_customers()[0])


def _customers() -> "list[Record]":
    from sounding.commands.send_sync import read  # noqa: PLC0415 - slow

    return read(enumerate(CUSTOMERS.read_text(encoding="utf-8").splitlines(), 1), "crm")


def _email(record: "Record") -> str:
    email: str = json.loads(record.value)["data"]["email"]
    return email


def _find(folder: Path, email: str) -> dict[str, Any] | None:
    items = call(folder, "profile", "GET", "/v1/customers", params={"email": email})["items"]
    return items[0] if items else None


def _publish(run: Run, records: "list[Record]", doing: Doing) -> None:
    from pydantic import SecretStr  # noqa: PLC0415 - slow
    from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS  # noqa: PLC0415

    from chassis.settings import ChassisSettings  # noqa: PLC0415
    from sounding.commands.send_sync import publish  # noqa: PLC0415

    where = ChassisSettings(kafka=run.kafka, mongodb=SecretStr(run.mongodb))
    asyncio.run(publish(where, where.topic_prefix + INTEGRATIONS_CUSTOMERS.name, records, doing))


def _wait_for(folder: Path, email: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _find(folder, email):
        if time.monotonic() > deadline:
            raise Failure("The demo customers were sent, but profile does not show them. See its log and dead letters.")
        time.sleep(0.1)
