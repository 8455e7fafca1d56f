"""Metrics for Prometheus and traces that follow an event from HTTP through Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("sounding_events_total", "Records read, by what became of them.", ["topic", "outcome"])
BATCH_SECONDS = Histogram("sounding_batch_seconds", "Time to apply a batch of records.", ["topic"])
CONSUMER_LAG = Gauge("sounding_consumer_lag_records", "Records not yet read.", ["topic"])
CONSUMER_FAILING = Gauge("sounding_consumer_failing_seconds", "How long the oldest record has been failing.", ["topic"])
LOST = Counter("sounding_lost_records_total", "Records that the topic dropped before they were read.", ["topic"])
DEAD_LETTERS = Counter("sounding_dead_letters_total", "Records put aside.", ["topic", "code"])
PENDING_EVENTS = Gauge("sounding_pending_events_count", "Events stored but not yet published.")
PENDING_AGE = Gauge("sounding_pending_events_age_seconds", "Age of the oldest event not yet published.")
PUBLISHED = Counter("sounding_published_events_total", "Events published.", ["topic"])
RELAY_ERRORS = Counter("sounding_relay_errors_total", "Failed attempts to publish; each is tried again.")
JOB_ERRORS = Counter("sounding_job_errors_total", "Crashes of a job; each is started again.", ["job"])
REQUEST_SECONDS = Histogram("sounding_http_request_seconds", "Time to answer.", ["method", "route", "status"])

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("sounding")


def start_tracing(service: str, *, endpoint: str | None = None, exporter: SpanExporter | None = None) -> None:
    """Send spans to an OTLP endpoint or to the exporter given; with neither, tracing costs nothing."""
    if exporter is None and endpoint is None:
        return
    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        exporter = OTLPSpanExporter(endpoint=endpoint)
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, *, parent: str | None = None, links: tuple[str, ...] = (), **facts: str | int) -> Iterator[None]:
    """Work worth seeing in a trace; `parent` and `links` are W3C traceparents."""
    context = _propagator.extract({"traceparent": parent}) if parent else None
    linked = [trace.Link(found) for link in links if (found := _span_context(link)).is_valid]
    with _tracer.start_as_current_span(name, context=context, links=linked, attributes=facts):
        yield


def name_span(name: str) -> None:
    """Name the current span, where its name is known only at its end."""
    trace.get_current_span().update_name(name)


def traceparent() -> str | None:
    """The current span as a W3C traceparent; None outside a trace."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def is_traceparent(text: str) -> bool:
    """Whether a text is one: what strangers send as such must not travel on in our events when it is not."""
    return _span_context(text).is_valid


def _span_context(parent: str) -> trace.SpanContext:
    return trace.get_current_span(_propagator.extract({"traceparent": parent})).get_span_context()
