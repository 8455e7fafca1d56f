"""A destination that asks for less is spared by all processes together, and no other waits for it: fault case F41."""

from datetime import timedelta

import pytest

from services.outbox import store
from services.outbox.adapters.smtp import Connection
from services.outbox.domain.dispatch import State
from services.outbox.jobs.pacer import Pacer
from tests.outbox.events import customer, request
from tests.outbox.mailserver import RCPT
from tests.outbox.office import Office

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

    async def always(pacer: Pacer, address: str) -> bool:
        del pacer, address
        return True

    monkeypatch.setattr(Pacer, "may", always)
    await _open(office)
    assert len(await _two_processes(office)) == len(BUSY) + len(FREE)
