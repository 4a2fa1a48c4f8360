"""Who was forgotten stays forgotten, and may come back as a stranger; whatever clocks say."""

import logging
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from contracts import topics, user_events
from servicekit.events.log import EventLog
from servicekit.metrics import Metrics
from services.recommender.consumer import Consumer
from services.recommender.serving import ShopClock
from services.recommender.writing import Forgetter
from tests.clickstream import DAY_MS, Ledger, event, open_shop, publish, publish_messages

IN_2011_MS = 1_320_000_000_000


def consumer_of(log: EventLog, ledger: Ledger, shop_id: str) -> Consumer:
    return Consumer(
        log,
        ledger.state,
        ledger.store,
        shop_id,
        Metrics(CollectorRegistry()),
        member="one",
        batch_records=500,
        event_id_ring=64,
        counter_days=30,
    )


def consume_all(log: EventLog, ledger: Ledger, shop_id: str) -> None:
    ends = log.end_offsets(topics.user_events(shop_id).name)
    consumer_of(log, ledger, shop_id).run(threading.Event(), ends)


def test_an_event_from_a_fast_clock_sent_again_does_not_bring_a_shopper_back(tmp_path: Path, shop_id: str) -> None:
    url = f"sqlite:///{tmp_path}/"
    with closing(open_shop(f"{url}events.db", shop_id)) as log, closing(Ledger(f"{url}state.db", shop_id, 2)) as ledger:
        now_ms = time.time_ns() // 1_000_000
        ahead = event("ann", "purchase-complete", "cup", at_ms=now_ms + DAY_MS // 2)
        publish(log, shop_id, [ahead])
        publish_messages(log, [user_events.forget_message(shop_id, "ann", now_ms, p) for p in range(2)])
        publish(log, shop_id, [ahead])
        consume_all(log, ledger, shop_id)
        assert ledger.profile("ann").event_count == 0


async def test_in_a_shop_whose_history_has_ended_a_forgotten_shopper_may_come_back(
    tmp_path: Path, shop_id: str
) -> None:
    url = f"sqlite:///{tmp_path}/"
    with closing(open_shop(f"{url}events.db", shop_id)) as log, closing(Ledger(f"{url}state.db", shop_id, 2)) as ledger:
        old = event("ann", "purchase-complete", "cup", at_ms=IN_2011_MS)
        publish(log, shop_id, [old])
        consume_all(log, ledger, shop_id)
        stop = threading.Event()
        thread = threading.Thread(target=consumer_of(log, ledger, shop_id).run, args=(stop,))
        thread.start()
        with closing(log.publisher()) as publisher:
            forgetter = Forgetter(log, publisher, ledger.store, shop_id, ShopClock("log", ledger.store).now_ms)
            assert await forgetter.forget("ann", "", 10) == ["ann"]
        publish(log, shop_id, [old, event("ann", "detail-page-view", "hat", at_ms=IN_2011_MS + 1000)])
        ledger.wait(sum(log.end_offsets(topics.user_events(shop_id).name).values()))
        stop.set()
        thread.join()
        profile = ledger.profile("ann")
        assert (profile.event_count, set(profile.purchased)) == (1, set())


def test_a_log_that_is_not_the_one_the_state_was_made_from_is_said(
    tmp_path: Path, shop_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A new log under an old state: its first events would be passed over without a word."""
    url = f"sqlite:///{tmp_path}/"
    with closing(Ledger(f"{url}state.db", shop_id, 2)) as ledger:
        with closing(open_shop(f"{url}events.db", shop_id)) as log:
            publish(log, shop_id, [event("ann", "detail-page-view", "cup") for _ in range(2)])
            consume_all(log, ledger, shop_id)
        with closing(open_shop(f"{url}other.db", shop_id)) as other, caplog.at_level(logging.ERROR):
            topic = topics.user_events(shop_id).name
            consumer = consumer_of(other, ledger, shop_id)
            stop = threading.Event()
            thread = threading.Thread(target=consumer.run, args=(stop,))
            thread.start()
            deadline = time.monotonic() + 10
            while "made from another log" not in caplog.text and time.monotonic() < deadline:
                time.sleep(0.02)
            stop.set()
            thread.join()
            place = f"{topic}/{other.partition_for(topic, b'ann')}"
        assert f"{place} ends at offset 0, but the state has taken in 2" in caplog.text
