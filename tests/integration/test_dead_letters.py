"""A bad message never stops the stream; it is kept, with the reason, and the good ones around it count."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from contracts import topics, user_events
from servicekit.events.log import EventLog, Message, Record
from servicekit.metrics import Metrics
from services.recommender.consumer import Consumer
from tests.clickstream import Ledger, event, open_shop, publish, publish_messages

PROTOBUF = [("content-type", b"application/protobuf")]
JSON = [("content-type", b"application/json")]


@pytest.fixture
def log(events_url: str, shop_id: str) -> Iterator[EventLog]:
    opened = open_shop(events_url, shop_id)
    yield opened
    opened.close()


def consume_all(log: EventLog, ledger: Ledger, shop_id: str) -> None:
    """Runs a consumer in this process up to the log's end."""
    import threading

    metrics = Metrics(CollectorRegistry())
    options = {"member": "one", "batch_records": 500, "event_id_ring": 64, "counter_days": 30}
    consumer = Consumer(log, ledger.state, ledger.store, shop_id, metrics, **options)  # type: ignore[arg-type]
    consumer.run(threading.Event(), log.end_offsets(topics.user_events(shop_id).name))


def dead_letters(log: EventLog, shop_id: str, count: int) -> list[Record]:
    found: list[Record] = []
    deadline = time.monotonic() + 15
    with closing(log.follow(topics.dead_letters(shop_id).name)) as subscription:
        while len(found) < count and time.monotonic() < deadline:
            found += [record for batch in subscription.poll(0.2).values() for record in batch]
    return found


def json_event(**fields: object) -> bytes:
    import json

    told = {"eventId": str(uuid.uuid4()), "eventType": "home-page-view", "visitorId": "ann", **fields}
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


BAD = {
    "unknown-event-type": (json_event(eventType="dance"), JSON),
    "missing-id": (json_event(visitorId=None), JSON),
    "future-event-time": (json_event(eventTime="2999-01-01T00:00:00Z"), JSON),
    "too-large": (b"x" * 2_000_000, PROTOBUF),
    "invalid-utf8": (b'{"eventId": "\xff\xfe"}', JSON),
    "broken-json": (b'{"eventId": ', JSON),
    "broken-protobuf": (event("ann", "detail-page-view", "cup").SerializeToString()[:-2], PROTOBUF),
    "unknown-content-type": (b"<xml/>", [("content-type", b"text/xml")]),
    "invalid-field": (json_event(eventType="add-to-cart"), JSON),
    "empty": (None, PROTOBUF),
}


def test_each_bad_message_is_kept_with_its_reason_and_stops_nothing(
    log: EventLog, state_url: str, shop_id: str, tmp_path: Path
) -> None:
    topic = topics.user_events(shop_id).name
    before, after = event("ann", "detail-page-view", "cup"), event("ann", "purchase-complete", "cup")
    bad = [Message(topic, b"ann", value, headers) for value, headers in BAD.values()]
    messages = [user_events.to_message(shop_id, before), *bad, user_events.to_message(shop_id, after, json=True)]
    publish_messages(log, messages)
    ledger = Ledger(state_url, shop_id, 2)
    consume_all(log, ledger, shop_id)

    profile = ledger.profile("ann")
    assert profile.event_count == 2
    assert profile.purchased["cup"].orders == 1
    letters = dead_letters(log, shop_id, len(BAD))
    assert sorted(dict(letter.headers)["dlq_reason"].decode() for letter in letters) == sorted(BAD)
    partition = log.partition_for(topic, b"ann")
    for offset, letter in enumerate(letters, start=1):
        headers = dict(letter.headers)
        reason = headers["dlq_reason"].decode()
        assert letter.value == BAD[reason][0] or (reason == "empty" and not letter.value)
        assert (headers["dlq_topic"], headers["dlq_partition"]) == (topic.encode(), str(partition).encode())
        assert headers["dlq_offset"] == str(offset).encode()
        assert headers["dlq_message"]
        assert headers["dlq_key"] == b"ann"
        assert headers["content-type"] == dict(BAD[reason][1])["content-type"]
    ledger.close()


def test_a_message_names_the_field_the_value_and_the_limit(log: EventLog, state_url: str, shop_id: str) -> None:
    told = event("ann", "add-to-cart", "cup")
    told.product_details[0].quantity.value = 5_000_000
    publish(log, shop_id, [told])
    ledger = Ledger(state_url, shop_id, 2)
    consume_all(log, ledger, shop_id)
    (letter,) = dead_letters(log, shop_id, 1)
    message = dict(letter.headers)["dlq_message"].decode()
    assert message == "product_details[0].quantity: 5000000 is not between 1 and 1000000"
    ledger.close()
