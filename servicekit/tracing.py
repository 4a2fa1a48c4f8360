"""OpenTelemetry traces: W3C `traceparent` in and out of gRPC metadata, HTTP headers and log records.

Spec: https://www.w3.org/TR/trace-context/
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
# Asks for the process's provider at each span, so that `configure` may come later.
_TRACER = trace.get_tracer("shopkeeper")
_FIELDS = frozenset({"traceparent", "tracestate"})


def configure(service: str, otlp_endpoint: str, sample_ratio: float) -> None:
    """Sets the process's tracer: exports to the collector if there is one, else only makes and hands on ids.

    Without a collector a trace that begins here is not sampled, and one that the caller samples keeps its flag.
    """
    # Imported here: the SDK and its exporter cost a fifth of a second that tools and tests need not pay.
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

    root = TraceIdRatioBased(sample_ratio) if otlp_endpoint else ALWAYS_OFF
    provider = TracerProvider(
        sampler=ParentBased(root), resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=otlp_endpoint, insecure=not otlp_endpoint.startswith("https"))
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def shutdown(timeout_seconds: float = 2.0) -> None:
    """Sends what is not sent yet; what takes longer than the timeout is lost, so that no collector holds up an exit."""
    provider = trace.get_tracer_provider()
    close = getattr(provider, "shutdown", None)
    if close is not None:
        closing = threading.Thread(target=close, name="traces", daemon=True)
        closing.start()
        closing.join(timeout_seconds)


def trace_id() -> str:
    """32 hex digits of the trace that is being followed; "" if there is none."""
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else ""


def outgoing() -> Mapping[str, str]:
    """`traceparent` (and `tracestate`) of the current span, for metadata or HTTP headers."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier


def inject(headers: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers of a record with the current trace in them."""
    kept = [(key, value) for key, value in headers if key not in _FIELDS]
    return kept + [(key, value.encode()) for key, value in outgoing().items()]


def extract(headers: Sequence[tuple[str, bytes]]) -> Context:
    """The trace that a record's headers carry; broken ones count as none."""
    return _PROPAGATOR.extract({key: value.decode("ascii", "ignore") for key, value in headers if key in _FIELDS})


@contextmanager
def span(
    name: str, parent: Mapping[str, str] | Context | None = None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span around a piece of work, below `parent` (incoming headers, or what `extract` gave), else the current one.

    Exceptions pass; they are marked on the span by their type alone, since their text may hold personal data.
    """
    context = parent if isinstance(parent, Context) or parent is None else _PROPAGATOR.extract(parent)
    with _TRACER.start_as_current_span(
        name, context, kind, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise
