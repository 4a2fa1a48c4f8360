"""Every replica holds the same catalogue, whenever it came, and whatever else was written to the topic."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from contracts import products, topics
from servicekit.events.log import EventLog, Message
from services.recommender.replica import CatalogueFollower, read_catalogue
from services.recommender.replica_catalogue import ReplicaCatalogue
from tests.clickstream import open_shop, publish_messages
from tests.running_recommender import product, running_recommender, small_shop, until

COLOURED = [product("shirt", colour, 0) for colour in ("red", "blue", "green")]


@pytest.fixture
def log(events_url: str, shop_id: str) -> Iterator[EventLog]:
    with closing(open_shop(events_url, shop_id)) as opened:
        yield opened


@contextmanager
def replica(log: EventLog, shop_id: str) -> Iterator[ReplicaCatalogue]:
    """One that has read all that was there when it began."""
    catalogue, stop = ReplicaCatalogue(), threading.Event()
    follower = CatalogueFollower(log, shop_id, catalogue.on_product, catalogue.on_offset)
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    assert follower.caught_up.wait(20)
    try:
        yield catalogue
    finally:
        stop.set()
        thread.join(20)


def held(catalogue: ReplicaCatalogue) -> dict[str, str]:
    return {message.product_id: message.title for message in catalogue.page("", 1000)}


def put(log: EventLog, shop_id: str, *told: products.Product) -> None:
    publish_messages(log, [products.to_message(shop_id, one) for one in told])


def test_two_replicas_hold_the_same_and_a_late_one_catches_up(log: EventLog, shop_id: str) -> None:
    with ExitStack() as running:
        early = [running.enter_context(replica(log, shop_id)) for _ in range(2)]
        put(log, shop_id, *COLOURED)
        renamed = product("shirt", "red", 0)
        renamed.title = "a shirt by another name"
        put(log, shop_id, renamed)
        publish_messages(log, [products.removal_message(shop_id, "shirt-blue-0")])
        expected = {"shirt-green-0": COLOURED[2].title, "shirt-red-0": "a shirt by another name"}
        for one in early:
            until(lambda one=one: held(one), expected.__eq__)
        late = running.enter_context(replica(log, shop_id))
        assert held(late) == expected
        assert {one.product_id for one in late.products} == set(expected)


def garbage(topic: str) -> list[Message]:
    another = product("shirt", "red", 1)
    free = product("shirt", "red", 2)
    free.price.units = -1
    bad_time = product("shirt", "red", 3)
    bad_time.publish_time.nanos = -5
    return [
        Message(topic, b"broken", b"\xff\xff\xff"),
        Message(topic, b"empty", b""),
        Message(topic, b"\xff\xfe", another.SerializeToString()),
        Message(topic, b"other-name", another.SerializeToString()),
        Message(topic, b"shirt-red-2", free.SerializeToString()),
        Message(topic, b"shirt-red-3", bad_time.SerializeToString()),
        Message(topic, b"never-was-here", None),
    ]


def test_what_is_no_product_is_skipped_and_said(log: EventLog, shop_id: str, caplog: pytest.LogCaptureFixture) -> None:
    put(log, shop_id, COLOURED[0])
    publish_messages(log, garbage(topics.catalog(shop_id).name))
    put(log, shop_id, COLOURED[2])
    with caplog.at_level(logging.ERROR), replica(log, shop_id) as catalogue:
        assert list(held(catalogue)) == ["shirt-green-0", "shirt-red-0"]
        assert len(catalogue.products) == 2
    said = [record.getMessage() for record in caplog.records if "is no product" in record.getMessage()]
    assert len(said) == 6
    assert any("price.units: -1.000000000 is negative" in line for line in said)
    assert any("'shirt-red-1' is not the record's key, 'other-name'" in line for line in said)


def test_training_reads_the_catalogue_as_it_is(log: EventLog, shop_id: str) -> None:
    put(log, shop_id, *COLOURED)
    publish_messages(log, [products.removal_message(shop_id, "shirt-red-0")])
    catalogue = read_catalogue(log, shop_id)
    assert sorted(one.product_id for one in catalogue) == ["shirt-blue-0", "shirt-green-0"]
    assert all(one.publish_time_ms > 1_600_000_000_000 for one in catalogue)  # when it was imported


def test_the_same_product_again_changes_nothing() -> None:
    catalogue, heard = ReplicaCatalogue(), []
    catalogue.listen(lambda product_id, _product: heard.append(product_id))
    for at_ms in (1, 2, 3):
        catalogue.on_product("shirt-red-0", product("shirt", "red", 0), at_ms)
    assert (heard, catalogue.products.version) == (["shirt-red-0"], 1)
    assert [one.publish_time_ms for one in catalogue.products] == [1]


def test_pages_hold_while_products_come_and_go() -> None:
    catalogue, ended = ReplicaCatalogue(), threading.Event()
    for told in small_shop():
        catalogue.on_product(told.product_id, told, 1)

    def come_and_go() -> None:
        while not ended.is_set():
            for told in (product("shirt", "black", 99), product("novel", "black", 99)):
                catalogue.on_product(told.product_id, told, 1)
                catalogue.on_product(told.product_id, None, 1)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    lasting = [told.product_id for told in small_shop()]
    try:
        for _ in range(300):
            assert [name for name in walk(catalogue.page) if not name.endswith("-99")] == sorted(lasting)
    finally:
        ended.set()
        thread.join()


def walk(page: Callable[[str, int], list[products.Product]]) -> Iterator[str]:
    """As ListProducts does: one more than is shown tells whether more follow."""
    after, more = "", True
    while more:
        found = page(after, 8)
        more = len(found) == 8
        for message in found[:7]:
            yield message.product_id
            after = message.product_id


def test_an_import_at_one_replica_is_answered_by_the_other(tmp_path: Path) -> None:
    with running_recommender(tmp_path) as one, running_recommender(tmp_path, roles="serve") as other:
        assert one.put(small_shop()).imported_count == 60
        until(lambda: other.search("kettle").total_size, lambda total: total == 20)
        until(lambda: len(other.recommend(page_size=100).results), lambda shown: shown == 60)
        assert other.search("kettle").results == one.search("kettle").results
