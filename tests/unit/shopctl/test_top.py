"""What `shopctl top` makes of two looks at the Prometheus pages."""

import pytest

from shopctl.top import Look, compare, parse, quantile

BEFORE = """
# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_method="Recommend",grpc_code="OK"} 100
grpc_server_handled_total{grpc_method="Recommend",grpc_code="INTERNAL"} 1
# TYPE shopkeeper_events_applied_total counter
shopkeeper_events_applied_total{event_type="search"} 50
"""
NOW = """
# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_method="Recommend",grpc_code="OK"} 120
grpc_server_handled_total{grpc_method="Recommend",grpc_code="INTERNAL"} 3
grpc_server_handled_total{grpc_method="Search",grpc_code="NOT_FOUND"} 8
# TYPE grpc_server_handling_seconds histogram
grpc_server_handling_seconds_bucket{grpc_method="Recommend",le="0.01"} 10
grpc_server_handling_seconds_bucket{grpc_method="Recommend",le="0.1"} 20
grpc_server_handling_seconds_bucket{grpc_method="Recommend",le="+Inf"} 20
grpc_server_handling_seconds_count{grpc_method="Recommend"} 20
grpc_server_handling_seconds_sum{grpc_method="Recommend"} 1
# TYPE shopkeeper_events_applied_total counter
shopkeeper_events_applied_total{event_type="search"} 70
shopkeeper_events_applied_total{event_type="refund"} 10
# TYPE shopkeeper_events_dead_lettered_total counter
shopkeeper_events_dead_lettered_total{reason="broken-json"} 4
# TYPE shopkeeper_consumer_lag_records gauge
shopkeeper_consumer_lag_records{topic="t",partition="0"} 3
shopkeeper_consumer_lag_records{topic="t",partition="1"} 4
# TYPE shopkeeper_bundle_info gauge
shopkeeper_bundle_info{kind="recommender",version="old"} 0
shopkeeper_bundle_info{kind="recommender",version="new"} 1
"""


def test_rates_are_what_was_added_between_two_looks() -> None:
    view = compare({"recommender": parse(BEFORE, 10.0)}, {"recommender": parse(NOW, 12.0)})
    services = {each.service: each for each in view.services}
    recommender, gateway = services["recommender"], services["gateway"]
    assert (recommender.service, recommender.up, recommender.requests_per_s) == ("recommender", True, 15.0)
    assert recommender.errors_per_s == 1.0, "what the caller asked for wrongly is no error"
    assert (recommender.p50_ms, recommender.p99_ms) == (10.0, 98.2)
    assert recommender.bundle == "new"
    assert (gateway.service, gateway.up) == ("gateway", False)
    assert (view.stream.events_per_s, view.stream.dead_letters_per_s, view.stream.lag) == (15.0, 2.0, 7)
    assert view.stream.events_total == 80


def test_a_process_started_anew_counts_from_its_start() -> None:
    view = compare({"recommender": parse(NOW, 10.0)}, {"recommender": parse(BEFORE, 12.0)})
    assert view.services[0].requests_per_s == 50.5
    assert view.stream.events_per_s == 25.0


@pytest.mark.parametrize(("q", "expected"), [(0.25, 0.5), (0.5, 1.0), (0.75, 1.5), (1.0, 2.0)])
def test_a_quantile_is_linear_within_its_bucket(q: float, expected: float) -> None:
    assert quantile({1.0: 10, 2.0: 20, float("inf"): 20}, q) == expected


def test_a_quantile_beyond_the_last_bound_is_that_bound_and_of_nothing_is_none() -> None:
    assert quantile({1.0: 1, float("inf"): 10}, 0.99) == 1.0
    assert quantile({}, 0.5) is None
    assert quantile({1.0: 0, float("inf"): 0}, 0.5) is None
    assert Look(0.0).total("nothing") == 0
