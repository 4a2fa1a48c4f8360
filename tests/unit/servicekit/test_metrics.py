"""The instruments under the names that dashboards use."""

from prometheus_client import CollectorRegistry, generate_latest

from servicekit.metrics import Metrics, default_metrics


def test_each_process_and_each_test_has_its_own() -> None:
    one, other = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    one.events_applied.labels("add-to-cart").inc()
    assert 'shopkeeper_events_applied_total{event_type="add-to-cart"} 1.0' in generate_latest(one.registry).decode()
    assert "add-to-cart" not in generate_latest(other.registry).decode()


def test_the_default_ones_are_made_once() -> None:
    assert default_metrics() is default_metrics()


def test_names_and_labels() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.handled.labels("unary", "s.S", "M", "OK").inc()
    metrics.dead_lettered.labels("INVALID_UTF8").inc()
    metrics.freshness.observe(0.08)
    metrics.consumer_lag.labels("sample.user-events.v1", "3").set(7)
    metrics.degradations.labels("popular").inc()
    metrics.bundle_info.labels("ranker", "v3").set(1)
    metrics.http_requests.labels("/v1/search", "GET", "200").inc()
    metrics.http_seconds.labels("/v1/search").observe(0.004)
    lines = generate_latest(metrics.registry).decode().splitlines()

    for expected in (
        'grpc_server_handled_total{grpc_code="OK",grpc_method="M",grpc_service="s.S",grpc_type="unary"} 1.0',
        'shopkeeper_events_dead_lettered_total{reason="INVALID_UTF8"} 1.0',
        'shopkeeper_event_freshness_seconds_bucket{le="0.1"} 1.0',
        'shopkeeper_event_freshness_seconds_bucket{le="0.075"} 0.0',
        'shopkeeper_consumer_lag_records{partition="3",topic="sample.user-events.v1"} 7.0',
        'shopkeeper_degradations_total{kind="popular"} 1.0',
        'shopkeeper_bundle_info{kind="ranker",version="v3"} 1.0',
        'shopkeeper_http_requests_total{code="200",method="GET",route="/v1/search"} 1.0',
        'shopkeeper_http_request_seconds_bucket{le="0.005",route="/v1/search"} 1.0',
    ):
        assert expected in lines
