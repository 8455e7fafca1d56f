"""`sounding doctor`: what could be wrong with this machine or a deployment, and what helps."""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import typer

from deploy.local import stack
from deploy.local.resolve import KAFKA_VARIABLE, MONGODB_VARIABLE
from deploy.local.state import State, data_folder, local_secrets
from deploy.local.supervisor import is_ready
from sounding.deployment import API_KEY_VARIABLE, DataOption, JsonOption, running_here, settings
from sounding.doctor import database, keys, machine, services, streams
from sounding.doctor.finding import Finding
from sounding.output import out, print_json

Looks = list[Callable[[], Iterable[Finding]]]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(data: DataOption = None, json: JsonOption = False) -> None:
    """Look for what could be wrong, and say what helps. Ends with 1 where something is wrong.

    It looks at the deployment that runs here, else at the one that SOUNDING_KAFKA, SOUNDING_MONGODB,
    SOUNDING_<SERVICE>_URL and SOUNDING_API_KEY name, else at whether one could be started here.
    """
    findings = [finding for look in _looks(data) for finding in look()]
    well = all(one.well for one in findings)
    if json:
        print_json({"well": well, "findings": [_shown(one) for one in findings]})
    else:
        for one in findings:
            out.print(f"{'ok   ' if one.well else 'WRONG'}  {one.what}: {one.said}", markup=False)
            if not one.well and one.do:
                out.print(f"       → {one.do}", markup=False)
    if not well:
        raise typer.Exit(1)


def _shown(one: Finding) -> dict[str, object]:
    return {**asdict(one), "do": None if one.well else one.do}


def _looks(data: Path | None) -> Looks:
    looks: Looks = [lambda: machine.machine(State(data_folder(data)))]
    given = {name: url for name in stack.SERVICES if (url := os.environ.get(f"SOUNDING_{name.upper()}_URL"))}
    if run := running_here(data):
        looks += _cluster(data)
        mailbox, secrets = run.mailbox, local_secrets(data_folder(data))
        looks += [lambda: [Finding("mailbox", is_ready(f"{mailbox}/health/ready"), mailbox, "See its log.")]]
        looks += [lambda: services.look(run.services, secrets.api_key, local=True)]
    elif KAFKA_VARIABLE in os.environ and MONGODB_VARIABLE in os.environ:
        looks += _cluster(data)
        if missing := [name for name in stack.SERVICES if name not in given]:
            said = f"not asked: {', '.join(f'SOUNDING_{name.upper()}_URL' for name in missing)} not set"
            looks += [lambda: [Finding("services", True, said)]]
        looks += [lambda: services.look(given, os.environ.get(API_KEY_VARIABLE, ""), local=False)]
    else:
        looks += [machine.sources]
    return looks


def _cluster(data: Path | None) -> Looks:
    found = settings(data)
    return [lambda: asyncio.run(streams.look(found)), lambda: database.look(found), lambda: keys.look(found)]
