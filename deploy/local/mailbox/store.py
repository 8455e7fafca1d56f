"""The mails that arrived: one file each, listed in memory."""

import email
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail and its envelope."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """It, parsed; broken parts come out as well as they can."""
        parsed = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - the policy makes that class
        return parsed


class Mails:
    """The newest 10,000 mails; `folder` None keeps them in memory only."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._mails: deque[Received] = deque(maxlen=KEPT)
        self._count = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.eml"))[-KEPT:]:
                self._mails.append(_read(path))
                self._count = int(path.stem)

    def add(self, sender: str, recipients: Iterable[str], raw: bytes) -> Received:
        """Keep a mail."""
        self._count += 1
        mail = Received(
            id=f"{self._count:08d}",
            sender=sender,
            recipients=tuple(recipients),
            received_at=datetime.now(UTC),  # noqa: TID251 - the chassis is not at hand here
            raw=raw,
        )
        if self._folder is not None:
            if len(self._mails) == KEPT:
                (self._folder / f"{self._mails[0].id}.eml").unlink(missing_ok=True)
            _write(self._folder, mail)
        self._mails.append(mail)
        return mail

    def find(self, *, to: str | None, limit: int) -> list[Received]:
        """Newest first; those to an address where one is given."""
        wanted = to.strip().casefold() if to else None
        found = (
            mail
            for mail in reversed(self._mails)
            if wanted is None or any(wanted == recipient.casefold() for recipient in mail.recipients)
        )
        return [mail for mail, _ in zip(found, range(limit), strict=False)]

    def get(self, id_: str) -> Received | None:
        """One."""
        return next((mail for mail in self._mails if mail.id == id_), None)

    def clear(self) -> None:
        """Throw all away."""
        for mail in self._mails:
            if self._folder is not None:
                (self._folder / f"{mail.id}.eml").unlink(missing_ok=True)
        self._mails.clear()


def _write(folder: Path, mail: Received) -> None:
    envelope = {"from": mail.sender, "to": mail.recipients, "at": mail.received_at.isoformat()}
    unfinished = folder / f"{mail.id}.part"
    unfinished.write_bytes(json.dumps(envelope).encode() + b"\n" + mail.raw)
    unfinished.rename(folder / f"{mail.id}.eml")


def _read(path: Path) -> Received:
    head, _, raw = path.read_bytes().partition(b"\n")
    envelope = json.loads(head)
    return Received(
        id=path.stem,
        sender=envelope["from"],
        recipients=tuple(envelope["to"]),
        received_at=datetime.fromisoformat(envelope["at"]),
        raw=raw,
    )
