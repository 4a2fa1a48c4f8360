"""The recommender as its callers meet it: over gRPC, with its consumer beside it, on either kind of log and state."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from shopkeeper.recommender.v1 import recommender_pb2 as pb
from tests import running_recommender as running
from tests.clickstream import event, publish
from tests.running_recommender import Recommender, product, refused, running_recommender, small_shop, until


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
