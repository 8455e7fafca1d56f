"""Checks addresses: by how they are written, by the list of disposable domains, and, where wished, by the DNS."""

from datetime import datetime

from disposable_email_domains import blocklist

from services.outbox.adapters.dns import Found, Lookup
from services.outbox.domain import addresses
from services.outbox.domain.addresses import Check, Said
from services.outbox.settings import Settings


class Checker:
    """`lookup` None: nothing is asked, and what is written right is taken for deliverable."""

    def __init__(self, lookup: Lookup | None) -> None:
        self._lookup = lookup

    async def check(self, address: str, now: datetime) -> Check:
        """The verdict on an address. A DNS that says nothing makes none."""
        found = addresses.by_itself(address, blocklist, now)
        if isinstance(found, Check):
            return found
        if self._lookup is None:
            return Check(address=found, deliverable=True, reason="written-right", at=now)
        return await self._by_dns(self._lookup, found, now)

    async def _by_dns(self, lookup: Lookup, address: str, now: datetime) -> Check:
        servers = await lookup.mx(address.rpartition("@")[2])
        hosts = addresses.by_mx(address, _said(servers), servers.records, now)
        if isinstance(hosts, Check):
            return hosts
        said: list[Said] = []
        for host in hosts:
            said.append(_said(await lookup.addresses(host)))
            if said[-1] is Said.FOUND:
                break
        return addresses.by_hosts(address, hosts, said, now)


def make_checker(settings: Settings, lookup: Lookup) -> Checker:
    """As the settings want it."""
    return Checker(lookup if settings.address_check == "dns" else None)


def _said(found: Found) -> Said:
    return Said(str(found.kind))
