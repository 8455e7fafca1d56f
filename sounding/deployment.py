"""The deployment that commands speak to: named by the environment, else the one that runs here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.resolve import KAFKA_VARIABLE, MONGODB_VARIABLE
from deploy.local.state import DATA_VARIABLE, Run, State, data_folder, local_secrets
from sounding.output import Failure

if TYPE_CHECKING:
    import httpx

    from chassis.settings import ChassisSettings

API_KEY_VARIABLE = "SOUNDING_API_KEY"
_NONE = "No Sounding runs from {folder}. Start one with `sounding up`{other}."

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the local deployment.", envvar=DATA_VARIABLE)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the services are, and the key that they know."""

    services: Mapping[str, str]
    api_key: str


def running_here(data: Path | None) -> Run | None:
    """What `sounding up` runs from this folder now; None too while it has only begun, where an earlier one was killed."""
    state = State(data_folder(data))
    run = state.read() if state.is_held else None
    return run if run and run.supervisor.alive else None


def find(data: Path | None, service: str) -> tuple[str, str]:
    """Address and API key of a service: `SOUNDING_<SERVICE>_URL` and `SOUNDING_API_KEY`, else the local one."""
    variable = f"SOUNDING_{service.upper()}_URL"
    folder = data_folder(data)
    if given := os.environ.get(variable):
        return given.rstrip("/"), os.environ.get(API_KEY_VARIABLE, "")
    run = running_here(data)
    if run is None:
        raise Failure(_NONE.format(folder=folder, other=f", or name another with {variable} and {API_KEY_VARIABLE}"))
    if service not in run.services:
        raise Failure(f"There is no service {service!r}. There are: {', '.join(run.services)}.")
    return run.services[service], os.environ.get(API_KEY_VARIABLE) or local_secrets(folder).api_key


def call(data: Path | None, service: str, method: str, path: str, **options: Any) -> Any:
    """Ask a service; its JSON. A refusal becomes a `Failure` in its own words."""
    answer = _answer(data, service, method, path, **options)
    return answer.json() if answer.content else None


def download(data: Path | None, service: str, path: str) -> bytes:
    """Ask a service for a file. A refusal becomes a `Failure` in its own words."""
    return _answer(data, service, "GET", path).content


def _answer(data: Path | None, service: str, method: str, path: str, **options: Any) -> "httpx.Response":
    import httpx  # noqa: PLC0415 - slow, and most commands do without

    address, key = find(data, service)
    headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
    try:
        answer = httpx.request(method, address + path, headers=headers, timeout=30, trust_env=False, **options)
    except httpx.HTTPError as error:
        raise Failure(f"{service} does not answer at {address}: {error}. See `sounding status`.") from error
    if answer.is_error:
        raise Failure(f"{service} refused: {_refusal(answer)}")
    return answer


def settings(data: Path | None) -> "ChassisSettings":
    """Kafka and MongoDB as the environment names them, else those of the deployment that runs here."""
    from chassis.settings import ChassisSettings, SettingsError, load  # noqa: PLC0415 - slow

    run = running_here(data)
    if run and run.kafka:
        os.environ.setdefault(KAFKA_VARIABLE, run.kafka)
        os.environ.setdefault(MONGODB_VARIABLE, run.mongodb)
    if KAFKA_VARIABLE not in os.environ:
        raise Failure(_NONE.format(folder=data_folder(data), other=f", or set {KAFKA_VARIABLE} and {MONGODB_VARIABLE}"))
    try:
        return load(ChassisSettings)
    except SettingsError as error:
        raise Failure(str(error)) from error


def _refusal(answer: Any) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title") or answer.status_code)
    except (ValueError, AttributeError):
        return f"HTTP {answer.status_code}"
