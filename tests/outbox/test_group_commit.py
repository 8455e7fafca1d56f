"""What is asked at about the same time is done in one go; a fault is only that one's; nothing is done twice."""

import asyncio
from collections.abc import Sequence

import pytest

from services.outbox.jobs.groups import Group


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
    async def work(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if 3 in items:
            raise ValueError("not three")
        return list(items)

    group = Group(work)
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
