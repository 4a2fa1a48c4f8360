"""A shop's catalogue and archive go in, a candidate bundle comes out, is judged, and is promoted if it is better."""

from dataclasses import replace
from pathlib import Path

import pytest
from google.type.money_pb2 import Money

from contracts import products, topics
from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.events import open_event_log
from servicekit.settings import ShopSettings
from services.recommender import bundle, evaluate, train
from services.recommender.archive import EventArchive
from services.recommender.data import read_archive
from services.recommender.events import ShopperEvent
from services.recommender.train import TrainConfig
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import ProductDetail, UserEvent
from tests.unit.recommender.past import SMALL, past
from tests.unit.recommender.shops import two_kinds


def wire(event: ShopperEvent) -> UserEvent:
    made = UserEvent(event_id=event.event_id, event_type=event.event_type, visitor_id=event.visitor_id)
    made.event_time.FromMilliseconds(event.time_ms)
    made.product_details.extend(
        ProductDetail(product_id=line.product_id, price=Money(currency_code="CNY", units=int(line.price)))
        for line in event.lines
    )
    return made


def archive(url: str, happened: list[ShopperEvent]) -> None:
    rows = [
        (e.event_id, e.event_type, e.time_ms, e.visitor_id, "", 0, offset, wire(e).SerializeToString())
        for offset, e in enumerate(happened)
    ]
    EventArchive(url).write_rows(0, rows)


@pytest.fixture
def shop(tmp_path: Path) -> ShopSettings:
    settings = ShopSettings(id="tiny", home=tmp_path)
    log = open_event_log(settings.events_url)
    log.ensure_topics([topics.catalog("tiny")])
    publisher = log.publisher()
    for one in two_kinds():
        made = Product(product_id=one.product_id, title=one.own.title, language_code="en")
        publisher.publish(products.to_message("tiny", made)).result(10)
    publisher.close()
    log.close()
    return settings


def test_the_archive_is_read_in_order_and_each_event_once(tmp_path: Path) -> None:
    happened = past(6)
    archive(str(tmp_path), happened[::-1])
    rows = [
        (e.event_id, e.event_type, e.time_ms, e.visitor_id, "", 1, n, wire(e).SerializeToString())
        for n, e in enumerate(happened[:5])
    ]
    EventArchive(str(tmp_path)).write_rows(1, rows)
    assert [e.event_id for e in read_archive(str(tmp_path))] == [e.event_id for e in happened]
    assert read_archive(str(tmp_path))[0].lines == happened[0].lines


def test_an_archive_with_a_broken_row_names_it(tmp_path: Path) -> None:
    EventArchive(str(tmp_path)).write_rows(0, [("e", "search", 1_700_000_000_000, "v", "", 0, 0, b"\xff\xff")])
    with pytest.raises(ValueError, match=r"0-0.parquet: row 0 is no event"):
        read_archive(str(tmp_path))


def test_train_evaluate_promote(shop: ShopSettings) -> None:
    store = ArtifactStore(shop.artifacts_url)
    with pytest.raises(ArtifactError, match="no bundle to evaluate"):
        evaluate.main(evaluate.EvaluateConfig(shop))

    archive(shop.archive_url, past())
    config = TrainConfig(shop, learning=SMALL)
    candidate = train.main(config)
    assert candidate["promoted"] is False
    assert store.live(bundle.KIND) is None

    first = train.main(replace(config, promote=True))
    assert first["promoted"] is True
    assert store.live(bundle.KIND) == first["version"]
    manifest = store.manifest(bundle.KIND, str(first["version"]))
    assert manifest.data_hash == store.manifest(bundle.KIND, str(candidate["version"])).data_hash

    judged = evaluate.main(evaluate.EvaluateConfig(shop))
    assert judged["versions"] == {"candidate": first["version"], "live": first["version"]}
    assert judged["candidate"] == judged["live"]
    assert judged["better"] is True
    assert judged["candidate"]["all"]["ndcg_at_20"] > judged["peers"]["popularity"]["all"]["ndcg_at_20"]  # type: ignore[index]


def test_a_shop_without_events_still_gets_a_bundle(shop: ShopSettings) -> None:
    made = train.main(TrainConfig(shop, promote=True, learning=SMALL))
    assert made["promoted"] is True
    assert bundle.load(ArtifactStore(shop.artifacts_url), str(made["version"])).ranker is None
