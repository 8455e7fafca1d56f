"""Whether mail can reach an address at all, by how it is written, by lists, and by what the DNS says of its domain."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import idna

from .sending import MAX_ADDRESS, MAX_LOCAL, mailable

MAX_TRIED = 5
"""Of many mail servers, the first so many are looked up."""


class Said(StrEnum):
    """What the DNS said. Silence is never taken for a no."""

    FOUND = "found"
    NO_RECORD = "no-record"
    NO_DOMAIN = "no-domain"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came of checking an address; `deliverable` None: nobody can say just now."""

    address: str
    deliverable: bool | None
    reason: str
    at: datetime
    mail_servers: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """As evidence in one line; without the address, which evidence outlives."""
        return f"{self.reason}: {', '.join(self.mail_servers)}" if self.mail_servers else self.reason


def canonical(address: str) -> str | None:
    """An address as it can stand in a mail: the domain in ASCII; None where it never can."""
    local, at, domain = address.strip().rpartition("@")
    if not (local and at):
        return None
    ascii_domain = _ascii(domain) if domain else None
    if ascii_domain is None or "." not in ascii_domain:
        return None
    found = f"{local}@{ascii_domain.lower()}"
    return found if mailable(found) else None


def mailbox(address: str) -> str | None:
    """An address as profile has it, equal for one mailbox: case-folded, its domain in ASCII; None for what is none."""
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain) or not local.isprintable() or " " in local or "@" in local:
        return None
    found = _ascii(domain)
    return f"{local.casefold()}@{found}" if found and len(local) <= MAX_LOCAL and len(address) <= MAX_ADDRESS else None


def _ascii(domain: str) -> str | None:
    if domain.isascii():
        labels = domain.lower().split(".")
        if all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
            return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def same_mailbox(one: str, other: str) -> bool:
    """Whether two ways to write an address mean one mailbox."""
    return one == other or (mailbox(one) or one) == (mailbox(other) or other)


def domains_of(address: str) -> list[str]:
    """The domain of an address and those above it, but for the top one."""
    labels = address.rpartition("@")[2].split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def by_itself(address: str, disposable: Container[str], now: datetime) -> Check | str:
    """The verdict where none is to be asked; else the address to ask about."""
    ascii_address = canonical(address)
    if ascii_address is None:
        return Check(address=address, deliverable=False, reason="not-an-address", at=now)
    if any(domain in disposable for domain in domains_of(ascii_address)):
        return Check(address=ascii_address, deliverable=False, reason="disposable", at=now)
    return ascii_address


def by_mx(address: str, said: Said, servers: tuple[str, ...], now: datetime) -> Check | tuple[str, ...]:
    """The verdict where what the DNS said of mail servers settles it; else the hosts whose addresses to ask for."""
    domain = address.rpartition("@")[2]
    if said is Said.NO_DOMAIN:
        return Check(address=address, deliverable=False, reason="no-such-domain", at=now)
    if said is Said.UNCLEAR:
        return Check(address=address, deliverable=None, reason="no-answer", at=now)
    if said is Said.FOUND and set(servers) == {"."}:
        return Check(address=address, deliverable=False, reason="takes-no-mail", at=now)
    found = tuple(server for server in servers if server != ".")[:MAX_TRIED]
    return found if said is Said.FOUND and found else (domain,)


def by_hosts(address: str, hosts: tuple[str, ...], said: list[Said], now: datetime) -> Check:
    """The verdict on the hosts that would take the mail: one that can be found is enough, and silence is no no."""
    domain = address.rpartition("@")[2]
    servers = () if hosts == (domain,) else hosts
    if Said.FOUND in said:
        return Check(address=address, deliverable=True, reason="found", at=now, mail_servers=servers)
    if Said.UNCLEAR in said:
        return Check(address=address, deliverable=None, reason="no-answer", at=now, mail_servers=servers)
    return Check(address=address, deliverable=False, reason="no-mail-server", at=now, mail_servers=servers)
