"""Spans sent to a collector by OTLP over HTTP. Needs the packages of the extra `telemetry`."""

import threading
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from telemetry import traces
from telemetry.traces import Attributes, Context, Kind

_KINDS = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
}


class OtlpRecorder:
    """`endpoint` as in OTEL_EXPORTER_OTLP_ENDPOINT; further variables of OpenTelemetry (headers, certificates,
    sampling) are read by its SDK. Every text among the attributes goes through `redact`."""

    def __init__(self, service: str, endpoint: str, redact: Callable[[str], str] = str) -> None:
        resource = Resource.create({"service.name": service})
        # It is closed by us, within the time that a stop may take.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("finetune_bot")
        self._redact = redact

    def begin(self, name: str, kind: Kind, parent: Context | None, attributes: Attributes) -> "OtlpSpan":
        above = trace.set_span_in_context(trace.NonRecordingSpan(_span_context(parent))) if parent else None
        span = self._tracer.start_span(name, context=above, kind=_KINDS[kind])
        made = OtlpSpan(span, self._redact)
        made.set(**attributes)
        return made

    def close(self, seconds: float) -> None:
        """Send what is left, for so long at most."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(seconds)


class OtlpSpan:
    """Implements `traces.Span`."""

    def __init__(self, span: trace.Span, redact: Callable[[str], str]) -> None:
        self._span = span
        self._redact = redact
        told = span.get_span_context()
        self.context = Context(trace.format_trace_id(told.trace_id), trace.format_span_id(told.span_id))

    def set(self, **attributes: str | int | float | bool) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name, self._redact(value) if isinstance(value, str) else value)

    def fail(self, error: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, error)

    def end(self) -> None:
        self._span.end()


def start(service: str, endpoint: str, redact: Callable[[str], str] = str) -> OtlpRecorder:
    """Record all spans of this process from now on."""
    recorder = OtlpRecorder(service, endpoint, redact)
    traces.record_with(recorder)
    return recorder


def _span_context(context: Context) -> trace.SpanContext:
    return trace.SpanContext(
        int(context.trace_id, 16), int(context.span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(1)
    )
