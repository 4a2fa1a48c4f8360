"""The recommender as its callers meet it: over gRPC, with its consumer beside it, on either kind of log and state."""

import threading
import uuid
from collections.abc import Callable, Iterator

import grpc
import pytest
from google.protobuf.wrappers_pb2 import DoubleValue

from contracts import topics
from services.recommender import tokens
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from tests import running_recommender as running
from tests.clickstream import event, publish
from tests.running_recommender import (
    COLOURS,
    Recommender,
    product,
    refused,
    running_recommender,
    small_shop,
    until,
)


@pytest.fixture(scope="module", params=["sqlite", "kafka+redis"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """One small shop for all stories of this file; each has shoppers of its own."""
    home, shop_id = tmp_path_factory.mktemp("shop"), f"t{uuid.uuid4().hex[:12]}"
    urls = {}
    if request.param != "sqlite":
        urls = {
            "events_url": request.getfixturevalue("broker").url,
            "state_url": request.getfixturevalue("redis_url"),
        }
    with running_recommender(home, shop_id, **urls) as recommender:
        assert recommender.put(small_shop()).imported_count == 60
        until(lambda: len(recommender.recommend(page_size=100).results), lambda n: n == 60)
        yield recommender


def ids(answer: pb.RecommendResponse | pb.SearchResponse) -> list[str]:
    return [result.product_id for result in answer.results]


def tell(shop: Recommender, *events: object) -> None:
    publish(shop.to.log, shop.to.shop.id, events)  # type: ignore[arg-type]


PLACEMENTS = [pb.PLACEMENT_HOME, pb.PLACEMENT_SIMILAR, pb.PLACEMENT_GOES_WITH, pb.PLACEMENT_POPULAR]


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_each_place_is_filled_by_what_passes_the_filter(shop: Recommender, placement: pb.Placement) -> None:
    wanted = pb.ProductFilter(categories=["Clothing"], exclude_product_ids=["shirt-red-1"])
    wanted.max_price.units, wanted.max_price.currency_code = 25, "CNY"
    answer = shop.recommend(
        placement=placement, context_product_ids=["shirt-red-0"], filter=wanted, page_size=100, language_code="en"
    )
    expected = {p.product_id for p in small_shop() if p.categories == ["Clothing > Shirts"] and p.price.units <= 25}
    assert set(ids(answer)) == expected - {"shirt-red-0", "shirt-red-1"}
    assert answer.attribution_token
    assert answer.next_page_token == ""


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_paging_shows_everything_once(shop: Recommender, placement: pb.Placement) -> None:
    asked = {"placement": placement, "context_product_ids": ["novel-blue-2"], "page_size": 7}
    seen, token = [], ""
    while True:
        answer = shop.recommend("pager", **asked, page_token=token)
        seen += ids(answer)
        token = answer.next_page_token
        if not token:
            break
        assert len(answer.results) == 7
    assert len(seen) == len(set(seen)) == 59


def test_a_page_that_ends_the_shelf_promises_no_other(shop: Recommender) -> None:
    assert shop.recommend("pager", page_size=60).next_page_token == ""
    assert shop.recommend("pager", page_size=30).next_page_token != ""


def test_pages_fit_together_for_a_shopper_with_tastes(shop: Recommender) -> None:
    tell(shop, *[event("taster", "purchase-complete", f"shirt-{colour}-1", "novel-red-0") for colour in COLOURS])
    until(lambda: sold(shop), lambda n: n >= 10)  # and nothing changes while the pages are turned
    spread = DoubleValue(value=0.5)
    token, pages = "", []
    for _ in range(9):
        answer = shop.recommend("taster", page_size=5, page_token=token, diversity=spread)
        pages += ids(answer)
        token = answer.next_page_token
    assert len(pages) == len(set(pages)) == 45


def sold(shop: Recommender) -> float:
    """All pieces sold, as the shelf of best-sellers knows by now."""
    answer = shop.recommend(placement=pb.PLACEMENT_POPULAR, page_size=100, diversity=DoubleValue(value=0))
    return round(sum(result.score for result in answer.results if result.score > 0), 3)


def test_an_import_names_what_is_wrong_and_takes_the_rest(shop: Recommender) -> None:
    wrong = [product("shirt", "red", 90), product("shirt", "red", 91), product("shirt", "red", 92)]
    wrong[0].price.units, wrong[1].title = -5, ""
    answer = shop.put(wrong)
    assert (answer.imported_count, answer.rejected_count) == (1, 2)
    assert [(e.index, e.product_id, e.field) for e in answer.errors] == [
        (0, "shirt-red-90", "price.units"),
        (1, "shirt-red-91", "title"),
    ]
    assert answer.errors[0].message == "-5.000000000 is negative, the least is 0"
    assert ids(shop.search("shirt-red-92"))[0] == "shirt-red-92"  # found at once
    until(
        lambda: ids(shop.recommend(placement=pb.PLACEMENT_POPULAR, page_size=100)),
        lambda got: wrong[2].product_id in got,
    )
    shop.stub.DeleteProduct(pb.DeleteProductRequest(product_id="shirt-red-92"), timeout=10)


def test_a_product_imported_again_is_no_newer(shop: Recommender) -> None:
    asked = pb.GetProductRequest(product_id="novel-green-1")
    first = shop.stub.GetProduct(asked, timeout=5).product
    again = product("novel", "green", 1)
    again.description = "Second edition."
    shop.put([again])
    second = shop.stub.GetProduct(asked, timeout=5).product
    assert (second.description, second.publish_time) == ("Second edition.", first.publish_time)
    assert ids(shop.search("second edition"))[0] == "novel-green-1"
    shop.put([product("novel", "green", 1)])


def test_an_import_in_several_messages_counts_over_all_of_them(shop: Recommender) -> None:
    bad = pb.ImportProductsRequest(products=[product("novel", "red", 0), running.Product(product_id="x y")])
    answer = shop.stub.ImportProducts(iter([pb.ImportProductsRequest(), bad, bad]), timeout=10)
    assert [error.index for error in answer.errors] == [1, 3]
    too_many = pb.ImportProductsRequest(products=[product("novel", "red", 0)] * 1001)
    refusal = refused(lambda: shop.stub.ImportProducts(iter([too_many]), timeout=10))
    assert (refusal.code, refusal.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("products",))
    assert "1001 entries, the limit is 1000" in refusal.message
    assert shop.stub.ImportProducts(iter([]), timeout=10).imported_count == 0


def test_an_import_sent_again_is_answered_as_the_first(shop: Recommender) -> None:
    request_id = str(uuid.uuid4())
    first = shop.put([product("kettle", "red", 0), running.Product(product_id="untitled")], request_id)
    assert (first.imported_count, first.rejected_count) == (1, 1)
    assert shop.put([], request_id.upper()) == first


def test_an_import_in_progress_is_not_begun_again(shop: Recommender) -> None:
    request_id, ended = str(uuid.uuid4()), threading.Event()

    def slow() -> Iterator[pb.ImportProductsRequest]:
        yield pb.ImportProductsRequest(request_id=request_id, products=[product("kettle", "red", 55)])
        ended.wait(10)

    going = shop.stub.ImportProducts.future(slow(), timeout=20)
    until(lambda: ids(shop.search("kettle-red-55"))[:1] == ["kettle-red-55"])
    refusal = refused(lambda: shop.put([], request_id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_IN_PROGRESS")
    going.cancel()
    ended.set()
    again = until(lambda: retried(lambda: shop.put([product("kettle", "red", 0)], request_id)))
    assert again is not None
    assert again.imported_count == 1  # what was cancelled can be sent again
    shop.stub.DeleteProduct(pb.DeleteProductRequest(product_id="kettle-red-55"), timeout=10)


def retried(call: Callable[[], pb.ImportProductsResponse]) -> pb.ImportProductsResponse | None:
    try:
        return call()
    except grpc.RpcError:
        return None


def test_what_is_out_of_stock_is_shown_only_on_demand(shop: Recommender) -> None:
    gone = product("kettle", "red", 3)
    gone.stock.value = 0
    shop.put([gone])
    until(lambda: "kettle-red-3" in ids(shop.recommend(page_size=100)), lambda shown: not shown)
    assert "kettle-red-3" not in ids(shop.search("red kettle", page_size=100))
    wanted = pb.ProductFilter(include_out_of_stock=True)
    assert "kettle-red-3" in ids(shop.recommend(page_size=100, filter=wanted))
    assert "kettle-red-3" in ids(shop.search("red kettle", page_size=100, filter=wanted))
    shop.put([product("kettle", "red", 3)])
    until(lambda: "kettle-red-3" in ids(shop.recommend(page_size=100)))


def test_what_was_bought_comes_again_or_is_left_out(shop: Recommender) -> None:
    assert ids(shop.recommend("buyer", placement=pb.PLACEMENT_BUY_AGAIN)) == []
    tell(shop, event("buyer", "purchase-complete", "kettle-blue-1", "novel-green-2"))
    again = until(lambda: ids(shop.recommend("buyer", placement=pb.PLACEMENT_BUY_AGAIN)))
    assert set(again) == {"kettle-blue-1", "novel-green-2"}
    for placement in (pb.PLACEMENT_HOME, pb.PLACEMENT_POPULAR):
        rest = ids(shop.recommend("buyer", placement=placement, exclude_purchased=True, page_size=100))
        assert not {"kettle-blue-1", "novel-green-2"} & set(rest)
        assert len(rest) >= 58


def test_one_event_changes_the_next_answer(shop: Recommender) -> None:
    before = ids(shop.recommend("looker", page_size=10))
    tell(shop, event("looker", "detail-page-view", "novel-white-3"))
    until(lambda: shop.profile("looker").event_count)
    after = shop.recommend("looker", page_size=10)
    assert ids(after) != before
    assert sum(name.startswith("novel-") for name in ids(after)) >= 5
    assert any(result.reason.related_product_id == "novel-white-3" for result in after.results)


def test_products_and_reasons_speak_the_language_asked_for(shop: Recommender) -> None:
    tell(shop, event("speaker", "detail-page-view", "shirt-red-0"))
    until(lambda: shop.profile("speaker").event_count)
    for code in ("zh", "zh-CN"):
        for result in shop.recommend("speaker", language_code=code).results:
            assert (result.product.language_code, is_chinese(result.product.title)) == ("zh", True)
            assert is_chinese(result.reason.text)
    for result in shop.recommend("speaker").results:
        assert not is_chinese(result.product.title + result.reason.text)
    assert all(is_chinese(r.reason.text) for r in shop.search("red shirt", language_code="zh").results)


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_search_finds_orders_pages_and_counts(shop: Recommender) -> None:
    answer = shop.search("shirt", page_size=8)
    assert answer.total_size == 20
    assert all(result.product.categories == ["Clothing > Shirts"] for result in answer.results)
    seen, token = ids(answer), answer.next_page_token
    while token:
        answer = shop.search("shirt", page_size=8, page_token=token)
        seen, token = seen + ids(answer), answer.next_page_token
    assert len(seen) == len(set(seen)) == 20
    facets = {facet.name: {value.value: value.count for value in facet.values} for facet in answer.facets}
    assert facets["colour"] == dict.fromkeys(COLOURS, 4)
    assert facets["brand"] == {"Woven": 20}
    price = next(facet for facet in answer.facets if facet.name == "price")
    assert sum(value.count for value in price.values) == 20
    assert {value.min_price.currency_code for value in price.values} == {"CNY"}  # on the last page too


def test_search_by_price(shop: Recommender) -> None:
    up = [r.product.price.units for r in shop.search("novel", order=pb.SEARCH_ORDER_PRICE_ASCENDING).results]
    down = [r.product.price.units for r in shop.search("novel", order=pb.SEARCH_ORDER_PRICE_DESCENDING).results]
    assert up == sorted(up) == down[::-1]
    assert len(up) == 20


def test_search_in_chinese_and_with_a_filter_alone(shop: Recommender) -> None:
    assert ids(shop.search("红色 衬衫", language_code="zh"))[0].startswith("shirt-red-")
    wanted = pb.ProductFilter(brands=["Boilwell"])
    answer = shop.search(filter=wanted)
    assert answer.total_size == 20
    assert all(name.startswith("kettle-") for name in ids(answer))


def test_a_product_by_its_id(shop: Recommender) -> None:
    found = shop.stub.GetProduct(pb.GetProductRequest(product_id="shirt-red-0"), timeout=5).product
    assert found.HasField("publish_time")  # when it was imported
    found.ClearField("publish_time")
    assert found == product("shirt", "red", 0)
    asked = pb.GetProductRequest(product_id="shirt-red-0", language_code="zh")
    assert shop.stub.GetProduct(asked, timeout=5).product.title == "红色 棉 衬衫 0"
    refusal = refused(lambda: shop.stub.GetProduct(pb.GetProductRequest(product_id="no-such"), timeout=5))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "PRODUCT_NOT_FOUND")
    assert "no-such" in refusal.message
    refusal = refused(lambda: shop.stub.GetProduct(pb.GetProductRequest(product_id="a b"), timeout=5))
    assert (refusal.code, refusal.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("product_id",))


def test_all_products_in_order_of_id(shop: Recommender) -> None:
    seen, token = [], ""
    while True:
        page = shop.stub.ListProducts(pb.ListProductsRequest(page_size=20, page_token=token), timeout=5)
        assert page.total_size == 60
        seen += [one.product_id for one in page.products]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted(one.product_id for one in small_shop())
    assert len(shop.stub.ListProducts(pb.ListProductsRequest(), timeout=5).products) == 50
    refusal = refused(lambda: shop.stub.ListProducts(pb.ListProductsRequest(page_size=1001), timeout=5))
    assert refusal.fields == ("page_size",)
    refusal = refused(lambda: shop.stub.ListProducts(pb.ListProductsRequest(page_token="x"), timeout=5))
    assert refusal.fields == ("page_token",)


def test_a_deleted_product_is_gone_from_every_answer(shop: Recommender) -> None:
    short = product("novel", "black", 77)
    shop.put([short])
    until(lambda: short.product_id in ids(shop.recommend(page_size=100)))
    shop.stub.DeleteProduct(pb.DeleteProductRequest(product_id=short.product_id), timeout=10)
    assert (
        refused(lambda: shop.stub.GetProduct(pb.GetProductRequest(product_id=short.product_id))).code.name
        == "NOT_FOUND"
    )
    for placement in PLACEMENTS:
        answer = shop.recommend(placement=placement, context_product_ids=["novel-black-0"], page_size=100)
        assert short.product_id not in ids(answer)
    assert short.product_id not in ids(shop.search("black novel", page_size=100))
    listed = shop.stub.ListProducts(pb.ListProductsRequest(page_size=1000), timeout=5)
    assert (listed.total_size, short.product_id in [one.product_id for one in listed.products]) == (60, False)
    shop.stub.DeleteProduct(pb.DeleteProductRequest(product_id=short.product_id), timeout=10)  # again: no error


def logged_in(visitor_id: str, user_id: str, kind: str, *product_ids: str) -> UserEvent:
    told = event(visitor_id, kind, *product_ids)
    told.user_id = user_id
    return told


def test_a_user_is_the_sum_of_their_visitors(shop: Recommender) -> None:
    tell(
        shop,
        logged_in("phone", "carol", "purchase-complete", "shirt-red-0"),
        logged_in("laptop", "carol", "purchase-complete", "shirt-red-0", "novel-red-0"),
        logged_in("laptop", "carol", "add-to-cart", "kettle-red-0"),
    )
    until(lambda: shop.profile("phone", "carol").event_count, lambda n: n == 3)
    profile = shop.profile("phone", "carol")
    assert (profile.visitor_id, profile.user_id, list(profile.linked_visitor_ids)) == ("phone", "carol", ["laptop"])
    orders = {line.product_id: line.order_count for line in profile.purchased_products}
    assert orders == {"shirt-red-0": 2, "novel-red-0": 1}
    assert [item.product_id for item in profile.cart_items] == ["kettle-red-0"]
    assert shop.profile("phone").order_count == 1
    assert shop.profile("nobody").event_count == 0


def test_who_is_forgotten_does_not_come_back(shop: Recommender) -> None:
    told = [logged_in(name, "dora", "purchase-complete", "shirt-blue-0") for name in ("dora-phone", "dora-laptop")]
    told[0].event_time.FromMilliseconds(told[0].event_time.ToMilliseconds() + 3_600_000)  # a clock that runs ahead
    tell(shop, *told)
    until(lambda: shop.profile("dora-phone", "dora").order_count, lambda n: n == 2)
    asked = pb.DeleteProfileRequest(visitor_id="dora-phone", user_id="dora")
    forgotten = shop.stub.DeleteProfile(asked, timeout=10)
    assert sorted(forgotten.visitor_ids) == ["dora-laptop", "dora-phone"]
    assert shop.profile("dora-phone", "dora").event_count == 0
    tell(shop, *told, event("witness", "home-page-view"), event("dora-phone", "home-page-view"))
    until(lambda: applied(shop), lambda n: n == published(shop))
    assert shop.profile("dora-phone", "dora").event_count == 0
    assert shop.profile("dora-laptop").event_count == 0
    assert shop.to.state.members("user:dora") == []


def test_a_forgotten_visitor_is_no_longer_linked_to_the_user(shop: Recommender) -> None:
    tell(shop, logged_in("shared-pc", "emil", "home-page-view"))
    until(lambda: shop.profile("shared-pc").user_id)
    shop.stub.DeleteProfile(pb.DeleteProfileRequest(visitor_id="shared-pc"), timeout=10)
    assert shop.to.state.members("user:emil") == []


def applied(shop: Recommender) -> int:
    topic = topics.user_events(shop.to.shop.id).name
    return sum(shop.to.state.offset(f"{topic}/{n}") for n in range(shop.to.log.partitions(topic)))


def published(shop: Recommender) -> int:
    return sum(shop.to.log.end_offsets(topics.user_events(shop.to.shop.id).name).values())


def test_the_attribution_token_tells_what_answered(shop: Recommender) -> None:
    read = tokens.read_attribution(shop.recommend(placement=pb.PLACEMENT_POPULAR).attribution_token)
    assert read is not None
    assert read[:2] == ("popular", "")
    assert shop.recommend().degradations == ["no-model"]
