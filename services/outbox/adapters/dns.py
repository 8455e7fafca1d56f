"""What the DNS says of a domain, kept for as long as it says so. No answer is never taken for a no."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol

from dns import exception, message, name, rdatatype
from dns.asyncresolver import Resolver as System
from dns.resolver import NXDOMAIN, NoAnswer

KEPT = 10_000
SHORTEST, LONGEST, WITHOUT = 5, 86_400, 300
"""Seconds that an answer is kept at least and at most; and a no of a server that says nothing of time."""
NULL_MX = "."


class Kind(StrEnum):
    """What came of a question."""

    FOUND = "found"
    NO_RECORD = "no-record"
    NO_DOMAIN = "no-domain"
    UNCLEAR = "unclear"
    """No server answered in time, or it had trouble of its own: says nothing of the domain."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: its records in words, MX by preference; `kept` in seconds."""

    kind: Kind
    records: tuple[str, ...] = ()
    kept: int = 0

    @property
    def missing(self) -> bool:
        """Whether the DNS says that there is none."""
        return self.kind in {Kind.NO_RECORD, Kind.NO_DOMAIN}


class Lookup(Protocol):
    """What asks the DNS."""

    async def mx(self, domain: str) -> Found:
        """Hosts that take mail, the first choice first; `.` alone: none ever will (RFC 7505)."""
        ...

    async def addresses(self, host: str) -> Found:
        """IPv4 and IPv6 addresses."""
        ...

    async def txt(self, domain: str) -> Found:
        """Texts, each joined from its pieces."""
        ...


class Dns:
    """Asks the servers of the machine, or those given."""

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        port: int = 53,
        seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given, self._port, self._seconds, self._clock = list(servers), port, seconds, clock
        self._system: System | None = None
        self._kept: OrderedDict[tuple[str, str], tuple[float, Found]] = OrderedDict()

    async def mx(self, domain: str) -> Found:
        """Hosts that take mail, the first choice first; `.` alone: none ever will (RFC 7505)."""
        found = await self._ask(domain, "MX")
        pairs = sorted((int(order), host) for order, host in (record.split(maxsplit=1) for record in found.records))
        return Found(found.kind, tuple(host.rstrip(".") or NULL_MX for _, host in pairs), found.kept)

    async def addresses(self, host: str) -> Found:
        """IPv4 and IPv6 addresses; unclear only where neither is known."""
        four, six = await self._ask(host, "A"), await self._ask(host, "AAAA")
        if four.records or six.records:
            return Found(Kind.FOUND, four.records + six.records, min(one.kept for one in (four, six) if one.records))
        return next((one for one in (four, six) if one.kind is Kind.UNCLEAR), four)

    async def txt(self, domain: str) -> Found:
        """Texts, each joined from its pieces."""
        return await self._ask(domain, "TXT")

    async def _ask(self, domain: str, kind: str) -> Found:
        key, now = (domain.rstrip(".").lower(), kind), self._clock()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            self._kept.move_to_end(key)
            return kept[1]
        found = await self._resolve(*key)
        if found.kind is not Kind.UNCLEAR:
            self._kept[key] = (now + found.kept, found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    async def _resolve(self, domain: str, kind: str) -> Found:
        try:
            asked = name.from_text(domain)
            answer = await self._resolver().resolve(asked, kind, lifetime=self._seconds)
        except NXDOMAIN as error:
            return Found(Kind.NO_DOMAIN, kept=_silence(*error.kwargs["responses"].values()))
        except NoAnswer as error:
            return Found(Kind.NO_RECORD, kept=_silence(error.kwargs["response"]))
        except (name.LabelTooLong, name.NameTooLong, name.EmptyLabel, name.BadEscape, UnicodeError):
            return Found(Kind.NO_DOMAIN, kept=LONGEST)
        except (exception.DNSException, OSError):
            # A time-out, SERVFAIL, REFUSED, no server to be reached.
            return Found(Kind.UNCLEAR)
        records = tuple(_words(record) for record in answer)
        return Found(Kind.FOUND, records, _bounded(answer.rrset.ttl if answer.rrset else WITHOUT))

    def _resolver(self) -> System:
        if self._system is None:
            self._system = System(configure=not self._given)
            self._system.cache = None  # ours: it keeps a no as well, and is bounded
            if self._given:
                self._system.nameservers = [str(ip_address(server)) for server in self._given]
                self._system.port = self._port
        return self._system


def _words(record: object) -> str:
    strings: tuple[bytes, ...] | None = getattr(record, "strings", None)
    return str(record) if strings is None else b"".join(strings).decode("utf-8", "replace")


def _silence(*responses: message.Message) -> int:
    """How long a no holds: as the zone's SOA says (RFC 2308)."""
    for response in responses:
        for records in response.authority:
            if records.rdtype == rdatatype.SOA:
                return _bounded(min(records.ttl, records[0].minimum))
    return WITHOUT


def _bounded(seconds: int) -> int:
    return max(SHORTEST, min(LONGEST, seconds))
