"""The golden records: what was once promised to look like this."""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from sounding_contracts import topics
from sounding_contracts.envelope import AnyPayload, Event, decode, encode, record_headers
from sounding_contracts.payload import ClosedPayload
from sounding_contracts.topics import Kind, Topic

from chassis.service import Service
from tests.deployment import Deployment

CONTRACTS = Path(__file__).parents[2] / "contracts"
FOLDER = CONTRACTS / "golden"
TYPES: dict[str, type[AnyPayload]] = {payload.type: payload for topic in topics.ALL for payload in topic.types}


@dataclass(frozen=True)
class Golden:
    """One golden record."""

    file: Path

    @property
    def name(self) -> str:
        return str(self.file.relative_to(FOLDER).with_suffix(""))

    @cached_property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    @property
    def event_type(self) -> str:
        return str(self.content["headers"]["ce_type"])

    @property
    def payload(self) -> type[AnyPayload]:
        return TYPES[self.event_type]

    @property
    def topic(self) -> Topic:
        return next(topic for topic in topics.ALL if topic.name == self.content["topic"])

    @property
    def value(self) -> Any:
        return self.content["value"]

    @property
    def key(self) -> bytes:
        return str(self.content["key"]).encode()

    @property
    def headers(self) -> list[tuple[str, bytes | None]]:
        return [(name, value.encode()) for name, value in self.content["headers"].items()]

    @property
    def body(self) -> bytes | None:
        return None if self.value is None else json.dumps(self.value).encode()

    def inbox_id(self, purpose: str) -> str:
        """How a reader remembers it."""
        headers = self.content["headers"]
        if self.topic.kind is Kind.STATE:
            return f"{purpose}|{headers['ce_subject']}"
        return f"{purpose}|{headers['ce_source']}|{headers['ce_id']}"

    def read(self, payload: type[AnyPayload] | None = None) -> Event[Any]:
        """The event, as a reader of today has it; `payload` instead of today's class of it."""
        return decode(self.body, self.headers, {self.event_type: payload or self.payload}, key=self.key)


def keep_the_promise(golden: Golden, payload: type[AnyPayload] | None = None) -> None:
    """Fail where today's contracts read or write a golden record otherwise than was promised."""
    event = golden.read(payload)
    assert dict(record_headers(event)) == dict(golden.headers)
    written = encode(event)
    if golden.value is None:
        assert written is None
        return
    found = json.loads(written or b"")
    if not issubclass(payload or golden.payload, ClosedPayload):
        found["data"] = _promised(found["data"], golden.value["data"])
    assert found == golden.value


def _promised(written: Any, golden: Any) -> Any:
    """What is written, without the fields that came after the golden record was made."""
    if isinstance(written, dict) and isinstance(golden, dict):
        return {name: _promised(value, golden[name]) for name, value in written.items() if name in golden}
    if isinstance(written, list) and isinstance(golden, list) and len(written) == len(golden):
        return [_promised(one, other) for one, other in zip(written, golden, strict=True)]
    return written


ALL = [Golden(file) for file in sorted(FOLDER.glob("*/*.json"))]
VALUES = [golden for golden in ALL if golden.value is not None]


def all_services(deployment: Deployment) -> list[Service]:
    """Every service of Sounding, as built for a deployment."""
    found = []
    for name in ("profile", "scheduler", "outbox", "feedback", "console"):
        settings = import_module(f"services.{name}.settings").Settings(chassis=deployment.settings)
        found.append(deployment.opened(import_module(f"services.{name}.main").build(settings)))
    return found
