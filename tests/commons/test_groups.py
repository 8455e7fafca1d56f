"""What comes together is done together; a fault is only that one's; nobody has a result before the work is done."""

import asyncio
from collections.abc import Sequence

import pytest

from chassis.errors import Unavailable
from commons.groups import Group


async def test_who_comes_while_work_is_under_way_shares_the_next() -> None:
    goes: list[list[int]] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def work(items: Sequence[int]) -> list[int]:
        goes.append(list(items))
        begun.set()
        await gate.wait()
        return [item * 10 for item in items]

    group = Group(work, most=8, at_once=2)
    first = asyncio.ensure_future(group.add(0))
    await begun.wait()
    others = [asyncio.ensure_future(group.add(number)) for number in range(1, 20)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in (first, *others))
    gate.set()
    assert await asyncio.gather(first, *others) == [number * 10 for number in range(20)]
    assert sorted(number for go in goes for number in go) == list(range(20))
    assert max(map(len, goes)) == 8
    assert len(goes) <= 5


@pytest.mark.parametrize(("alone", "done"), [(True, 5), (False, 0)], ids=["each alone", "wrong variant"])
async def test_one_persons_fault_is_nobody_elses(alone: bool, done: int) -> None:
    async def work(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if 3 in items:
            message = "not three"
            raise ValueError(message)
        return list(items)

    group = Group(work, at_once=1, alone=lambda _: alone)
    found = await asyncio.gather(*(group.add(number) for number in range(6)), return_exceptions=True)
    assert sum(isinstance(one, int) for one in found) == done
    with pytest.raises(ValueError, match="not three"):
        await group.add(3)


async def test_what_keeps_all_from_being_done_is_not_tried_once_more_for_each() -> None:
    goes: list[int] = []

    async def work(items: Sequence[int]) -> list[int]:
        goes.append(len(items))
        await asyncio.sleep(0)
        code, reason = "away", "not now"
        raise Unavailable(code, reason)

    group = Group(work, at_once=1, alone=lambda error: not isinstance(error, Unavailable))
    found = await asyncio.gather(*(group.add(number) for number in range(6)), return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in found)
    assert sum(goes) == 6


async def test_who_gives_up_waiting_harms_nobody() -> None:
    gate = asyncio.Event()

    async def work(items: Sequence[int]) -> list[int]:
        await gate.wait()
        return list(items)

    group = Group(work, at_once=1)
    waiting = [asyncio.ensure_future(group.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert found[1:] == [1, 2]


async def test_who_comes_the_moment_the_last_work_is_done_is_served() -> None:
    async def work(items: Sequence[int]) -> list[int]:
        return list(items)

    group = Group(work, at_once=1)
    async with asyncio.timeout(5):
        assert [await group.add(number) for number in range(50)] == list(range(50))


async def test_it_is_drained_when_all_is_done() -> None:
    done: list[int] = []

    async def work(items: Sequence[int]) -> list[None]:
        await asyncio.sleep(0)
        done.extend(items)
        return [None] * len(items)

    group = Group(work, most=2, at_once=1, linger=0.001)
    added = [group.add(number) for number in range(7)]
    await group.drained()
    assert sorted(done) == list(range(7))
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
