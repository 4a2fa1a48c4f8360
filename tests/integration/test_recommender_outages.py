"""What the recommender still does when something it stands on is away, broken or being replaced."""

import json
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from bench.broker import Broker
from servicekit.artifacts import ArtifactStore
from services.recommender import bundle, tokens
from services.recommender.assortment import assemble
from services.recommender.catalogue import Catalogue
from services.recommender.codec import to_product
from services.recommender.fit import FitConfig, Start, fit
from services.recommender.history import History
from services.recommender.learned import Models
from services.recommender.text import TextModel, document
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from tests.clickstream import event, publish
from tests.own_redis import OwnRedis
from tests.running_recommender import Recommender, product, refused, running_recommender, small_shop, until

NOW_MS = 1_700_000_000_000


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_the_state_store_strangers_are_served(tmp_path: Path, own_redis: OwnRedis, how: signal.Signals) -> None:
    with running_recommender(tmp_path, state_url=own_redis.url) as shop:
        shop.put(small_shop())
        publish(shop.to.log, "test", [event("ann", "purchase-complete", "shirt-red-0")])
        until(lambda: shop.profile("ann").event_count and shop.recommend("ann").results)
        assert "no-profile-store" not in shop.recommend("ann").degradations
        own_redis.signal(how)
        for _ in range(8):
            begun = time.monotonic()
            answer = shop.recommend("ann", timeout=2.0)
            assert time.monotonic() - begun < 1.5
            assert len(answer.results) == 20
            assert "no-profile-store" in answer.degradations
        assert "no-profile-store" in shop.search("shirt", visitor_id="ann").degradations
        begun = time.monotonic()
        asked = pb.GetProfileRequest(visitor_id="ann")
        refusal = refused(lambda: shop.stub.GetProfile(asked, timeout=2.0))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STATE_UNAVAILABLE")
        assert time.monotonic() - begun < 1.5
        if how == signal.SIGSTOP:
            own_redis.signal(signal.SIGCONT)
            until(lambda: "no-profile-store" in shop.recommend("ann").degradations, lambda missing: not missing)
            assert shop.profile("ann").event_count == 1


def test_a_recommender_starts_without_the_state_store(tmp_path: Path, own_redis: OwnRedis) -> None:
    with running_recommender(tmp_path, state_url=own_redis.url) as shop:
        shop.put(small_shop())
    own_redis.kill()
    with running_recommender(tmp_path, state_url=own_redis.url, roles="serve") as shop:
        assert len(shop.recommend("ann").results) == 20


def test_without_the_event_log_an_import_says_so_and_can_be_sent_again(
    tmp_path: Path, broker: Broker, shop_id: str
) -> None:
    request_id = str(uuid.uuid4())
    with running_recommender(tmp_path, shop_id, events_url=broker.url, roles="serve") as shop:
        shop.put(small_shop())
        broker.signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            refusal = refused(lambda: shop.put([product("shirt", "red")], request_id, timeout=2.0))
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
            assert "event log" in refusal.message
            assert time.monotonic() - begun < 2.0
            assert len(shop.recommend("ann").results) == 20  # meanwhile the shelves stand
        finally:
            broker.signal(signal.SIGCONT)
        assert until(lambda: imported(shop, request_id), seconds=30) == 1


def imported(shop: Recommender, request_id: str) -> int:
    try:
        return shop.put([product("shirt", "red")], request_id).imported_count
    except grpc.RpcError:
        return 0


def models_of_the_shop() -> Models:
    """Real ones, but for the ranker."""
    catalogue = Catalogue(to_product(told) for told in small_shop())
    text = TextModel.fit([document(one) for one in catalogue])
    assortment = assemble(catalogue, text, sorted(one.product_id for one in catalogue))
    return fit(History([], assortment), assortment, NOW_MS, FitConfig(), Start())


def small_bundle(store: ArtifactStore, seed: int) -> str:
    return bundle.save(store, models_of_the_shop(), seed=seed).version


def misfitting_bundle(store: ArtifactStore) -> str:
    """Whole by its checksums, but its text model knows fewer words than it names."""
    models = models_of_the_shop()
    text = TextModel(models.text.words, models.text.idf_W[:5], models.text.components_WD[:5])
    return bundle.save(store, replace(models, text=text)).version


def served_version(shop: Recommender) -> str:
    read = tokens.read_attribution(shop.recommend("ann").attribution_token)
    assert read is not None
    return read[1]


def test_bundles_change_under_load_and_no_request_fails(tmp_path: Path) -> None:
    with running_recommender(tmp_path) as shop, ThreadPoolExecutor(8) as callers:
        shop.put(small_shop())
        store = ArtifactStore(shop.to.shop.artifacts_url)
        first, second = small_bundle(store, 1), small_bundle(store, 2)
        going = [True]
        hammering = [callers.submit(hammer, shop, going) for _ in range(8)]
        store.promote(bundle.KIND, first)
        until(lambda: served_version(shop), lambda version: version == first)
        store.promote(bundle.KIND, second)
        until(lambda: served_version(shop), lambda version: version == second)
        store.rollback(bundle.KIND)
        until(lambda: served_version(shop), lambda version: version == first)
        break_by_hand(store, tmp_path, second)
        time.sleep(0.5)  # several looks at it
        going[0] = False
        seen = [version for caller in hammering for version in caller.result(20)]
        assert served_version(shop) == first
    assert set(seen) == {"", first, second}


def hammer(shop: Recommender, going: list[bool]) -> set[str]:
    """Versions that answered; a failed call or an empty shelf raises."""
    seen = set()
    while going[0]:
        answer = shop.recommend("ann")
        assert len(answer.results) == 20
        read = tokens.read_attribution(answer.attribution_token)
        assert read is not None
        seen.add(read[1])
    return seen


def break_by_hand(store: ArtifactStore, home: Path, version: str) -> None:
    folder = home / "artifacts" / bundle.KIND
    weights = folder / version / bundle.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])
    point_at(folder, version)


def point_at(folder: Path, version: str) -> None:
    (folder / "live.json").write_text(json.dumps({"version": version, "history": [version]}))


def test_a_broken_bundle_or_pointer_leaves_the_old_models_serving(tmp_path: Path) -> None:
    with running_recommender(tmp_path) as shop:
        shop.put(small_shop())
        store = ArtifactStore(shop.to.shop.artifacts_url)
        good, misfit = small_bundle(store, 1), misfitting_bundle(store)
        store.promote(bundle.KIND, good)
        until(lambda: served_version(shop), lambda version: version == good)
        folder = tmp_path / "artifacts" / bundle.KIND
        for broken in (lambda: point_at(folder, misfit), lambda: (folder / "live.json").write_text("{not json")):
            broken()
            time.sleep(0.5)  # several looks at it
            assert served_version(shop) == good
            assert len(shop.recommend("ann").results) == 20
        point_at(folder, good)
        better = small_bundle(store, 3)
        store.promote(bundle.KIND, better)
        until(lambda: served_version(shop), lambda version: version == better)
