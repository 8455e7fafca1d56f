"""One trace from a sync event to the mail that it leads to and the answer to that mail, as a collector gets it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from sounding_contracts import topics

from chassis import telemetry
from tests.deployment import sync_body
from tests.system.collector import Collector, collector
from tests.system.house import House, publish_as_a_stranger, start_campaign
from tests.waiting import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Spans go over OTLP to a collector of this test."""
    with collector() as found:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=found.endpoint)))
        monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
        yield found
        monkeypatch.undo()
        provider.shutdown()


def traced(body: bytes) -> bytes:
    return json.dumps({**json.loads(body), "traceparent": f"00-{TRACE}-{CALLER}-01"}).encode()


async def test_a_sync_event_its_mail_and_the_answer_to_it_are_one_trace(collected: Collector, house: House) -> None:
    await start_campaign(house)
    publish_as_a_stranger(house, traced(sync_body(email="ada@example.com", tags=["nps"])), "c-1")
    (mail,) = await eventually(lambda: house.mailbox.to("ada@example.com"))
    path = await house.page_in(mail)

    await house.feedback.post(path, data={"score": "9"})

    spans = await eventually(lambda: _whole(collected))
    assert spans["mail"].parent_span_id.hex() == CALLER
    assert spans["mail"].start_time_unix_nano < spans["answer"].start_time_unix_nano
    assert "ada@example.com" not in str(list(collected.spans))
    (answer,) = await eventually(lambda: _responses(house))
    assert TRACE in str(answer.traceparent)


def _whole(collected: Collector) -> Any:
    """Every station of the path, once the collector has them all."""
    found = collected.of(TRACE)
    return found if {"apply customers", "apply dispatch-requests", "mail", "answer"} <= set(found) else None


async def _responses(house: House) -> list[Any]:
    return await house.deployment.events(topics.FEEDBACK_RESPONSES)
