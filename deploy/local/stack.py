"""What a local deployment runs: which programs, on which ports, with which settings."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.state import Secrets
from deploy.local.supervisor import Program

PORT_BASE = 8400
PORT_BASE_VARIABLE = "SOUNDING_PORT_BASE"
SERVICES = ("profile", "scheduler", "outbox", "feedback", "console")
ASKED_BY_CONSOLE = ("profile", "scheduler", "outbox", "feedback")


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a local deployment: all near each other, so that one number moves them all."""

    base: int = PORT_BASE

    def service(self, name: str) -> int:
        """The HTTP port of a service."""
        return self.base + 1 + SERVICES.index(name)

    @property
    def mongodb(self) -> int:
        """The port of a local MongoDB."""
        return self.base + 17

    @property
    def mailbox(self) -> int:
        """The HTTP port of the mailbox."""
        return self.base + 25

    @property
    def smtp(self) -> int:
        """The port where the mailbox takes mail."""
        return self.base + 26

    @property
    def kafka(self) -> int:
        """The port of a local Kafka."""
        return self.base + 92

    @property
    def programs(self) -> dict[str, int]:
        """All but Kafka and MongoDB, which may come from elsewhere."""
        services = {name: self.service(name) for name in SERVICES}
        return {**services, "the mailbox": self.mailbox, "the mailbox's mail server": self.smtp}


def given_base() -> int:
    """The first port, as the environment has it."""
    return int(os.environ.get(PORT_BASE_VARIABLE) or PORT_BASE)


def url(port: int) -> str:
    """The address of a port of this machine."""
    return f"http://{HOST}:{port}"


def programs(ports: Ports, secrets: Secrets, *, kafka: str, mongodb: str, mails: Path) -> list[Program]:
    """The mailbox and the services, ready to be started."""
    shared = _shared_settings(ports, secrets, kafka=kafka, mongodb=mongodb)
    mailbox = [sys.executable, "-m", "deploy.local.mailbox", "--smtp-port", str(ports.smtp)]
    mailbox += ["--http-port", str(ports.mailbox), "--data", str(mails)]
    people = {"SOUNDING_PROFILE_URL": url(ports.service("profile")), "SOUNDING_API_KEY": secrets.api_key}
    return [
        Program(name="mailbox", argv=mailbox, env=_env(people), ready_url=f"{url(ports.mailbox)}/health/ready"),
        *(_service(name, ports, shared) for name in SERVICES),
    ]


def _service(name: str, ports: Ports, shared: dict[str, str]) -> Program:
    port = ports.service(name)
    return Program(
        name=name,
        argv=[sys.executable, "-m", "sounding", "run", name],
        env=_env({**shared, "SOUNDING_HTTP_PORT": str(port)}),
        ready_url=f"{url(port)}/health/ready",
    )


def _shared_settings(ports: Ports, secrets: Secrets, *, kafka: str, mongodb: str) -> dict[str, str]:
    key = {"id": "local", "hash": secrets.api_key_hash, "scopes": ["*"]}
    return {
        "SOUNDING_KAFKA": kafka,
        "SOUNDING_MONGODB": mongodb,
        "SOUNDING_API_KEYS": json.dumps([key]),
        "SOUNDING_SIGNING_KEYS": json.dumps([secrets.signing_key]),
        "SOUNDING_HTTP_HOST": HOST,
        # The same after each start, so that a restarted process takes over at once what it had.
        "SOUNDING_INSTANCE": "local",
        "SOUNDING_OUTBOX_SMTP_HOST": HOST,
        "SOUNDING_OUTBOX_SMTP_PORT": str(ports.smtp),
        "SOUNDING_OUTBOX_PUBLIC_URL": url(ports.service("outbox")),
        "SOUNDING_OUTBOX_SURVEY_URL": url(ports.service("feedback")),
        "SOUNDING_SCHEDULER_SURVEY_URL": url(ports.service("feedback")),
        "SOUNDING_FEEDBACK_ALERT_SMTP_HOST": HOST,
        "SOUNDING_FEEDBACK_ALERT_SMTP_PORT": str(ports.smtp),
        "SOUNDING_FEEDBACK_ALERT_SMTP_TLS": "none",
        # Between the house and its own mailbox nobody looks at mails, and who tries it out by a script answers at once.
        "SOUNDING_FEEDBACK_SUSPECT_WITHIN_SECONDS": "0",
        "SOUNDING_FEEDBACK_UNSUBSCRIBE_URL": url(ports.service("outbox")),
        "SOUNDING_PROFILE_OWNERS_KEY": secrets.api_key,
        "SOUNDING_CONSOLE_PUBLIC_URL": url(ports.service("console")),
        **{f"SOUNDING_CONSOLE_{name.upper()}_URL": url(ports.service(name)) for name in ASKED_BY_CONSOLE},
        **{
            f"SOUNDING_PROFILE_{name.upper()}_URL": url(ports.service(name))
            for name in ("scheduler", "outbox", "feedback")
        },
    }


def _env(settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", **settings}
