"""Metrics that tell what became of events, and traces that follow one from outside through Kafka and on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from sounding_contracts.envelope import encode

from chassis import consumer as consumer_module
from chassis import relay, telemetry
from chassis import service as service_module
from chassis.mongo import Transaction
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.conftest import Lines
from tests.chassis.toy import FACTS, STATE, add, fact, outgoing, seen
from tests.chassis.web import served, web
from tests.deployment import Deployment
from tests.waiting import eventually

ONE, TWO = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"


def _parent(trace: str) -> str:
    return f"00-{trace}-b7ad6b7169203331-01"


async def _numbers(client: httpx.AsyncClient, wanted: str) -> dict[tuple[str, ...], float]:
    """The samples of a metric by the values of their labels."""
    answer = await client.get("/metrics", headers={"Authorization": ""})
    assert answer.status_code == 200
    return {
        tuple(sample.labels[name] for name in sorted(sample.labels)): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == wanted
    }


async def test_each_record_is_counted_under_what_became_of_it(deployment: Deployment) -> None:
    service = web(deployment, add)
    async with served(service, "streams") as client:
        before = await _numbers(client, "sounding_events_total")
        letters = await _numbers(client, "sounding_dead_letters_total")
        other = b'{"specversion":"1.0","id":"1","source":"crm","type":"other.thing","data":{}}'
        await deployment.publish_raw(FACTS, b"nothing of ours", other)
        await deployment.publish(FACTS, fact("e1", 1), fact("e1", 1), fact("e2", 2))
        # Counted after the commit: what is stored says nothing yet of the numbers.
        expected = {"applied": 2, "known": 1, "dead_letter": 1, "unknown_type": 1}
        await eventually(lambda: _counted(client, before, expected))
        letters_after = await _numbers(client, "sounding_dead_letters_total")

    assert await seen(service) == [1, 2]
    counted = ("not-readable", FACTS.name)
    assert letters_after[counted] - letters.get(counted, 0) == 1
    assert not any(deployment.settings.topic_prefix in label for labels in letters_after for label in labels)


async def _counted(client: httpx.AsyncClient, before: dict[tuple[str, ...], float], expected: dict[str, int]) -> bool:
    after = await _numbers(client, "sounding_events_total")
    made = {key: count - before.get(key, 0) for key, count in after.items() if key[1] == FACTS.name}
    assert {outcome: count for (outcome, _), count in made.items() if count} == expected
    return True


async def test_f02_a_stream_that_fails_shows_its_age_and_its_lag_until_it_is_mended(
    deployment: Deployment, logged: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken_first(events: Sequence[Event[Any]], tx: Transaction) -> None:
        if not mended:
            raise ZeroDivisionError
        await add(events, tx)

    mended: list[bool] = []
    every = service_module._every
    monkeypatch.setattr(service_module, "_every", lambda _, work: every(0.2, work))
    monkeypatch.setattr(consumer_module, "MAX_PAUSE_SECONDS", 0.2)
    service = web(deployment, broken_first, batch_size=1)
    await deployment.publish(FACTS, *(fact(f"e{n}", n) for n in range(8)))
    async with served(service, "streams") as client:
        await eventually(lambda: _above(client, "sounding_consumer_failing_seconds", 0.2))
        await eventually(lambda: _above(client, "sounding_consumer_lag_records", 6))
        mended.append(True)
        await eventually(lambda: _is_zero(client, "sounding_consumer_failing_seconds"))
        await eventually(lambda: _is_zero(client, "sounding_consumer_lag_records"))

    assert await seen(service) == list(range(8))
    assert "consumer.failed" in [line["event"] for line in logged()]


async def _above(client: httpx.AsyncClient, metric: str, least: float) -> bool:
    return (await _numbers(client, metric)).get((FACTS.name,), 0) > least


async def _is_zero(client: httpx.AsyncClient, metric: str) -> bool:
    return (await _numbers(client, metric))[(FACTS.name,)] == 0


async def test_what_waits_to_be_published_is_counted_and_what_was_published_too(deployment: Deployment) -> None:
    service = web(deployment)
    await service.prepare()
    await service.database.transact(lambda tx: tx.publish(STATE, [outgoing(f"t{n}", 1, 1) for n in range(5)]))
    async with served(service) as client:
        await relay.watch(service.database)
        assert await _numbers(client, "sounding_pending_events_count") == {(): 5}
        before = (await _numbers(client, "sounding_published_events_total")).get((STATE.name,), 0)
    async with served(service, "relay") as client:
        await eventually(lambda: _published(client, before + 5))
        await eventually(lambda: _nothing_waits(client, service))


async def _nothing_waits(client: httpx.AsyncClient, service: Service) -> bool:
    await relay.watch(service.database)
    waiting = await _numbers(client, "sounding_pending_events_count")
    age = await _numbers(client, "sounding_pending_events_age_seconds")
    return waiting == age == {(): 0}


async def _published(client: httpx.AsyncClient, wanted: float) -> bool:
    return (await _numbers(client, "sounding_published_events_total")).get((STATE.name,), 0) >= wanted


async def test_requests_are_timed_by_route_and_never_by_path(deployment: Deployment) -> None:
    async with served(web(deployment)) as client:
        await client.post("/things/ada@example.com", json={"value": 1})
        await client.get("/nowhere/ada@example.com")
        labels = set(await _numbers(client, "sounding_http_request_seconds_count"))
        text = (await client.get("/metrics")).text

    assert ("POST", "/things/{id}", "201") in labels
    assert ("GET", "unmatched", "404") in labels
    assert "ada@example.com" not in text


async def _pass_on(events: Sequence[Event[Any]], tx: Transaction) -> None:
    """A new state of a thing for each fact about it."""
    for event in events:
        tx.caused_by(str(event.subject), event.traceparent)
    await tx.publish(STATE, [outgoing(str(event.subject), 1, 1) for event in events])


async def _states(deployment: Deployment, wanted: int) -> list[Event[Any]]:
    found = await deployment.events(STATE)
    return found if len(found) >= wanted else []


async def test_an_event_that_an_event_caused_is_in_its_trace_also_in_a_batch_of_many(deployment: Deployment) -> None:
    one = replace(fact("e1", 1, subject="a"), traceparent=_parent(ONE))
    two = replace(fact("e2", 2, subject="b"), traceparent=_parent(TWO))
    await deployment.publish(FACTS, one, two, fact("e3", 3, subject="c"))

    async with served(web(deployment, _pass_on), "streams", "relay"):
        states = await eventually(lambda: _states(deployment, 3))

    traces = {event.subject: event.traceparent for event in states}
    assert ONE in str(traces["a"])
    assert TWO in str(traces["b"])
    assert not re.search(f"{ONE}|{TWO}", str(traces["c"]))
    headers = {record.key: dict(record.headers) for record in await deployment.records(STATE)}
    assert ONE in headers[b"a"]["ce_traceparent"].decode()


async def test_an_event_that_a_request_caused_is_in_its_trace(deployment: Deployment) -> None:
    async with served(web(deployment), "relay") as client:
        await client.post("/things/a", json={"value": 1}, headers={"traceparent": _parent(ONE)})
        (event,) = await eventually(lambda: _states(deployment, 1))

    assert ONE in str(event.traceparent)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What a collector would get."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


async def test_spans_join_the_request_its_event_and_what_reads_it(
    deployment: Deployment, spans: InMemorySpanExporter
) -> None:
    async with served(web(deployment, add), "streams", "relay") as client:
        await client.post("/things/secret-token", json={"value": 1}, headers={"traceparent": _parent(ONE)})
        (event,) = await eventually(lambda: _states(deployment, 1))
        value = (encode(replace(fact("e1", 1), traceparent=event.traceparent)) or b"").decode()
        await deployment.publish_raw(FACTS, value.encode())
        await eventually(lambda: _named(spans, "apply facts"))

    (request,) = _named(spans, "POST /things/{id}")
    (applied,) = _named(spans, "apply facts")
    for found in (request, applied):
        assert found.context is not None
        assert f"{found.context.trace_id:032x}" == ONE
    assert applied.parent is not None
    assert request.context is not None
    assert applied.parent.span_id == request.context.span_id
    (published,) = [one for one in _named(spans, "relay.publish") if one.links]
    assert f"{published.links[0].context.trace_id:032x}" == ONE
    assert "secret-token" not in str([one.to_json() for one in spans.get_finished_spans()])


def _named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


@pytest.mark.parametrize("given", ["nonsense", "00-0-0-00", "", "é" * 300])
async def test_a_trace_that_is_none_harms_no_event(deployment: Deployment, given: str) -> None:
    service = web(deployment, _pass_on)
    await deployment.publish_raw(FACTS, encode(replace(fact("e1", 1, subject="a"), traceparent=given)))

    async with served(service, "streams", "relay"):
        (event,) = await eventually(lambda: _states(deployment, 1))

    assert given not in str(event.traceparent) or not given
