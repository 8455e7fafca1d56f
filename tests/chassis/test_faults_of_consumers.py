"""What a consumer makes of trouble: fault cases F01 to F14, on real Kafka and MongoDB."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sounding_contracts.envelope import encode, record_headers

from chassis import consumer as consumer_module
from chassis.consumer import StateInbox
from chassis.mongo import Transaction
from chassis.streams import Event
from tests.chassis.toy import (
    FACTS,
    STATE,
    add,
    erased,
    fact,
    keep,
    open_letters,
    seen,
    thing,
    total,
    toy,
    value,
)
from tests.deployment import Deployment
from tests.waiting import eventually


async def test_f01_a_handler_that_fails_once_applies_all_in_order_and_leaves_no_dead_letter(
    deployment: Deployment,
) -> None:
    failures = [RuntimeError("once")]

    async def fails_once(events: Sequence[Event[Any]], tx: Transaction) -> None:
        if failures:
            raise failures.pop()
        await add(events, tx)

    service = toy(deployment, FACTS, fails_once)
    await deployment.publish(FACTS, *(fact(f"e{n}", n) for n in range(5)))

    async with service.running(["streams"]):
        await eventually(lambda: _at_least(service, 10))

    assert await seen(service) == [0, 1, 2, 3, 4]

    assert await open_letters(service) == []


async def test_f02_a_bug_holds_the_stream_and_after_the_fix_all_is_applied(deployment: Deployment) -> None:
    async def broken(events: Sequence[Event[Any]], tx: Transaction) -> None:
        await tx.collection("things").update_one(
            {"_id": "tries"}, {"$inc": {"value": 1}}, upsert=True, session=tx.session
        )
        tried.append(len(events))
        msg = "a bug"
        raise KeyError(msg)

    tried: list[int] = []
    service = toy(deployment, FACTS, broken)
    await deployment.publish(FACTS, fact("e1", 1), fact("e2", 2))

    async with service.running(["streams"]):
        await eventually(lambda: len(tried) > 4)

    assert await open_letters(service) == []
    mended = toy(deployment, FACTS, add)
    async with mended.running(["streams"]):
        assert await eventually(lambda: _both(mended)) == [1, 2]


async def test_f03_broken_json_between_two_good_records_is_put_aside_and_both_are_applied(
    deployment: Deployment,
) -> None:
    service = toy(deployment, FACTS, add)
    good, after = encode(fact("e1", 1)), encode(fact("e2", 2))
    await deployment.publish_raw(FACTS, good, b'{"specversion": "1.0", "id"', after)

    async with service.running(["streams"]):
        assert await eventually(lambda: _both(service)) == [1, 2]

    (letter,) = await eventually(lambda: open_letters(service))
    assert (letter["topic"], letter["partition"], letter["offset"]) == (deployment.name(FACTS), 0, 1)
    assert letter["value"] == b'{"specversion": "1.0", "id"'
    assert "not JSON" in letter["reason"]


async def _both(service: Any) -> list[int] | None:
    found = await seen(service)
    return found if len(found) == 2 else None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"specversion":"1.0","id":"1","source":"crm","type":"thing.happened","data":{}}', "data.value"),
        (b'{"specversion":"1.0","id":"1","source":"crm","type":"thing.happened","data":{"value":"x"}}', "data.value"),
        (b'{"specversion":"1.0","id":"1","source":"crm","type":"thing.happened.v9","data":{"value":1}}', "type"),
        (b'{"specversion":"1.0","source":"crm","type":"thing.happened","data":{"value":1}}', "id"),
    ],
)
async def test_f04_a_record_of_the_wrong_shape_is_put_aside_with_field_and_reason(
    deployment: Deployment, body: bytes, field: str
) -> None:
    service = toy(deployment, FACTS, add)
    await deployment.publish_raw(FACTS, body, encode(fact("e2", 2)))

    async with service.running(["streams"]):
        assert await eventually(lambda: total(service)) == 2

    (letter,) = await open_letters(service)
    assert letter["reason"].startswith(f"{field}: ")


async def test_f04_an_unknown_type_is_passed_over(deployment: Deployment) -> None:
    service = toy(deployment, FACTS, add)
    other = b'{"specversion":"1.0","id":"1","source":"crm","type":"other.thing","data":{"value":7}}'
    await deployment.publish_raw(FACTS, other, encode(fact("e2", 2)))

    async with service.running(["streams"]):
        assert await eventually(lambda: total(service)) == 2

    assert await open_letters(service) == []


@pytest.mark.parametrize("header", [("trace", b"\xff\xfe"), ("trace", None)])
async def test_f05_a_header_that_cannot_be_read_loses_no_record(
    deployment: Deployment, header: tuple[str, bytes | None]
) -> None:
    service = toy(deployment, FACTS, add)
    await deployment.publish_raw(FACTS, encode(fact("e1", 1)), headers=[header])
    await deployment.publish_raw(FACTS, encode(fact("e2", 2)))

    async with service.running(["streams"]):
        assert await eventually(lambda: _both(service)) == [1, 2]


async def test_f06_a_tombstone_erases_once_and_an_unknown_one_does_nothing(deployment: Deployment) -> None:
    service = toy(deployment, STATE, keep)
    await deployment.publish(STATE, thing("a", 1, 5), erased("a", 2), erased("a", 2), erased("b", 1))
    await deployment.publish(STATE, thing("end", 1, 1))
    await deployment.publish_raw(STATE, None, key=b"never-known")

    async with service.running(["streams"]):
        await eventually(lambda: value(service, "end"))
        assert await eventually(lambda: service.database.collection("things").find_one({"_id": "a"}))
        await deployment.publish(STATE, thing("a", 1, 99))
        await deployment.publish(STATE, thing("end", 2, 2))
        await eventually(lambda: _is(service, "end", 2))

    assert await value(service, "a") is None


async def _is(service: Any, id_: str, wanted: int) -> bool:
    return await value(service, id_) == wanted


@asynccontextmanager
async def _replayed(deployment: Deployment, service: Any) -> Any:
    """The same facts twice: within a batch, later, and from offset 0 by the same consumer."""
    await deployment.publish(FACTS, fact("e1", 1), fact("e1", 1), fact("e2", 2))
    async with service.running(["streams"]):
        await eventually(lambda: total(service))
        await deployment.publish(FACTS, fact("e1", 1), fact("e3", 4))
        await eventually(lambda: _at_least(service, 7))
        yield


async def _at_least(service: Any, wanted: int) -> bool:
    return await total(service) >= wanted


async def test_f08_the_same_event_twice_has_one_effect(deployment: Deployment) -> None:
    service = toy(deployment, FACTS, add)

    async with _replayed(deployment, service):
        assert await total(service) == 7


async def test_f08_without_the_inbox_the_same_event_has_two_effects(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgetful(consumer_module.FactInbox):
        async def unknown(self, tx: Transaction, reads: Any) -> Any:
            return [read.event for read in reads], []

    monkeypatch.setattr(consumer_module, "FactInbox", Forgetful)
    service = toy(deployment, FACTS, add)

    async with _replayed(deployment, service):
        assert await total(service) > 7


async def test_f08_a_state_that_comes_again_after_the_inbox_forgot_is_stopped_by_its_seq(
    deployment: Deployment,
) -> None:
    service = toy(deployment, STATE, keep)
    await deployment.publish(STATE, thing("a", 1, 1), thing("a", 2, 2))

    async with service.running(["streams"]):
        await eventually(lambda: _is(service, "a", 2))
        forgotten = await service.database.collection("_inbox").find_one({"_id": "things|a"})
        assert forgotten == {"_id": "things|a", "seq": 2}
        await deployment.publish(STATE, thing("a", 1, 1), thing("end", 1, 1))
        await eventually(lambda: value(service, "end"))

    assert await value(service, "a") == 2


async def test_f09_full_states_out_of_order_end_at_the_newest_with_no_more_effects_than_needed(
    deployment: Deployment,
) -> None:
    service = toy(deployment, STATE, keep)
    await deployment.publish(STATE, *(thing("a", seq, seq) for seq in (3, 1, 2, 2, 5)))

    async with service.running(["streams"]):
        await eventually(lambda: _is(service, "a", 5))

    row = await service.database.collection("things").find_one({"_id": "applied"})
    assert row is not None
    assert row["count"] <= 3


async def test_f09_without_the_seq_guard_an_old_state_comes_back(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Careless(StateInbox):
        async def unknown(self, tx: Transaction, reads: Any) -> Any:
            return [read.event for read in reads], []

    monkeypatch.setattr(consumer_module, "StateInbox", Careless)
    service = toy(deployment, STATE, keep)
    await deployment.publish(STATE, thing("a", 2, 2), thing("a", 1, 1), thing("end", 1, 1))

    async with service.running(["streams"]):
        await eventually(lambda: value(service, "end"))
        await eventually(lambda: value(service, "a"))

    assert await value(service, "a") == 1


async def test_f12_a_second_process_joins_during_a_slow_batch_and_each_event_has_one_effect(
    deployment: Deployment,
) -> None:
    first, second = toy(deployment, FACTS, add), toy(deployment, FACTS, add)
    await deployment.publish(FACTS, *(fact(f"e{n}", 1) for n in range(300)))

    async with first.running(["streams"]), second.running(["streams"]):
        await deployment.publish(FACTS, *(fact(f"f{n}", 1) for n in range(300)))
        await eventually(lambda: _at_least(first, 600))
        await deployment.publish(FACTS, fact("last", 1000))
        await eventually(lambda: _at_least(first, 1600))

    assert await total(first) == 1600


async def test_f14_a_new_group_on_an_old_topic_starts_at_its_beginning(deployment: Deployment) -> None:
    await deployment.publish(FACTS, *(fact(f"e{n}", 1) for n in range(50)))
    service = toy(deployment, FACTS, add, purpose="late-comer")

    async with service.running(["streams"]):
        await eventually(lambda: _at_least(service, 50))

    assert await total(service) == 50


async def test_two_thousand_bad_records_from_outside_do_not_stop_the_good_one_behind(deployment: Deployment) -> None:
    service = toy(deployment, FACTS, add)
    async with deployment.producer() as producer:
        for _ in range(2000):
            await producer.send(deployment.name(FACTS), key=b"k", value=b"nothing of ours")
    await deployment.publish(FACTS, fact("good", 3))

    async with service.running(["streams"]):
        assert await eventually(lambda: total(service), within=60) == 3

    assert await service.database.collection("_dead_letters").count_documents({}) == 2000


async def test_a_flood_of_bad_records_on_our_own_stream_stops_the_consumer_and_makes_it_not_ready(
    deployment: Deployment,
) -> None:
    service = toy(deployment, STATE, keep)
    await deployment.publish_raw(STATE, *([b"bad"] * 250), partition=0)

    async def halted() -> bool:
        faults = await service.health.unready()
        return any("bad records in a row" in fault for fault in faults.values())

    async with service.running(["streams"]):
        await eventually(halted)

    assert await service.database.collection("_dead_letters").count_documents({}) == 200


def test_every_record_of_ours_says_its_seq_in_a_header() -> None:
    assert ("ce_seq", b"2") in record_headers(erased("a", 2))
