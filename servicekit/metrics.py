"""Every metric of every process, declared once. No user or product ids as labels."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_FRESHNESS = (0.005, 0.01, 0.02, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
_CALL = ("grpc_type", "grpc_service", "grpc_method")
_PEER = ("peer", "grpc_service", "grpc_method")


class Metrics:
    """The instruments of one process in one registry. Construct it once per registry; `default_metrics()` does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._declare_server(registry)
        self._declare_client(registry)
        self._declare_http(registry)
        self._declare_events(registry)
        self._declare_dialogue(registry)

    def _declare_server(self, to: CollectorRegistry) -> None:
        self.started = Counter("grpc_server_started_total", "Calls begun.", _CALL, registry=to)
        self.handled = Counter("grpc_server_handled_total", "Calls ended.", (*_CALL, "grpc_code"), registry=to)
        self.handling = Histogram(
            "grpc_server_handling_seconds", "Time to answer.", _CALL, registry=to, buckets=_SECONDS
        )
        self.received = Counter("grpc_server_msg_received_total", "Messages taken in.", _CALL, registry=to)
        self.sent = Counter("grpc_server_msg_sent_total", "Messages sent.", _CALL, registry=to)
        self.in_progress = Gauge("shopkeeper_calls_in_progress", "Calls being served now.", registry=to)

    def _declare_client(self, to: CollectorRegistry) -> None:
        self.client_handled = Counter(
            "shopkeeper_client_handled_total", "Calls to a peer ended.", (*_PEER, "grpc_code"), registry=to
        )
        self.client_handling = Histogram(
            "shopkeeper_client_handling_seconds", "Time a peer took.", _PEER, registry=to, buckets=_SECONDS
        )
        self.breaker_open = Gauge(
            "shopkeeper_client_breaker_open", "1 while calls to a peer are refused at once.", ("peer",), registry=to
        )

    def _declare_http(self, to: CollectorRegistry) -> None:
        self.http_requests = Counter(
            "shopkeeper_http_requests_total", "HTTP requests ended.", ("route", "method", "code"), registry=to
        )
        self.http_seconds = Histogram(
            "shopkeeper_http_request_seconds", "Time to answer.", ("route",), registry=to, buckets=_SECONDS
        )

    def _declare_events(self, to: CollectorRegistry) -> None:
        self.events_applied = Counter(
            "shopkeeper_events_applied_total", "Events folded into profiles.", ("event_type",), registry=to
        )
        self.dead_lettered = Counter(
            "shopkeeper_events_dead_lettered_total", "Records sent to the dead letters.", ("reason",), registry=to
        )
        self.freshness = Histogram(
            "shopkeeper_event_freshness_seconds",
            "From an event's publish to its being readable in the profile.",
            registry=to,
            buckets=_FRESHNESS,
        )
        self.consumer_lag = Gauge(
            "shopkeeper_consumer_lag_records", "Records not read yet.", ("topic", "partition"), registry=to
        )
        self.degradations = Counter(
            "shopkeeper_degradations_total", "Answers that were less than they could be.", ("kind",), registry=to
        )
        self.bundle_info = Gauge(
            "shopkeeper_bundle_info", "1 for the model bundle that serves.", ("kind", "version"), registry=to
        )

    def _declare_dialogue(self, to: CollectorRegistry) -> None:
        self.dialogue_turns = Counter(
            "shopkeeper_dialogue_turns_total", "Turns of conversations answered.", ("outcome",), registry=to
        )
        self.handoffs = Counter(
            "shopkeeper_handoffs_total", "Conversations handed over to a person.", ("reason",), registry=to
        )


@cache
def default_metrics() -> Metrics:
    """Those of the process, in Prometheus' default registry; made at the first call."""
    return Metrics(REGISTRY)
