"""HTTP/JSON to protobuf by the rules of the contracts."""

import json

import pytest

from gateway import passing, transcoding
from gateway.http import SERVICES
from gateway.passing import DIALOGUE_SERVICE, RECOMMENDER_SERVICE
from servicekit.errors import InvalidInput
from shopkeeper.gateway.v1 import gateway_pb2 as pb

STOREFRONT = pb.DESCRIPTOR.services_by_name["StorefrontService"]
ROUTES = {route.method.name: route for route in transcoding.routes(STOREFRONT)}


def test_every_rpc_but_converse_has_a_route_of_its_own():
    routes = [route for service in SERVICES for route in transcoding.routes(service)]
    every = {method.full_name for service in SERVICES for method in service.methods}
    assert every - {route.method.full_name for route in routes} == {f"{DIALOGUE_SERVICE.full_name}.Converse"}
    assert len({(route.verb, route.path) for route in routes}) == len(routes)


def test_a_get_is_made_of_its_path_and_query():
    request = transcoding.decode(
        ROUTES["GetProductPage"], {"product_id": "tea-1"}, [("languageCode", "zh"), ("page_size", "3")], b""
    )
    assert request == pb.GetProductPageRequest(product_id="tea-1", language_code="zh", page_size=3)


def test_a_query_may_reach_into_messages_wrappers_and_lists():
    list_products = next(route for route in transcoding.routes(RECOMMENDER_SERVICE) if route.method.name == "Recommend")
    by_query = transcoding.Route(list_products.method, "GET", "/x", "", "")
    query = [("contextProductIds", "a"), ("contextProductIds", "b"), ("diversity", "0.5"), ("excludePurchased", "true")]
    request = transcoding.decode(by_query, {}, [*query, ("filter.minPrice.units", "3")], b"")
    assert list(request.context_product_ids) == ["a", "b"]
    assert (request.diversity.value, request.exclude_purchased, request.filter.min_price.units) == (0.5, True, 3)


def test_a_body_fills_the_field_that_the_contract_names():
    request = transcoding.decode(ROUTES["Search"], {}, [], b'{"query": "tea", "order": "SEARCH_ORDER_NEWEST"}')
    assert (request.search.query, request.search.order) == ("tea", 4)


def test_an_answer_is_the_field_that_the_contract_names():
    answer = pb.SearchResponse()
    answer.search.total_size = 3
    assert json.loads(transcoding.encode(ROUTES["Search"], answer)) == {"totalSize": "3"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"nul", "body"),
        (b"[]", "body"),
        (b"\xff{}", "body"),
        (b"[" * 100_000, "body"),
        (b'{"nonsense": 1}', "search"),
        (b'{"query": 1}', "search.query"),
        (b'{"query": "\\ud800"}', "search.query"),
        (b'{"pageSize": 3.5}', "search.pageSize"),
        (b'{"pageSize": 99999999999}', "search.pageSize"),
        (b'{"order": "NOPE"}', "search.order"),
        (b'{"filter": {"minPrice": {"units": "1e999"}}}', "search.filter.minPrice.units"),
        (b'{"filter": {"attributes": {"a": 2}}}', "search.filter.attributes"),
    ],
)
def test_a_body_that_is_wrong_is_an_error_that_names_the_field(body, field):
    with pytest.raises(InvalidInput) as caught:
        transcoding.decode(ROUTES["Search"], {}, [], body)
    assert caught.value.violations[0].field == field


@pytest.mark.parametrize(
    ("name", "value"), [("pageSize", "x"), ("nope", "1"), ("productId", "other"), ("languageCode.x", "1")]
)
def test_a_query_that_is_wrong_is_an_error(name, value):
    with pytest.raises(InvalidInput):
        transcoding.decode(ROUTES["GetProductPage"], {"product_id": "tea-1"}, [(name, value)], b"")


def test_writing_copy_and_taking_in_products_may_take_longer_than_other_calls():
    by_name = {route.method.name: route.method for service in SERVICES for route in transcoding.routes(service)}
    patient = {name for name, method in by_name.items() if passing.patience_seconds(method) > 5}
    assert {"CreateDraft", "ReviseDraft", "EvaluateCopy", "ImportProducts"} <= patient
    assert not patient & {"Recommend", "Parse", "ListHandoffs", "PlaceOrder", "GetChat"}
