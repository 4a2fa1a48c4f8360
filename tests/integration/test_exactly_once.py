"""Whatever happens to a consumer, every event counts once. Each story over SQLite, and over Kafka with Redis."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.broker import Broker
from contracts import user_events
from servicekit.events.log import EventLog
from tests.clickstream import (
    ConsumerProcess,
    Ledger,
    environment,
    event,
    open_shop,
    publish,
    publish_messages,
    purchases,
)
from tests.own_redis import OwnRedis

VISITORS, EACH = 40, 50
EVENTS = VISITORS * EACH


@pytest.fixture(params=["sqlite", "kafka+redis"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/events.db", f"sqlite:///{tmp_path}/state.db"
    return request.getfixturevalue("broker").url, request.getfixturevalue("redis_url")


@pytest.fixture
def log(urls: tuple[str, str], shop_id: str) -> Iterator[EventLog]:
    opened = open_shop(urls[0], shop_id)
    yield opened
    opened.close()


@pytest.fixture
def ledger(urls: tuple[str, str], shop_id: str, log: EventLog) -> Iterator[Ledger]:
    opened = Ledger(urls[1], shop_id, 2)
    yield opened
    opened.close()


@pytest.fixture
def consumers(urls: tuple[str, str], shop_id: str, tmp_path: Path) -> Iterator[Callable[[str], ConsumerProcess]]:
    made: list[ConsumerProcess] = []

    def make(member: str) -> ConsumerProcess:
        env = environment(shop_id, *urls, home=tmp_path, RECOMMENDER_MEMBER=member)
        made.append(ConsumerProcess(env, tmp_path / f"{member}.log"))
        return made[-1]

    yield make
    for consumer in made:
        consumer.kill()


def assert_every_event_counted_once(ledger: Ledger) -> None:
    orders = {n: ledger.profile(f"visitor-{n}").purchased["cup"].orders for n in range(VISITORS)}
    assert orders == dict.fromkeys(range(VISITORS), EACH)
    assert ledger.counted("buy:cup") == EVENTS


def test_killed_at_ten_random_places(
    log: EventLog, ledger: Ledger, shop_id: str, consumers: Callable[[str], ConsumerProcess]
) -> None:
    consumer = consumers("one")
    rng = random.Random(7)
    told = purchases(VISITORS, EACH)
    share = len(told) // 10
    for place in range(10):
        publish(log, shop_id, told[place * share : (place + 1) * share])
        consumer.start()
        ledger.wait(place * share + 1)  # it is at work, somewhere in the share
        time.sleep(rng.uniform(0, 0.02))
        consumer.kill()
    consumer.start()
    ledger.wait(EVENTS)
    assert_every_event_counted_once(ledger)


def test_two_members_share_and_one_is_killed_while_they_rebalance(
    log: EventLog, ledger: Ledger, shop_id: str, consumers: Callable[[str], ConsumerProcess]
) -> None:
    told = purchases(VISITORS, EACH)
    first, second = consumers("one"), consumers("two")
    first.start()
    publish(log, shop_id, told[: EVENTS // 2])
    ledger.wait(1)
    second.start()
    publish(log, shop_id, told[EVENTS // 2 :])
    time.sleep(0.5)  # the second is joining
    first.kill()
    ledger.wait(EVENTS)
    assert_every_event_counted_once(ledger)


def test_a_stopped_consumer_that_wakes_late_overwrites_nothing(
    urls: tuple[str, str], log: EventLog, ledger: Ledger, shop_id: str, consumers: Callable[[str], ConsumerProcess]
) -> None:
    told = purchases(VISITORS, EACH)
    sleeper, other = consumers("sleeper"), consumers("other")
    sleeper.start()
    publish(log, shop_id, told)
    ledger.wait(50)
    sleeper.signal(signal.SIGSTOP)
    other.start()
    # Stopped within a SQLite transaction it holds the file's lock, and the other one waits for it to wake.
    ledger.wait(EVENTS, seconds=10, anyway=urls[0].startswith("sqlite"))
    sleeper.signal(signal.SIGCONT)
    publish(log, shop_id, [event("late", "purchase-complete", "cup")])
    ledger.wait(EVENTS + 1)
    time.sleep(0.5)  # the sleeper has had time to do harm
    assert ledger.profile("late").purchased["cup"].orders == 1
    assert ledger.counted("buy:cup") == EVENTS + 1
    orders = {n: ledger.profile(f"visitor-{n}").purchased["cup"].orders for n in range(VISITORS)}
    assert orders == dict.fromkeys(range(VISITORS), EACH)


def test_an_event_sent_again_counts_once(
    log: EventLog, ledger: Ledger, shop_id: str, consumers: Callable[[str], ConsumerProcess]
) -> None:
    told = purchases(VISITORS, 3)
    publish(log, shop_id, told)
    publish(log, shop_id, told)
    consumers("one").start()
    ledger.wait(2 * len(told))
    assert ledger.counted("buy:cup") == len(told)
    assert ledger.profile("visitor-0").purchased["cup"].orders == 3


def test_a_forgotten_shopper_does_not_come_back_by_a_replay(
    log: EventLog, ledger: Ledger, shop_id: str, consumers: Callable[[str], ConsumerProcess]
) -> None:
    told = purchases(2, 3)
    publish(log, shop_id, told)
    now_ms = time.time_ns() // 1_000_000 + 1
    publish_messages(log, [user_events.forget_message(shop_id, "visitor-0", now_ms, p) for p in range(2)])
    publish(log, shop_id, told)
    publish(log, shop_id, [event("visitor-0", "purchase-complete", "hat", at_ms=now_ms + 1)])
    consumers("one").start()
    ledger.wait(2 * len(told) + 3)
    assert set(ledger.profile("visitor-0").purchased) == {"hat"}
    assert ledger.profile("visitor-1").purchased["cup"].orders == 3


def test_a_killed_broker_loses_nothing(
    tmp_path: Path, redis_url: str, broker: Broker, shop_id: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = open_shop(broker.url, shop_id)
    ledger = Ledger(redis_url, shop_id, 2)
    consumer = ConsumerProcess(environment(shop_id, broker.url, redis_url, tmp_path), tmp_path / "consumer.log")
    told = purchases(VISITORS, EACH)
    try:
        consumer.start()
        publish(log, shop_id, told[: EVENTS // 2])
        ledger.wait(1)
        broker.kill()
        broker.start()
        publish(log, shop_id, told[EVENTS // 2 :])
        ledger.wait(EVENTS, seconds=60)
        assert_every_event_counted_once(ledger)
    finally:
        consumer.kill()
        ledger.close()
        log.close()


@pytest.mark.parametrize("log_kind", ["sqlite", "kafka"])
def test_a_redis_restarted_from_an_older_snapshot_is_caught_up(
    tmp_path: Path, shop_id: str, log_kind: str, request: pytest.FixtureRequest
) -> None:
    events_url = f"sqlite:///{tmp_path}/events.db" if log_kind == "sqlite" else request.getfixturevalue("broker").url
    own = OwnRedis(tmp_path)
    own.start()
    log, ledger = open_shop(events_url, shop_id), Ledger(own.url, shop_id, 2)
    consumer = ConsumerProcess(environment(shop_id, events_url, own.url, tmp_path), tmp_path / "consumer.log")
    told = purchases(VISITORS, EACH)
    try:
        consumer.start()
        publish(log, shop_id, told[: EVENTS // 4])
        ledger.wait(EVENTS // 4)
        own.save()
        publish(log, shop_id, told[EVENTS // 4 : EVENTS // 2])
        ledger.wait(EVENTS // 2)
        consumer.signal(signal.SIGSTOP)
        own.kill()
        own.start()
        assert ledger.applied() == EVENTS // 4
        consumer.signal(signal.SIGCONT)
        publish(log, shop_id, told[EVENTS // 2 :])
        ledger.wait(EVENTS)
        assert_every_event_counted_once(ledger)
    finally:
        consumer.kill()
        own.kill()
        ledger.close()
        log.close()


def test_a_redis_restarted_from_an_older_snapshot_is_caught_up_though_nothing_more_happens(
    tmp_path: Path, shop_id: str
) -> None:
    """No write comes that the fence could refuse: the consumer looks by itself."""
    events_url, own = f"sqlite:///{tmp_path}/events.db", OwnRedis(tmp_path)
    own.start()
    log, ledger = open_shop(events_url, shop_id), Ledger(own.url, shop_id, 2)
    consumer = ConsumerProcess(environment(shop_id, events_url, own.url, tmp_path), tmp_path / "consumer.log")
    told = purchases(VISITORS, EACH)
    try:
        consumer.start()
        publish(log, shop_id, told[: EVENTS // 2])
        ledger.wait(EVENTS // 2)
        own.save()
        publish(log, shop_id, told[EVENTS // 2 :])
        ledger.wait(EVENTS)
        consumer.signal(signal.SIGSTOP)
        own.kill()
        own.start()
        assert ledger.applied() == EVENTS // 2
        consumer.signal(signal.SIGCONT)
        ledger.wait(EVENTS)
        assert_every_event_counted_once(ledger)
    finally:
        consumer.kill()
        own.kill()
        ledger.close()
        log.close()
