"""What the contract's comments promise of requests: defaults, and limits told with field, value and limit."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from google.protobuf import json_format

from servicekit.errors import InvalidInput
from services.recommender import requests
from shopkeeper.recommender.v1 import recommender_pb2 as pb

LONG = "x" * 129
SIX_FIGURES = {"units": "100000"}


def violations(check: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error:
        check()
    assert all(v.field in str(error.value) and v.message in str(error.value) for v in error.value.violations)
    return {violation.field: violation.message for violation in error.value.violations}


def shelf(**fields: Any) -> pb.RecommendRequest:
    return json_format.ParseDict({"visitorId": "ann", **fields}, pb.RecommendRequest())


def query(**fields: Any) -> pb.SearchRequest:
    return json_format.ParseDict({"query": "red dress", **fields}, pb.SearchRequest())


def test_a_bare_request_takes_the_defaults_of_the_contract() -> None:
    wanted = requests.recommend(shelf())
    assert (wanted.ask.placement, wanted.ask.language_code, wanted.page.size) == ("home", "en", 20)
    assert (wanted.page.offset, wanted.ask.diversity, wanted.ask.exclude_purchased) == (0, None, False)
    assert not wanted.ask.filter.include_out_of_stock
    found = requests.search(query())
    assert (found.ask.order, found.ask.language_code, found.ask.size, found.ask.offset) == ("relevance", "en", 20, 0)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"visitorId": ""}, "visitor_id", "is required"),
        ({"visitorId": "", "placement": "PLACEMENT_BUY_AGAIN", "userId": "u"}, "visitor_id", "is required"),
        ({"visitorId": LONG}, "visitor_id", "129 characters, the limit is 128"),
        ({"userId": LONG}, "user_id", "129 characters, the limit is 128"),
        ({"placement": 17}, "placement", "17 is not a Placement"),
        ({"placement": "PLACEMENT_SIMILAR"}, "context_product_ids", "is required for PLACEMENT_SIMILAR"),
        ({"placement": "PLACEMENT_GOES_WITH"}, "context_product_ids", "is required for PLACEMENT_GOES_WITH"),
        ({"contextProductIds": ["p"] * 51}, "context_product_ids", "51 entries, the limit is 50"),
        ({"pageSize": 101}, "page_size", "101 is not between 1 and 100"),
        ({"pageSize": -1}, "page_size", "-1 is not between 1 and 100"),
        ({"diversity": 1.01}, "diversity", "1.01 is not between 0 and 1"),
        ({"diversity": "NaN"}, "diversity", "nan is not between 0 and 1"),
    ],
)
def test_a_shelf_beyond_a_limit_is_refused(fields: Mapping[str, Any], field: str, says: str) -> None:
    assert says in violations(lambda: requests.recommend(shelf(**fields)))[field]


@pytest.mark.parametrize("placement", ["PLACEMENT_SIMILAR", "PLACEMENT_GOES_WITH", "PLACEMENT_POPULAR"])
def test_places_that_need_no_visitor(placement: str) -> None:
    wanted = requests.recommend(shelf(visitorId="", placement=placement, contextProductIds=["p"] * 50, pageSize=100))
    assert (wanted.visitor_id, wanted.page.size, len(wanted.ask.context_product_ids)) == ("", 100, 50)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"query": ""}, "query", "is required unless a filter is set"),
        ({"query": " \t"}, "query", "is required unless a filter is set"),
        ({"query": "", "filter": {"excludeProductIds": ["p"]}}, "query", "is required unless a filter is set"),
        ({"query": "长" * 1001}, "query", "1001 characters, the limit is 1000"),
        ({"visitorId": LONG}, "visitor_id", "the limit is 128"),
        ({"userId": LONG}, "user_id", "the limit is 128"),
        ({"order": 9}, "order", "9 is not a SearchOrder"),
        ({"pageSize": 101}, "page_size", "101 is not between 1 and 100"),
    ],
)
def test_a_search_beyond_a_limit_is_refused(fields: Mapping[str, Any], field: str, says: str) -> None:
    assert says in violations(lambda: requests.search(query(**fields)))[field]


def test_a_filter_alone_is_enough_to_search() -> None:
    assert requests.search(query(query="", filter={"brands": ["Acme"]})).ask.filter.brands == ("Acme",)


@pytest.mark.parametrize(
    ("wanted", "field", "says"),
    [
        ({"categories": ["c"] * 51}, "filter.categories", "51 entries, the limit is 50"),
        ({"brands": ["b"] * 51}, "filter.brands", "51 entries, the limit is 50"),
        ({"attributes": [{"name": f"n{n}", "values": ["v"]} for n in range(21)]}, "filter.attributes", "21 entries"),
        ({"attributes": [{"name": "n", "values": ["v"] * 51}]}, "filter.attributes[0].values", "51 entries"),
        ({"attributes": [{"name": "n"}]}, "filter.attributes[0].values", "is required"),
        ({"attributes": [{"values": ["v"]}]}, "filter.attributes[0].name", "is required"),
        (
            {"attributes": [{"name": "n", "values": ["v"]}, {"name": "n", "values": ["w"]}]},
            "filter.attributes[1].name",
            "'n' is there twice",
        ),
        ({"excludeProductIds": ["p"] * 1001}, "filter.exclude_product_ids", "1001 entries, the limit is 1000"),
        ({"minPrice": {"units": "-1"}}, "filter.min_price.units", "is negative, the least is 0"),
        ({"maxPrice": {"nanos": 1_000_000_000}}, "filter.max_price.nanos", "is above 999999999"),
        ({"maxPrice": {"currencyCode": "yuan"}}, "filter.max_price.currency_code", "'yuan' is not an ISO 4217 code"),
        ({"minPrice": SIX_FIGURES, "maxPrice": {"units": "3"}}, "filter.min_price.units", "100000 is above"),
        (
            {"minPrice": {"currencyCode": "CNY"}, "maxPrice": {"currencyCode": "USD"}},
            "filter.max_price.currency_code",
            "'USD' is not that of min_price, 'CNY'",
        ),
    ],
)
def test_a_filter_beyond_a_limit_is_refused_on_shelf_and_in_search(
    wanted: Mapping[str, Any], field: str, says: str
) -> None:
    assert says in violations(lambda: requests.recommend(shelf(filter=wanted)))[field]
    assert says in violations(lambda: requests.search(query(filter=wanted)))[field]


def test_a_filter_within_its_limits_is_taken_whole() -> None:
    wanted = {
        "categories": ["Clothing > Women"],
        "minPrice": {"units": "9", "nanos": 990_000_000},
        "maxPrice": {"units": "20"},
        "attributes": [{"name": "colour", "values": ["red", "blue"]}],
        "excludeProductIds": ["a", "b"],
        "includeOutOfStock": True,
    }
    found = requests.recommend(shelf(filter=wanted)).ask.filter
    assert (found.min_price, found.max_price) == (pytest.approx(9.99), 20.0)
    assert found.attributes == {"colour": ("red", "blue")}
    assert (found.categories, found.exclude_product_ids) == (("Clothing > Women",), frozenset({"a", "b"}))
    assert found.include_out_of_stock


def test_a_page_token_leads_to_the_next_page_of_the_same_request() -> None:
    first = requests.recommend(shelf(pageSize=7, placement="PLACEMENT_POPULAR"))
    token = first.page.next_token(found=8)
    second = requests.recommend(shelf(pageSize=5, placement="PLACEMENT_POPULAR", pageToken=token))
    assert (second.page.offset, second.page.end) == (7, 12)
    assert second.ask.limit > 12  # so that it is known whether another page follows


def test_no_token_where_nothing_follows() -> None:
    page = requests.recommend(shelf(pageSize=7)).page
    assert [bool(page.next_token(found)) for found in (0, 6, 7, 8)] == [False, False, False, True]


@pytest.mark.parametrize(
    "other",
    [
        shelf(visitorId="bob"),
        shelf(placement="PLACEMENT_POPULAR"),
        shelf(filter={"brands": ["Acme"]}),
        shelf(languageCode="zh"),
        shelf(diversity=0.5),
    ],
)
def test_a_page_token_of_another_request_is_refused(other: pb.RecommendRequest) -> None:
    other.page_token = requests.recommend(shelf()).page.next_token(found=100)
    assert "another request" in violations(lambda: requests.recommend(other))["page_token"]


def test_a_page_token_of_search_opens_no_shelf() -> None:
    search = pb.SearchRequest(visitor_id="ann", filter=pb.ProductFilter(brands=["x"]))
    alike = pb.RecommendRequest.FromString(search.SerializeToString())
    alike.page_token = requests.search(search).page.next_token(found=100)
    assert "page_token" in violations(lambda: requests.recommend(alike))


@pytest.mark.parametrize("token", ["garbage!", "令牌", "AAAA", "k" * 5000, "\0"])
def test_a_token_of_nobody_is_refused(token: str) -> None:
    assert "page_token" in violations(lambda: requests.recommend(shelf(pageToken=token)))


def test_who_is_asked_about_must_be_named() -> None:
    assert violations(lambda: requests.visitor("", "user")) == {"visitor_id": "is required"}
    assert "the limit is 128" in violations(lambda: requests.visitor(LONG, ""))["visitor_id"]
    assert "the limit is 128" in violations(lambda: requests.visitor("ann", LONG))["user_id"]
    requests.visitor("x" * 128, "u" * 128)


@pytest.mark.parametrize("wrong", ["", "a b", "a/b", "x" * 129, "产品", "a\n"])
def test_what_can_be_no_product_id_is_refused(wrong: str) -> None:
    assert "product_id" in violations(lambda: requests.product_id("product_id", wrong))


def test_a_request_id_is_the_same_however_it_is_written() -> None:
    usual = "0f8fad5b-d9cb-469f-a165-70867728950e"
    written = (usual, usual.upper(), f"{{{usual}}}", f"urn:uuid:{usual}")
    assert {requests.request_id(text) for text in written} == {usual}
    assert requests.request_id("") == ""
    assert "'seven' is not a UUID" in violations(lambda: requests.request_id("seven"))["request_id"]
