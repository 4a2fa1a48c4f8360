"""What every event log promises, told over each of them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from servicekit.errors import InvalidInput, Unavailable
from servicekit.events import open_event_log
from servicekit.events.log import EventLog, Message, Record, Subscription, TopicSpec


@pytest.fixture
def log(events_url: str) -> Iterator[EventLog]:
    with closing(open_event_log(events_url, session_timeout_ms=1000)) as opened:
        yield opened


def topic_of(log: EventLog, shop_id: str, **options: object) -> str:
    spec = TopicSpec(f"{shop_id}.things.v1", **options)  # type: ignore[arg-type]
    log.ensure_topics([spec])
    return spec.name


def publish(log: EventLog, *messages: Message) -> list[tuple[int, int]]:
    publisher = log.publisher()
    places = [future.result(20) for future in [publisher.publish(message) for message in messages]]
    publisher.close()
    return places


def from_the_beginning(_topic: str, _partition: int) -> int:
    return 0


def read_until(subscription: Subscription, count: int, seconds: float = 20) -> list[Record]:
    import time

    found: list[Record] = []
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        found += [record for batch in subscription.poll(0.2).values() for record in batch]
    return found


def test_what_is_published_is_read_in_the_order_of_its_key(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id)
    messages = [
        Message(topic, f"visitor-{n % 3}".encode(), str(n).encode(), [("ce_id", str(n).encode())]) for n in range(30)
    ]
    publish(log, *messages)
    with closing(log.subscribe([topic], "readers", "reader-1", from_the_beginning)) as subscription:
        records = read_until(subscription, 30)
    assert len(records) == 30
    for visitor in range(3):
        mine = [int(r.value or b"") for r in records if r.key == f"visitor-{visitor}".encode()]
        assert mine == list(range(visitor, 30, 3))
    assert all(dict(r.headers)["ce_id"] == r.value for r in records)
    assert all(r.timestamp_ms > 1_600_000_000_000 for r in records)


def test_a_key_lands_where_the_log_says(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=4)
    places = publish(log, *[Message(topic, f"v{n}".encode(), b"x") for n in range(12)])
    assert [partition for partition, _ in places] == [log.partition_for(topic, f"v{n}".encode()) for n in range(12)]
    assert sum(log.end_offsets(topic).values()) == 12


def test_a_named_partition_is_obeyed(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=4)
    assert publish(log, *[Message(topic, b"k", b"x", partition=p) for p in range(4)]) == [(p, 0) for p in range(4)]


def test_a_consumer_begins_where_its_effect_stands_and_seeks(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=1)
    publish(log, *[Message(topic, b"k", str(n).encode()) for n in range(10)])
    with closing(log.subscribe([topic], "g", "m", lambda _t, _p: 7)) as subscription:
        assert [r.offset for r in read_until(subscription, 3)] == [7, 8, 9]
        subscription.seek(topic, 0, 4)
        assert [r.offset for r in read_until(subscription, 6)] == [4, 5, 6, 7, 8, 9]


def test_what_was_committed_is_where_the_next_one_begins(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=1)
    publish(log, *[Message(topic, b"k", str(n).encode()) for n in range(5)])
    with closing(log.subscribe([topic], f"{shop_id}-g", "m", lambda _t, _p: None)) as subscription:
        assert len(read_until(subscription, 5)) == 5
        subscription.commit({(topic, 0): 3})
        for _ in range(50):
            subscription.poll(0.05)
            if log.committed(topic, f"{shop_id}-g"):
                break
    assert log.committed(topic, f"{shop_id}-g") == {0: 3}
    with closing(log.subscribe([topic], f"{shop_id}-g", "m", lambda _t, _p: None)) as again:
        assert [r.offset for r in read_until(again, 2)] == [3, 4]


def test_a_group_has_one_reader_of_a_partition_and_another_takes_over(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=1)
    first = log.subscribe([topic], "g", "first", from_the_beginning)
    publish(log, Message(topic, b"k", b"1"))
    assert len(read_until(first, 1)) == 1
    first.close()
    with closing(log.subscribe([topic], "g", "second", lambda _t, _p: 1)) as second:
        publish(log, Message(topic, b"k", b"2"))
        assert [r.value for r in read_until(second, 1)] == [b"2"]


def test_removing_a_key_of_a_compacted_topic_is_seen(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=1, compacted=True)
    publish(log, Message(topic, b"a", b"1"), Message(topic, b"b", b"1"), Message(topic, b"a", None))
    with closing(log.subscribe([topic], "g", "m", from_the_beginning)) as subscription:
        last = {r.key: r.value for r in read_until(subscription, 3, seconds=2)}
    assert last == {b"a": None, b"b": b"1"}


def test_too_large_is_refused_with_the_limit(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, max_message_bytes=100_000)
    publisher = log.publisher()
    with closing(publisher), pytest.raises(InvalidInput, match=r"large|limit"):
        publisher.publish(Message(topic, b"k", b"x" * 200_000)).result(20)


def test_an_unknown_topic_is_named(log: EventLog, shop_id: str) -> None:
    with pytest.raises(Unavailable, match="nothing-here"):
        log.partitions(f"{shop_id}.nothing-here")


def test_several_threads_publish_at_once(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=2)
    publisher = log.publisher()

    def publish_some(thread: int) -> None:
        for n in range(50):
            publisher.publish(Message(topic, f"{thread}".encode(), str(n).encode()))

    threads = [threading.Thread(target=publish_some, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    publisher.flush()
    publisher.close()
    assert sum(log.end_offsets(topic).values()) == 200


async def test_who_stops_waiting_does_not_stop_the_others(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=1)
    with closing(log.publisher()) as publisher:
        for _ in range(20):
            waiting = asyncio.wrap_future(publisher.publish(Message(topic, b"k", b"x")))
            waiting.cancel()
        place = await asyncio.wait_for(asyncio.wrap_future(publisher.publish(Message(topic, b"k", b"y"))), 10)
    assert place == (0, 20)


def test_every_follower_sees_everything(log: EventLog, shop_id: str) -> None:
    topic = topic_of(log, shop_id, partitions=2)
    publish(log, *[Message(topic, f"k{n}".encode(), b"x") for n in range(8)])
    with closing(log.follow(topic)) as one, closing(log.follow(topic)) as other:
        assert len(read_until(one, 8)) == 8
        assert len(read_until(other, 8)) == 8
        publish(log, Message(topic, b"k", b"later"))
        assert [r.value for r in read_until(one, 1)] == [b"later"]
