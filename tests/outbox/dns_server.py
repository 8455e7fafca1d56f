"""A DNS server of a test's own: answers from a zone, says nothing, or has trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dns import flags, message, name, rcode, rdatatype, rrset

SILENT, TROUBLE = "silent", "trouble"
SOA = "ns.example. admin.example. 1 3600 600 86400 {minimum}"


@dataclass
class DnsServer(asyncio.DatagramProtocol):
    """Records by name and type; a name whose records are `SILENT` or `TROUBLE` is answered so."""

    zone: dict[str, dict[str, list[str]] | str] = field(default_factory=dict)
    ttl: int = 300
    minimum: int = 60
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    _transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = message.from_wire(data)
        (question,) = query.question
        domain = question.name.to_text(omit_final_dot=True).lower()
        kind = rdatatype.to_text(question.rdtype)
        self.asked.append((domain, kind))
        known = self.zone.get(domain)
        if known == SILENT:
            return
        answer = message.make_response(query)
        answer.flags |= flags.RA
        if known == TROUBLE:
            answer.set_rcode(rcode.SERVFAIL)
        elif isinstance(known, dict) and kind in known:
            answer.answer.append(rrset.from_text_list(question.name, self.ttl, "IN", kind, known[kind]))
        else:
            answer.set_rcode(rcode.NOERROR if isinstance(known, dict) else rcode.NXDOMAIN)
            soa = SOA.format(minimum=self.minimum)
            answer.authority.append(rrset.from_text(name.from_text("example."), self.ttl, "IN", "SOA", soa))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        DnsServer, local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()
