"""What is asked at about the same time is done in one go; a fault is only that one's; nothing is done twice."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from services.outbox import commands, store
from services.outbox.commands import Passing, sending
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch, Rendered
from services.outbox.jobs.groups import Group
from tests.outbox.events import request
from tests.outbox.office import SECRET, Office


async def _all_but_three(items: Sequence[int]) -> list[int]:
    await asyncio.sleep(0)
    if 3 in items:
        raise ValueError("not three")
    return list(items)


async def test_what_comes_together_is_done_together() -> None:
    goes: list[list[int]] = []

    async def work(items: Sequence[int]) -> list[int]:
        goes.append(list(items))
        await asyncio.sleep(0)
        return [item * 10 for item in items]

    group = Group(work, most=8, at_once=2)
    assert await asyncio.gather(*(group.add(number) for number in range(20))) == [number * 10 for number in range(20)]
    assert sorted(number for go in goes for number in go) == list(range(20))
    assert max(map(len, goes)) == 8
    assert len(goes) <= 4


async def test_where_one_fails_the_others_are_done_all_the_same() -> None:
    group = Group(_all_but_three)
    found = await asyncio.gather(*(group.add(number) for number in range(6)), return_exceptions=True)
    assert [one for one in found if not isinstance(one, ValueError)] == [0, 1, 2, 4, 5]
    with pytest.raises(ValueError, match="not three"):
        await group.add(3)


async def test_it_is_drained_when_all_is_done() -> None:
    done: list[int] = []

    async def work(items: Sequence[int]) -> list[None]:
        await asyncio.sleep(0)
        done.extend(items)
        return [None] * len(items)

    group = Group(work, most=2, at_once=1)
    added = [group.add(number) for number in range(7)]
    await group.drained()
    assert (sorted(done), group.unfinished) == (list(range(7)), 0)
    assert all(one.done() for one in added)


async def test_who_asks_while_the_last_work_ends_is_served() -> None:
    async def work(items: Sequence[int]) -> list[int]:
        return list(items)

    group = Group(work, at_once=1)
    later: list[asyncio.Future[int]] = []
    first = group.add(1)
    first.add_done_callback(lambda _: later.append(group.add(2)))

    assert await first == 1
    async with asyncio.timeout(10):
        assert await later[0] == 2


class AllOrNone(Group[int, int]):
    """The wrong variant: what fails together has failed for all."""

    async def _do(self, batch: list[tuple[int, "asyncio.Future[int]"]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except ValueError as error:
            for _, future in batch:
                future.set_exception(error)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)


@pytest.mark.parametrize(("kind", "done"), [(Group, 5), (AllOrNone, 0)], ids=["each alone", "wrong variant"])
async def test_one_persons_fault_is_nobody_elses(kind: type[Group[int, int]], done: int) -> None:
    group = kind(_all_but_three)
    found = await asyncio.gather(*(group.add(number) for number in range(6)), return_exceptions=True)
    assert sum(isinstance(one, int) for one in found) == done


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
