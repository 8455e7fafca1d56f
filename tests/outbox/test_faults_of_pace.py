"""A destination that asks for less is spared by all processes together, and no other waits for it: fault case F41."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from services.outbox import commands, store
from services.outbox.adapters.checker import Checker
from services.outbox.adapters.smtp import Connection
from services.outbox.domain.addresses import Check
from services.outbox.domain.dispatch import State
from services.outbox.jobs.pacer import Pacer
from tests.outbox.events import customer, request
from tests.outbox.mailserver import CONNECT, RCPT
from tests.outbox.office import Office
from tests.waiting import eventually

BUSY, FREE = [f"b{n}" for n in range(5)], [f"f{n}" for n in range(4)]


async def _open(office: Office) -> None:
    """Ada's domain has asked for less, and there is more for hers and for another."""
    office.settings = office.settings.model_copy(update={"spared_rate": 0.02})
    office.server.next(RCPT, "451 4.7.0 too many mails from you")
    await office.send_all()
    assert office.server.mails == []
    addresses = {**{id_: f"{id_}@example.com" for id_ in BUSY}, **{id_: f"{id_}@free.example" for id_ in FREE}}
    await office.hear_customers(*(customer(id_, email=address) for id_, address in addresses.items()))
    await office.hear_requests(*(request(f"d-{id_}", id_) for id_ in addresses))


async def _two_processes(office: Office) -> list[str]:
    """Whom all that is due goes to."""
    first, second = Connection(office.settings), Connection(office.settings, 1)
    office.connections += [first, second]
    senders = [(office.sender(), first), (office.sender(), second)]
    before, busy = len(office.server.mails), True
    while busy:
        busy = any([await sender.send_next(connection) for sender, connection in senders])
    return sorted(mail.recipient for mail in office.server.mails[before:])


async def test_f41_only_the_destination_that_asked_is_slowed_and_by_all_processes_together(office: Office) -> None:
    await _open(office)

    assert await _two_processes(office) == [f"{id_}@free.example" for id_ in FREE]
    waiting = [await office.record(f"d-{id_}") for id_ in BUSY]
    assert [(one.state, one.attempts) for one in waiting] == [(State.QUEUED, 0)] * len(BUSY)

    paces = office.database.collection(store.PACES)
    await paces.update_one({"_id": "example.com"}, [{"$set": {"at": {"$subtract": ["$at", 110_000]}}}])
    await office.time_passes(next_try_at=timedelta(minutes=1))
    assert len(await _two_processes(office)) == 1

    await paces.update_one({"_id": "example.com"}, [{"$set": {"at": {"$subtract": ["$at", 3_600_000]}}}])
    await office.time_passes(next_try_at=timedelta(minutes=1))
    assert len(await _two_processes(office)) == 4
    assert await paces.count_documents({}) == 0


async def test_f41_processes_that_do_not_ask_send_all_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant."""

    async def always(pacer: Pacer, *places: str) -> None:
        del pacer, places

    def forget(pacer: Pacer, *places: str) -> None:
        del pacer, places

    monkeypatch.setattr(Pacer, "enter", always)
    monkeypatch.setattr(Pacer, "leave", forget)
    await _open(office)
    assert len(await _two_processes(office)) == len(BUSY) + len(FREE)


PLACE = "google.com"


async def _at_once(office: Office, server_waits: int) -> int:
    """How many mails three processes have under way together when so many have come to the server, or no more come."""
    under_way, most, enough, go_on = 0, 0, asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        if under_way >= server_waits:
            enough.set()
        await go_on.wait()
        under_way -= 1

    office.server.meanwhile[RCPT] = wait
    senders = [office.sender() for _ in range(3)]
    connections = [Connection(office.settings) for _ in range(12)]
    office.connections += connections
    works = [(sender, one) for sender in senders for one in await sender.take(4)]
    sending = [
        asyncio.ensure_future(sender.send(connection, one))
        for (sender, one), connection in zip(works, connections, strict=True)
    ]
    await eventually(lambda: enough.is_set() or sum(not one.done() for one in sending) == under_way, 30)
    go_on.set()
    await asyncio.gather(*sending)
    for sender in senders:
        await sender.recorded()
    return most


async def _two_domains_of_one_host(office: Office, connections: int) -> None:
    """Twelve mails are due to two domains whose mail servers are one provider's; it has asked for less before."""
    more = {"spared_rate": 2000, "spared_connections": connections, "command_seconds": 30}
    office.settings = office.settings.model_copy(update=more)
    await office.send_all()
    people = [f"g{n}" for n in range(12)]
    await office.hear_customers(*(customer(id_, email=f"{id_}@{'ab'[n % 2]}.example") for n, id_ in enumerate(people)))
    await office.hear_requests(*(request(f"d-{id_}", id_) for id_ in people))
    await office.database.transact(lambda tx: commands.slow_down(tx, PLACE, office.settings.full_speed(PLACE)))
    await office.database.collection(store.PACES).update_one(
        {"_id": PLACE}, [{"$set": {"at": {"$subtract": ["$at", 1000]}}}]
    )


def _hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(checker: Checker, address: str, now: datetime) -> Check:
        del checker
        return Check(address=address, deliverable=True, reason="found", at=now, mail_servers=("aspmx.l.google.com",))

    monkeypatch.setattr(Checker, "check", check)


async def test_f41_connections_to_one_provider_are_limited_for_all_its_domains_and_all_processes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hosted(monkeypatch)
    await _two_domains_of_one_host(office, connections=10)

    assert await _at_once(office, server_waits=6) == 5
    waiting = [await office.record(f"d-g{n}") for n in range(12)]
    assert sorted(str(one.state) for one in waiting) == ["queued"] * 7 + ["sent"] * 5
    assert {one.attempts for one in waiting} == {0}


async def test_f41_where_each_domain_is_looked_at_alone_all_go_at_once(office: Office) -> None:
    """The wrong variant: nothing is known of who runs the mail servers."""
    await _two_domains_of_one_host(office, connections=10)

    assert await _at_once(office, server_waits=12) == 12


async def test_f41_a_relay_that_greets_with_421_gets_half_as_many_connections_and_the_mail_later(
    office: Office, http: httpx.AsyncClient
) -> None:
    office.server.next(CONNECT, "421 4.3.2 too many connections from you")
    await office.send_next()

    found = (await http.get("/v1/sending")).json()["spared"]
    assert [(one["destination"], one["connections"]) for one in found] == [
        (f"relay:127.0.0.1:{office.server.port}", 50)
    ]
    await office.due_again()
    paces = office.database.collection(store.PACES)
    await paces.update_one({}, [{"$set": {"at": {"$subtract": ["$at", 10_000]}}}])
    await office.send_all()
    assert (await office.record()).state is State.SENT
