"""The limits of an event, each told with its field, the value and the limit."""

import time
import uuid

import pytest

from contracts import aliases, user_events
from servicekit.events.log import Record
from shopkeeper.events.v1.events_pb2 import ProfileDeletion, UserEvent

NOW_MS = 1_800_000_000_000


def good(**fields: object) -> UserEvent:
    event = UserEvent(event_id=str(uuid.uuid4()), event_type="detail-page-view", visitor_id="ann")
    event.product_details.add(product_id="cup")
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(event, name)[:] = value
        else:
            setattr(event, name, value)
    return event


def wrong(event: UserEvent) -> dict[str, str]:
    return {violation.field: violation.message for violation in user_events.check(event, NOW_MS)}


def test_a_good_event_has_nothing_wrong() -> None:
    assert wrong(good()) == {}
    assert wrong(good(event_id=uuid.uuid4().hex.upper(), user_id="u" * 128)) == {}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"event_id": ""}, "event_id", "is required"),
        ({"event_id": "42"}, "event_id", "'42' is not a UUID"),
        ({"visitor_id": ""}, "visitor_id", "is required"),
        ({"visitor_id": "v" * 129}, "visitor_id", "has 129 characters, the limit is 128"),
        ({"session_id": "s" * 129}, "session_id", "has 129 characters, the limit is 128"),
        ({"event_type": "dance"}, "event_type", "'dance' is unknown"),
        ({"event_type": "search"}, "search_query", "is required for search"),
        ({"event_type": "category-page-view"}, "page_categories", "is required for category-page-view"),
        ({"event_type": "chat-preference"}, "preferences", "is required for chat-preference"),
        ({"uri": "u" * 5001}, "uri", "the limit is 5000"),
        ({"page_categories": ["Home", "c" * 1001]}, "page_categories[1]", "has 1001 characters, the limit is 1000"),
        ({"experiment_ids": ["e"] * 51}, "experiment_ids", "has 51 entries, the limit is 50"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], field: str, words: str) -> None:
    assert words in wrong(good(**fields))[field]


def test_an_event_that_needs_products_says_so() -> None:
    event = good()
    del event.product_details[:]
    assert wrong(event) == {"product_details": "is required for detail-page-view"}


def test_quantities_and_prices_have_limits() -> None:
    event = good(event_type="purchase-complete")
    event.product_details[0].quantity.value = 0
    event.product_details[0].price.units = -5
    found = wrong(event)
    assert "0 is not between 1 and 1000000" in found["product_details[0].quantity"]
    assert "negative" in found["product_details[0].price.units"]
    assert "ISO 4217" in found["product_details[0].price.currency_code"]


def test_a_day_ahead_is_taken_and_more_is_not() -> None:
    event = good()
    event.event_time.FromMilliseconds(NOW_MS + user_events.FUTURE_LIMIT_MS)
    assert wrong(event) == {}
    event.event_time.FromMilliseconds(NOW_MS + user_events.FUTURE_LIMIT_MS + 1)
    assert "2027-01-16T08:00:00+00:00 is more than 24 hours ahead" in wrong(event)["event_time"]


@pytest.mark.parametrize("json", [False, True])
def test_an_event_comes_back_from_its_record(json: bool) -> None:
    event = good(search_query="红色 dress", uri="https://shop.example/p")
    event.event_time.FromMilliseconds(NOW_MS)
    message = user_events.to_message("shop", event, json=json)
    record = Record(message.topic, 0, 0, NOW_MS, message.key, message.value, message.headers)
    assert user_events.read(record, NOW_MS) == event
    assert (message.topic, message.key) == ("shop.user-events.v1", b"ann")
    assert dict(message.headers)["ce_id"] == event.event_id.encode()


def test_an_event_without_a_time_happened_when_it_was_published() -> None:
    message = user_events.to_message("shop", good())
    record = Record(message.topic, 0, 0, NOW_MS - 5, message.key, message.value, message.headers)
    event = user_events.read(record, NOW_MS)
    assert isinstance(event, UserEvent)
    assert user_events.time_ms(event) == NOW_MS - 5


def test_a_forgetting_comes_back_from_its_record() -> None:
    message = user_events.forget_message("shop", "ann", NOW_MS, partition=3)
    record = Record(message.topic, 3, 0, int(time.time() * 1000), message.key, message.value, message.headers)
    deletion = user_events.read(record, NOW_MS)
    assert (deletion.visitor_id, message.partition) == ("ann", 3)


@pytest.mark.parametrize("moment", [{"seconds": 2**62}, {"seconds": 1, "nanos": -1}])
def test_a_time_that_no_calendar_has_is_refused(moment: dict[str, int]) -> None:
    deletion = ProfileDeletion(visitor_id="ann", delete_time=moment)
    message = user_events.forget_message("shop", "ann", NOW_MS)
    record = Record(message.topic, 0, 0, NOW_MS, b"ann", deletion.SerializeToString(), message.headers)
    with pytest.raises(user_events.BadRecord, match="delete_time"):
        user_events.read(record, NOW_MS)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(2**62, "future-event-time"), (253_402_300_800, "future-event-time"), (-1, "invalid-field")],
)
def test_an_event_of_no_year_that_we_know_is_a_bad_record_and_nothing_worse(seconds: int, reason: str) -> None:
    event = good()
    event.event_time.seconds = seconds
    record = Record("t", 0, 0, NOW_MS, b"ann", event.SerializeToString(), [("content-type", user_events.PROTOBUF)])
    with pytest.raises(user_events.BadRecord, match="event_time") as refused:
        user_events.read(record, NOW_MS)
    assert refused.value.reason == reason


@pytest.mark.parametrize("published_ms", [-1, 10**18, 2**62])
def test_a_record_whose_producer_set_an_impossible_time_is_a_bad_record(published_ms: int) -> None:
    record = Record("t", 0, 0, published_ms, b"ann", good().SerializeToString(), ())
    with pytest.raises(user_events.BadRecord, match="event_time"):
        user_events.read(record, NOW_MS)


def test_a_null_header_counts_as_none() -> None:
    """Kafka lets a header's value be null."""
    nulls: list[tuple[str, bytes]] = [("content-type", None), ("ce_type", None)]  # type: ignore[list-item]
    record = Record("t", 0, 0, NOW_MS, b"ann", good().SerializeToString(), nulls)
    assert isinstance(user_events.read(record, NOW_MS), UserEvent)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Product Viewed", "detail-page-view"),
        ("view_item", "detail-page-view"),
        ("Order Completed", "purchase-complete"),
        ("transaction", "purchase-complete"),
        ("add_to_cart", "add-to-cart"),
        ("refund", "refund"),
        ("search", "search"),
        ("add-to-cart", "add-to-cart"),
        ("dance", None),
    ],
)
def test_other_vendors_names_are_understood(name: str, ours: str | None) -> None:
    assert aliases.event_type(name) == ours
