"""A merchandiser pins and hides products, over gRPC, on one replica and on another."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub
from tests.running_recommender import Recommender, product, refused, running_recommender, small_shop, until


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Recommender]:
    with running_recommender(tmp_path) as recommender:
        recommender.put(small_shop())
        yield recommender


def decide(shop: Recommender, product_id: str, **decision: object) -> pb.Curation:
    asked = pb.SetCurationRequest(product_id=product_id, **decision)  # type: ignore[arg-type]
    return shop.stub.SetCuration(asked, timeout=10).curation


def listed(shop: Recommender) -> list[pb.Curation]:
    return list(shop.stub.ListCurations(pb.ListCurationsRequest(), timeout=10).curations)


def ids(answer: pb.RecommendResponse | pb.SearchResponse) -> list[str]:
    return [result.product_id for result in answer.results]


def test_the_next_request_follows_and_an_import_undoes_nothing(shop: Recommender) -> None:
    made = decide(shop, "kettle-blue-3", pinned=True, actor="mei")
    decide(shop, "novel-red-0", hidden=True, actor="mei")
    assert (made.pinned, made.hidden, made.actor, made.HasField("update_time")) == (True, False, "mei", True)
    for _ in range(2):
        for placement in (pb.PLACEMENT_HOME, pb.PLACEMENT_POPULAR):
            shelf = shop.recommend(placement=placement, page_size=100)
            assert ids(shelf)[0] == "kettle-blue-3"
            assert shelf.results[0].sources[0] == "pinned"
            assert shelf.results[0].reason.text
            assert "novel-red-0" not in ids(shelf)
            assert len(ids(shelf)) == 59
        found = shop.search("kettle", page_size=100)
        assert (ids(found)[0], list(found.results[0].sources)) == ("kettle-blue-3", ["pinned", "search"])
        assert shop.search("novel", page_size=100).total_size == 19
        assert "novel-red-0" not in ids(shop.search("novel-red-0", page_size=100))
        shown = shop.stub.GetProduct(pb.GetProductRequest(product_id="novel-red-0"), timeout=5).product
        assert shown.product_id == "novel-red-0"
        shop.put(small_shop())  # the catalogue comes again
    assert listed(shop)[0] == made
    assert [(each.product_id, each.pinned, each.hidden) for each in listed(shop)] == [
        ("kettle-blue-3", True, False),
        ("novel-red-0", False, True),
    ]
    decide(shop, "kettle-blue-3")
    decide(shop, "novel-red-0")
    assert listed(shop) == []
    shelf = shop.recommend(page_size=100)
    assert "novel-red-0" in ids(shelf)
    assert not any("pinned" in result.sources for result in shelf.results)


def test_what_cannot_be_decided_says_why(shop: Recommender) -> None:
    both = refused(lambda: decide(shop, "novel-red-0", pinned=True, hidden=True))
    assert (both.code, both.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("pinned",))
    unknown = refused(lambda: decide(shop, "novel-red-99", hidden=True))
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "PRODUCT_NOT_FOUND")
    long = refused(lambda: decide(shop, "novel-red-0", hidden=True, actor="x" * 129))
    assert (long.code, long.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("actor",))
    assert "the limit is 128" in long.message
    assert refused(lambda: decide(shop, "", hidden=True)).fields == ("product_id",)
    assert listed(shop) == []


def test_who_decided_is_the_caller_unless_somebody_is_named(tmp_path: Path) -> None:
    with running_recommender(tmp_path, api_keys="console:key-of-the-console") as shop:
        keyed = grpc.intercept_channel(grpc.insecure_channel(shop.address), _Key("key-of-the-console"))
        stub = RecommenderServiceStub(keyed)
        asked = [pb.ImportProductsRequest(products=[product("shirt", "red")])]
        stub.ImportProducts(iter(asked), timeout=20)
        told = stub.SetCuration(pb.SetCurationRequest(product_id="shirt-red-0", pinned=True), timeout=5)
        assert told.curation.actor == "console"
        again = pb.SetCurationRequest(product_id="shirt-red-0", hidden=True, actor="mei")
        assert stub.SetCuration(again, timeout=5).curation.actor == "mei"


class _Key(grpc.UnaryUnaryClientInterceptor, grpc.StreamUnaryClientInterceptor):  # type: ignore[misc]
    """Shows a key with each call."""

    def __init__(self, key: str) -> None:
        self._metadata = (("x-api-key", key),)

    def intercept_unary_unary(self, continuation, details, request):  # type: ignore[no-untyped-def]
        return continuation(details._replace(metadata=self._metadata), request)

    def intercept_stream_unary(self, continuation, details, requests):  # type: ignore[no-untyped-def]
        return continuation(details._replace(metadata=self._metadata), requests)


def test_every_replica_follows_and_a_new_one_begins_with_it(tmp_path: Path) -> None:
    with running_recommender(tmp_path) as one:
        with running_recommender(tmp_path, roles="serve", curation_poll_seconds=0.1) as other:
            one.put(small_shop())
            decide(one, "novel-blue-2", pinned=True)
            until(lambda: ids(other.recommend())[:1], lambda first: first == ["novel-blue-2"])
            decide(other, "novel-blue-2", hidden=True)
            assert "novel-blue-2" not in ids(other.recommend(page_size=100))
        with running_recommender(tmp_path, roles="serve", curation_poll_seconds=600) as third:
            assert "novel-blue-2" not in ids(third.recommend(page_size=100))


def test_curations_outlive_a_restart_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    shop_id = f"t{uuid.uuid4().hex[:12]}"
    with running_recommender(tmp_path, shop_id, records_url=postgres_url) as shop:
        shop.put(small_shop(1))
        decide(shop, "shirt-red-0", pinned=True)
    with running_recommender(tmp_path, shop_id, records_url=postgres_url) as shop:
        assert ids(shop.recommend())[0] == "shirt-red-0"
        assert [each.product_id for each in listed(shop)] == ["shirt-red-0"]


def test_without_the_database_it_starts_and_says_what_is_missing(tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"
    with running_recommender(tmp_path, records_url=nowhere) as shop:
        shop.put(small_shop())
        for answer in (shop.recommend(page_size=100), shop.search("kettle")):
            assert "no-curations" in answer.degradations
            assert len(answer.results) >= 20
        refusal = refused(lambda: decide(shop, "novel-red-0", pinned=True))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "RECORDS_UNAVAILABLE")
        refusal = refused(lambda: shop.put(small_shop(1), str(uuid.uuid4())))
        assert refusal.reason == "RECORDS_UNAVAILABLE"


def test_with_the_database_nothing_is_missing(shop: Recommender) -> None:
    assert list(shop.recommend().degradations) == ["no-model"]
    assert not shop.search("kettle").degradations
