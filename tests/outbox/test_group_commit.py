"""Mails that share a transaction of the gate are judged one after the other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from services.outbox import commands, store
from services.outbox.commands import Passing, sending
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch, Rendered
from tests.outbox.events import request
from tests.outbox.office import SECRET, Office


async def _two_mails_to_one_person(office: Office) -> list[Passing]:
    await office.hear_requests(request("d2", "ada", cycle=2))
    claimed, _ = await store.claim(office.database, "token", 60, 2)
    address = commands.address_id("ada@example.com", SECRET)
    rendered = Rendered(template_id="t", brand_id="b", subject_line="x", language="en", message_id="<x@y.example>")
    return [Passing(one, replace(rendered, message_id=f"<{one.id}@y.example>"), address) for one in claimed]


@pytest.mark.parametrize(
    ("sees", "refusals"),
    [(True, [None, commands.BUSY]), (False, [None, None])],
    ids=["sees the others", "wrong variant"],
)
async def test_of_two_mails_to_one_person_in_one_transaction_the_second_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch, sees: bool, refusals: list[str | None]
) -> None:
    """The wrong variant judges each by what was there before the transaction: two would be on their way at once, and a no wait for one."""
    right = sending.against

    def as_before(
        mail: Passing, current: Dispatch | None, gates: Mapping[str, Gate], waves: Mapping[str, str], now: datetime
    ) -> str | None:
        del gates
        return right(mail, current, {}, waves, now)

    mails = await _two_mails_to_one_person(office)
    if not sees:
        monkeypatch.setattr(sending, "against", as_before)

    assert await office.database.transact(lambda tx: commands.pass_gates(tx, mails)) == refusals
