"""`make containers`: build every image, run the compose file with them, survey one customer, take all down again.

It needs Docker with its compose plugin, and the ports that the compose file opens. The project is one of its own, so that
volumes of a `docker compose up` stay as they are. Ends with 1 where something is not as it must be.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from chassis.auth import make_key
from deploy.local import demo
from deploy.local.stack import SERVICES, Ports

ROOT = Path(__file__).parents[2]
PROJECT = "sounding-rehearsal"
PORTS = Ports()
PATIENCE_SECONDS, START_SECONDS = 120.0, 300
MACHINES_SECONDS = 6
"""What answers sooner after its mail was sent is suspected to be a machine's."""
RESTRICTED = (*SERVICES, "mailbox")
KILLED, SCORE, AS_BROWSER = 137, 9, {"Accept": "text/html"}
T = TypeVar("T")


class RehearsalError(Exception):
    """Something is not as it must be; the text says what."""


class Compose:
    """The compose file, as its users run it."""

    def __init__(self, files: list[str]) -> None:
        self.key, stored = make_key("rehearsal", ["*"])
        keys = json.dumps([stored.model_dump(mode="json")])
        given = {"SOUNDING_API_KEY": self.key, "SOUNDING_API_KEYS": keys, "SOUNDING_SIGNING_KEY": secrets.token_hex(32)}
        self._environment = {**os.environ, **given}
        self._command = ["docker", "compose", "--project-name", PROJECT]
        for file in ["deploy/compose.yaml", *files]:
            self._command += ["--file", file]

    def run(self, *arguments: str) -> None:
        """Run it with its output shown. Raises `RehearsalError`."""
        done = subprocess.run([*self._command, *arguments], cwd=ROOT, env=self._environment, check=False)  # noqa: S603
        if done.returncode:
            raise RehearsalError(f"docker compose {' '.join(arguments)} ended with {done.returncode}.")

    def output(self, *arguments: str) -> str:
        """What it prints. Raises `RehearsalError`."""
        command = [*self._command, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RehearsalError(f"docker compose {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each service's container."""
        ids = self.output("ps", "--all", "--quiet").split()
        told = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in json.loads(told)}


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"… {text}\n")
    sys.stdout.flush()


@contextmanager
def running(compose: Compose) -> Iterator[None]:
    """All of it, healthy; nothing is left afterwards, its volumes included."""
    try:
        compose.run("up", "--detach", "--wait", "--wait-timeout", str(START_SECONDS))
        yield
    except BaseException:
        compose.run("logs", "--no-color", "--tail", "40")
        raise
    finally:
        compose.run("down", "--volumes", "--timeout", "10")


def look_at_rights(compose: Compose) -> None:
    """Everything of ours runs as a user without rights, on a root that it cannot write. Raises `RehearsalError`."""
    found = compose.containers()
    for name in RESTRICTED:
        one = found[name]
        host = one["HostConfig"]
        held = (one["Config"]["User"], host["ReadonlyRootfs"], host["CapDrop"], one["State"]["Health"]["Status"])
        if held != ("10001:10001", True, ["ALL"], "healthy"):
            raise RehearsalError(f"{name} runs with user, read-only root, dropped rights, health: {held}.")


def survey_somebody(key: str) -> None:
    """A customer by API, a campaign, its mail, an answer, and the score in the profile. Raises `RehearsalError`."""
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False) as client:
        for service, method, path, body in demo.campaign_calls():
            _ask(client, method, f"{_url(service)}{path}", json=body)
        customer = {"email": "ada@example.com", "first_name": "Ada", "tags": ["nps"]}
        _ask(client, "POST", f"{_url('profile')}/v1/customers", json=customer)
        link = _eventually("the mail", lambda: _link_in_mail(client))
        _eventually("the survey's page", lambda: client.get(link).is_success)
        answer = {"score": str(SCORE), "comment": "It works in containers."}
        _ask(client, "POST", link, data=answer)
        _eventually("the score in the profile", lambda: _scored(client))


def look_at_console(compose: Compose) -> None:
    """The web app is there, and somebody can sign in by the command for it. Raises `RehearsalError`."""
    made = json.loads(compose.output("exec", "--no-TTY", "console", "sounding", "sign-in", "--json"))
    address, token = made["link"].split("#link=")
    with httpx.Client(base_url=_url("console"), timeout=30, trust_env=False, follow_redirects=True) as client:
        page = client.get(address, headers=AS_BROWSER)
        if not page.is_success or "<script" not in page.text:
            raise RehearsalError(f"The console's page is not the web app: {page.status_code} {page.text[:200]}")
        origin = {"Origin": _url("console")}
        said = _ask(client, "POST", "/api/session/link", json={"token": token}, headers=origin).json()
        if not said["signed_in"]:
            raise RehearsalError(f"The link signs nobody in: {said}")
        _ask(client, "GET", "/help/", headers=AS_BROWSER)
        found = _ask(client, "GET", "/api/profile/v1/customers", params={"email": "ada@example.com"}).json()["items"]
        if [one["last_score"] for one in found] != [SCORE]:
            raise RehearsalError(f"The console shows {found}.")


def stop(compose: Compose) -> float:
    """Stop it in order; how many seconds that took. Raises `RehearsalError` where one had to be killed."""
    began = time.monotonic()
    compose.run("stop")
    took = time.monotonic() - began
    codes = {name: one["State"]["ExitCode"] for name, one in compose.containers().items()}
    if bad := {name: code for name, code in codes.items() if code == KILLED or (code and name in RESTRICTED)}:
        raise RehearsalError(f"These did not end in order: {bad}.")
    return took


def _url(service: str) -> str:
    return f"http://127.0.0.1:{PORTS.service(service)}"


def _ask(client: httpx.Client, method: str, url: str, **more: Any) -> httpx.Response:
    answer = client.request(method, url, **more)
    if not answer.is_success:
        raise RehearsalError(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
    return answer


def _link_in_mail(client: httpx.Client) -> str | None:
    """The survey's address, from a mail that a person could have read by now."""
    mailbox = f"http://127.0.0.1:{PORTS.mailbox}/api/messages"
    mails = _ask(client, "GET", mailbox, params={"to": "ada@example.com"}).json()["items"]
    if not mails or _age(mails[0]) < MACHINES_SECONDS:
        return None
    found = re.search(r"http://\S+/s/[^?\s]+", mails[0]["text"])
    return found.group(0) if found else None


def _age(mail: dict[str, Any]) -> float:
    return time.time() - datetime.fromisoformat(mail["received_at"]).timestamp()


def _scored(client: httpx.Client) -> bool:
    url = f"{_url('profile')}/v1/customers"
    items = _ask(client, "GET", url, params={"email": "ada@example.com"}).json()["items"]
    return bool(items and items[0]["last_score"] == SCORE)


def _eventually(what: str, look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise RehearsalError(f"{what} has not come within {PATIENCE_SECONDS:.0f} s.")


def main() -> None:
    """Read the arguments and rehearse."""
    parser = argparse.ArgumentParser(prog="python -m deploy.containers.rehearsal", description=__doc__)
    parser.add_argument("--no-build", action="store_true", help="take the images that are there")
    parser.add_argument("--file", action="append", default=[], help="another compose file, beside ours")
    given = parser.parse_args()
    compose = Compose(given.file)
    if not given.no_build:
        compose.run("build")
    with running(compose):
        say("all is healthy")
        look_at_rights(compose)
        survey_somebody(compose.key)
        say("a customer was surveyed, and the score is in the profile")
        look_at_console(compose)
        say("the console shows it to somebody who signed in")
        say(f"stopped in order in {stop(compose):.1f} s")


if __name__ == "__main__":
    try:
        main()
    except RehearsalError as error:
        sys.exit(str(error))
