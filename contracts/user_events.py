"""User events as they travel: their limits, and how a record of the log becomes one and back.

CloudEvents 1.0, Kafka binding, binary mode: attributes in `ce_` headers, `content-type` tells protobuf or JSON.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from contracts import limits, topics
from servicekit.errors import Violation
from servicekit.events.log import Message, Record
from shopkeeper.events.v1.events_pb2 import ProfileDeletion, UserEvent

PROTOBUF = b"application/protobuf"
JSON = b"application/json"
_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_TEXT_LIMITS = (
    ("user_id", limits.ID_LENGTH),
    ("session_id", limits.ID_LENGTH),
    ("cart_id", limits.ID_LENGTH),
    ("page_view_id", limits.ID_LENGTH),
    ("search_query", 1000),
    ("attribution_token", 1024),
    ("uri", 5000),
    ("referrer_uri", 5000),
)
FUTURE_LIMIT_MS = 24 * 3600 * 1000

WITH_PRODUCTS = frozenset(
    {
        "detail-page-view",
        "product-click",
        "impression",
        "add-to-cart",
        "remove-from-cart",
        "purchase-complete",
        "refund",
    }
)
EVENT_TYPES = WITH_PRODUCTS | {
    "search",
    "home-page-view",
    "category-page-view",
    "shopping-cart-page-view",
    "chat-preference",
    "copy-feedback",
}


class BadRecord(Exception):
    """A record that cannot be taken in. `reason` is stable: it stands in headers and metrics of dead letters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def time_ms(event: UserEvent) -> int:
    """The event's own time in milliseconds since 1970 UTC; 0 if it has none."""
    return event.event_time.seconds * 1000 + event.event_time.nanos // 1_000_000


def check(event: UserEvent, now_ms: int) -> list[Violation]:
    """All that is wrong with an event; empty if it is good. `now_ms` is the shop's clock."""
    return [violation for rule in _RULES for violation in rule(event, now_ms)]


def _identity(event: UserEvent, _now_ms: int) -> Iterator[Violation]:
    if not _UUID.fullmatch(event.event_id):
        message = f"{limits.shown(event.event_id)} is not a UUID" if event.event_id else "is required"
        yield Violation("event_id", message)
    if not 0 < len(event.visitor_id) <= limits.ID_LENGTH:
        yield from limits.text("visitor_id", event.visitor_id, limits.ID_LENGTH, required=True)


def _type(event: UserEvent, _now_ms: int) -> Iterator[Violation]:
    if event.event_type not in EVENT_TYPES:
        yield Violation(
            "event_type", f"{limits.shown(event.event_type)} is unknown; one of: {', '.join(sorted(EVENT_TYPES))}"
        )


def _time(event: UserEvent, now_ms: int) -> Iterator[Violation]:
    at_ms = time_ms(event)
    if at_ms > now_ms + FUTURE_LIMIT_MS:
        yield Violation("event_time", f"{_iso(at_ms)} is more than 24 hours ahead of the shop's clock, {_iso(now_ms)}")
    elif event.HasField("event_time") and at_ms < 0:
        yield Violation("event_time", f"{_iso(at_ms)} is before 1970")
    if not 0 <= event.event_time.nanos <= 999_999_999:
        yield Violation("event_time.nanos", f"{event.event_time.nanos} is not between 0 and 999999999")


def _iso(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # OSError: years that the platform's own calendar does not know
        return f"{at_ms} ms"


def _products(event: UserEvent, _now_ms: int) -> Iterator[Violation]:
    details = event.product_details
    if event.event_type in WITH_PRODUCTS and not details:
        yield Violation("product_details", f"is required for {event.event_type}")
    if len(details) > 1000:
        yield from limits.count("product_details", details, 1000)
    for index, detail in enumerate(details):
        if not 0 < len(detail.product_id) <= limits.ID_LENGTH:
            yield from limits.text(
                f"product_details[{index}].product_id", detail.product_id, limits.ID_LENGTH, required=True
            )
        if detail.HasField("quantity") and not 1 <= detail.quantity.value <= 1_000_000:
            yield Violation(
                f"product_details[{index}].quantity", f"{detail.quantity.value} is not between 1 and 1000000"
            )
        if detail.HasField("price"):
            yield from limits.money(f"product_details[{index}].price", detail.price)


def _details(event: UserEvent, _now_ms: int) -> Iterator[Violation]:
    for name, limit in _TEXT_LIMITS:
        # The consumer checks every event: asking only where it is needed makes the check twice as fast.
        if len(getattr(event, name)) > limit:
            yield from limits.text(name, getattr(event, name), limit)
    if event.event_type == "search" and not event.search_query:
        yield Violation("search_query", "is required for search")
    if len(event.experiment_ids) > 50:
        yield from limits.count("experiment_ids", event.experiment_ids, 50)
    if len(event.page_categories) > 20:
        yield from limits.count("page_categories", event.page_categories, 20)
    for index, path in enumerate(event.page_categories):
        yield from limits.text(f"page_categories[{index}]", path, 1000)
    if event.event_type == "category-page-view" and not event.page_categories:
        yield Violation("page_categories", "is required for category-page-view")
    if event.HasField("purchase_transaction"):
        yield from limits.text("purchase_transaction.id", event.purchase_transaction.id, limits.ID_LENGTH)


def _preferences(event: UserEvent, _now_ms: int) -> Iterator[Violation]:
    if not event.preferences:
        if event.event_type == "chat-preference":
            yield Violation("preferences", "is required for chat-preference")
        return
    yield from limits.count("preferences", event.preferences, 20)
    for index, preference in enumerate(event.preferences):
        yield from limits.text(f"preferences[{index}].name", preference.name, limits.ID_LENGTH, required=True)
        yield from limits.text(f"preferences[{index}].value", preference.value, 256, required=True)
        if preference.HasField("weight") and not -1 <= preference.weight.value <= 1:
            yield Violation(f"preferences[{index}].weight", f"{preference.weight.value} is not between -1 and 1")


_RULES: tuple[Callable[[UserEvent, int], Iterator[Violation]], ...] = (
    _identity,
    _type,
    _time,
    _products,
    _details,
    _preferences,
)


def to_message(shop_id: str, event: UserEvent, *, json: bool = False) -> Message:
    """The record that publishes an event."""
    payload = json_format.MessageToJson(event, indent=None).encode() if json else event.SerializeToString()
    headers = _headers(shop_id, topics.USER_EVENT, event.event_id, event.visitor_id, JSON if json else PROTOBUF)
    if event.HasField("event_time"):
        headers.append(("ce_time", event.event_time.ToJsonString().encode()))
    return Message(topics.user_events(shop_id).name, event.visitor_id.encode(), payload, headers)


def forget_message(shop_id: str, visitor_id: str, at_ms: int, partition: int | None = None) -> Message:
    """The record that makes a partition forget a visitor."""
    deletion = ProfileDeletion(visitor_id=visitor_id)
    deletion.delete_time.FromMilliseconds(at_ms)
    headers = _headers(shop_id, topics.PROFILE_DELETION, str(uuid.uuid4()), visitor_id, PROTOBUF)
    name = topics.user_events(shop_id).name
    return Message(name, visitor_id.encode(), deletion.SerializeToString(), headers, partition)


def _headers(shop_id: str, kind: str, event_id: str, subject: str, content_type: bytes) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", f"/shopkeeper/{shop_id}".encode()),
        ("ce_type", kind.encode()),
        ("ce_subject", subject.encode()),
        ("ce_dataschema", f"protos/shopkeeper/events/v1/events.proto#{kind}".encode()),
        ("content-type", content_type),
    ]


def read(record: Record, now_ms: int) -> UserEvent | ProfileDeletion:
    """The event of a record. An event without a time gets the record's. Raises BadRecord."""
    payload = _payload(record)
    headers = dict(record.headers)
    if headers.get("ce_type") == topics.PROFILE_DELETION.encode():
        return _deletion(payload)
    event = _decode(payload, headers)
    if not event.HasField("event_time"):
        # Not FromMilliseconds: the record's time is its producer's word, and may be none that a Timestamp can hold.
        event.event_time.seconds, millis = divmod(record.timestamp_ms, 1000)
        event.event_time.nanos = millis * 1_000_000
    violations = check(event, now_ms)
    if violations:
        message = "; ".join(f"{violation.field}: {violation.message}" for violation in violations[:5])
        raise BadRecord(_reason(violations[0]), message)
    return event


def _payload(record: Record) -> bytes:
    if not record.value:
        raise BadRecord("empty", "the record has no value")
    if len(record.value) > topics.MAX_PAYLOAD_BYTES:
        raise BadRecord(
            "too-large", f"the value has {len(record.value)} bytes, the limit is {topics.MAX_PAYLOAD_BYTES}"
        )
    return record.value


def _deletion(payload: bytes) -> ProfileDeletion:
    try:
        deletion = ProfileDeletion.FromString(payload)
    except DecodeError as error:
        raise BadRecord("broken-protobuf", f"not a ProfileDeletion: {error}") from error
    if not deletion.visitor_id or not deletion.HasField("delete_time"):
        raise BadRecord("invalid-field", "visitor_id and delete_time are required")
    for violation in limits.timestamp("delete_time", deletion.delete_time):
        raise BadRecord("invalid-field", f"{violation.field}: {violation.message}")
    return deletion


def _decode(payload: bytes, headers: Mapping[str, bytes]) -> UserEvent:
    told = headers.get("content-type") or (JSON if payload[:1] == b"{" else PROTOBUF)  # a header may be null in Kafka
    content_type = told.split(b";")[0].strip()
    if content_type == JSON:
        return _from_json(payload)
    if content_type not in (PROTOBUF, b"application/x-protobuf"):
        raise BadRecord("unknown-content-type", f"{content_type!r} is neither {PROTOBUF!r} nor {JSON!r}")
    try:
        return UserEvent.FromString(payload)
    except DecodeError as error:
        raise BadRecord(
            "broken-protobuf", f"not a UserEvent (truncated, or text that is not UTF-8): {error}"
        ) from error


def _from_json(payload: bytes) -> UserEvent:
    try:
        return json_format.Parse(payload.decode(), UserEvent())
    except UnicodeDecodeError as error:
        raise BadRecord("invalid-utf8", str(error)) from error
    except (json_format.ParseError, RecursionError) as error:
        raise BadRecord("broken-json", str(error)[:500]) from error


def _reason(violation: Violation) -> str:
    if violation.message == "is required" and violation.field in ("event_id", "visitor_id"):
        return "missing-id"
    if violation.field == "event_time" and "ahead of" in violation.message:
        return "future-event-time"
    return "unknown-event-type" if violation.field == "event_type" else "invalid-field"
