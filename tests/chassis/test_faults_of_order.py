"""F09: what is said of one subject is applied in the order in which it was said, whatever comes between."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from chassis.consumer import Consumer, Read
from chassis.errors import Conflict
from chassis.mongo import Transaction
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.toy import FACTS, fact, toy
from tests.deployment import Deployment
from tests.waiting import eventually

SUBJECTS, STATEMENTS, SEED = 4, 30, 7


async def _note(events: Sequence[Event[Any]], tx: Transaction) -> None:
    """Append each statement to what was said of its subject."""
    for event in events:
        await tx.collection("things").update_one(
            {"_id": event.subject},
            {"$push": {"said": event.data.value if event.data else None}},
            upsert=True,
            session=tx.session,
        )


class Stumbling:
    """A handler that breaks at random after it has written, and refuses one statement of each subject."""

    def __init__(self) -> None:
        self._chance = random.Random(SEED)
        self.stumbled = 0

    async def __call__(self, events: Sequence[Event[Any]], tx: Transaction) -> None:
        await _note(events, tx)
        if any(event.data and event.data.value == 13 for event in events):
            code, reason = "thirteen", "Never."
            raise Conflict(code, reason)
        if self._chance.random() < 0.2:
            self.stumbled += 1
            msg = "stumbled"
            raise OSError(msg)


async def _after_all(deployment: Deployment, handler: Any, **more: Any) -> dict[str, list[int]]:
    service = toy(deployment, FACTS, handler, **more)
    events = [
        fact(f"s{subject}-{number}", number, subject=f"s{subject}")
        for number in range(STATEMENTS)
        for subject in range(SUBJECTS)
    ]
    await deployment.publish(FACTS, *events)
    async with service.running(["streams"]):
        await eventually(lambda: _all_said(service), within=60)
    return await _said(service)


async def _said(service: Service) -> dict[str, list[int]]:
    return {row["_id"]: row["said"] async for row in service.database.collection("things").find({})}


async def _all_said(service: Service) -> bool:
    said = await _said(service)
    return len(said) == SUBJECTS and all(STATEMENTS - 1 in values for values in said.values())


def _in_order(said: dict[str, list[int]]) -> bool:
    return all(values == sorted(values) for values in said.values())


@pytest.mark.parametrize("lanes", [1, 4])
async def test_f09_statements_of_a_subject_keep_their_order_through_redelivery_and_refusals(
    deployment: Deployment, lanes: int
) -> None:
    handler = Stumbling()

    said = await _after_all(deployment, handler, lanes=lanes)

    assert handler.stumbled > 0
    expected = [number for number in range(STATEMENTS) if number != 13]
    assert said == {f"s{subject}": expected for subject in range(SUBJECTS)}


async def test_f09_lanes_that_divide_a_subject_break_its_order(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: a lane by chance instead of by key."""
    chance = random.Random(SEED)
    monkeypatch.setattr("chassis.consumer.zlib.crc32", lambda _: chance.randrange(1000))

    assert not _in_order(await _after_all(deployment, _note, lanes=4))


async def test_f09_going_on_past_one_that_failed_breaks_the_order(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: the halves behind the one at fault are not held back by it."""
    divide = Consumer._divide

    async def never_mind(self: Consumer, reads: Sequence[Read]) -> None:
        try:
            await divide(self, reads)
        except OSError:
            middle = len(reads) // 2
            await divide(self, reads[middle:])
            await divide(self, reads[:middle])

    monkeypatch.setattr(Consumer, "_divide", never_mind)

    assert not _in_order(await _after_all(deployment, Stumbling()))
