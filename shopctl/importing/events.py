"""A row of an event export to our event: our own, Segment's, or Google Analytics 4's (BigQuery)."""

import uuid
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import Int32Value

from contracts import aliases
from servicekit.errors import InvalidInput, Violation
from shopctl.importing.fields import Fields, canonical
from shopctl.importing.wording import timestamp_of_ms
from shopkeeper.events.v1.events_pb2 import ProductDetail, PurchaseTransaction, UserEvent

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://shopkeeper.dev/import/events")
"""Ids of events that brought none are UUIDv5 of the row in this namespace: equal rows are one event."""

OWN_FLAT = ("product_id", "quantity", "price", "currency")
"""Columns of a flat row of ours beside the fields of UserEvent: one product."""


class Format(StrEnum):
    """Whose export it is."""

    AUTO = "auto"
    SHOPKEEPER = "shopkeeper"
    SEGMENT = "segment"
    GA4 = "ga4"


class NotOurs(Exception):
    """The row is sound, but of a kind that says nothing about products, e.g. `page` or `session_start`."""


def guess(values: Mapping[str, Any]) -> Format:
    """The format that a row is in. Raises InvalidInput if it looks like none."""
    if "event_name" in values and ("user_pseudo_id" in values or "event_timestamp" in values):
        return Format.GA4
    if "event_type" in values or "eventType" in values:
        return Format.SHOPKEEPER
    if "messageId" in values or "anonymousId" in values or ("event" in values and "properties" in values):
        return Format.SEGMENT
    wanted = "ours (event_type, visitor_id), Segment's (event, anonymousId, properties) or GA4's (event_name, items)"
    raise InvalidInput.of(Violation("format", f"columns {', '.join(list(values)[:8])} are none of {wanted}"))


def event(values: Mapping[str, Any], form: Format, currency: str = "") -> UserEvent:
    """`currency` is that of rows that name none; a price without one is left out. Raises InvalidInput or NotOurs."""
    readers: Mapping[Format, Callable[[Mapping[str, Any], str], UserEvent]] = {
        Format.SHOPKEEPER: _own,
        Format.SEGMENT: _segment,
        Format.GA4: _ga4,
    }
    return readers[form if form is not Format.AUTO else guess(values)](values, currency)


def event_id(given: str, values: Mapping[str, Any]) -> str:
    """The id that was given if it is a UUID; else a UUIDv5 of it, or of the whole row."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, given or canonical(values)))


def _own(values: Mapping[str, Any], currency: str) -> UserEvent:
    if isinstance(values.get("payload"), bytes):
        return _archived(values["payload"])
    flat = {name: value for name, value in values.items() if name not in OWN_FLAT}
    row = Fields(values)
    for name in ("page_categories", "experiment_ids"):
        if isinstance(flat.get(name), str):
            flat[name] = row.words(name)
    time_name = "event_time" if "event_time" in values else "eventTime"
    found_ms = row.time_ms(time_name)
    flat.pop(time_name, None)
    try:
        made = json_format.ParseDict({k: v for k, v in flat.items() if v != ""}, UserEvent())
    except json_format.ParseError as error:
        raise InvalidInput.of(*row.violations, Violation("event", str(error))) from None
    if row.text("product_id"):
        made.product_details.append(_detail(row, "product_id", row.text("currency") or currency))
    made.event_id = made.event_id or event_id("", values)
    _finish(made, row, found_ms)
    return made


def _archived(payload: bytes) -> UserEvent:
    """A row of a shop's own archive, which keeps the event as it came."""
    try:
        return UserEvent.FromString(payload)
    except DecodeError as error:
        raise InvalidInput.of(Violation("payload", f"is not a UserEvent: {error}")) from None


def _segment(values: Mapping[str, Any], currency: str) -> UserEvent:
    row = Fields(values)
    name = row.text("event")
    kind = row.text("type") or "track"
    ours = aliases.event_type(name) if kind == "track" else None
    if ours is None:
        raise NotOurs(name if kind == "track" else kind)
    user_id = row.text("userId")
    made = UserEvent(
        event_id=event_id(row.text("messageId"), values),
        event_type=ours,
        visitor_id=row.text("anonymousId") or visitor_of_user(user_id),
        user_id=user_id,
        session_id=row.text("context.sessionId", "properties.session_id"),
        cart_id=row.text("properties.cart_id"),
        search_query=row.text("properties.query"),
        uri=row.text("context.page.url"),
        referrer_uri=row.text("context.page.referrer"),
    )
    own = row.text("properties.currency") or currency
    _add_products(made, row, "properties.products", "properties", ("product_id", "sku"), own)
    if ours in ("purchase-complete", "refund"):
        made.purchase_transaction.CopyFrom(
            _transaction(row, "properties.", ("order_id", "revenue", "tax", "shipping"), own)
        )
    _finish(made, row, row.time_ms("timestamp", "originalTimestamp", "sentAt", "receivedAt"))
    return made


def _ga4(values: Mapping[str, Any], currency: str) -> UserEvent:
    row = Fields({**values, "params": _parameters(values)})
    name = row.text("event_name")
    ours = aliases.event_type(name)
    if ours is None:
        raise NotOurs(name)
    user_id = row.text("user_id")
    made = UserEvent(
        event_id=event_id("", values),
        event_type=ours,
        visitor_id=row.text("user_pseudo_id") or visitor_of_user(user_id),
        user_id=user_id,
        session_id=row.text("params.ga_session_id"),
        search_query=row.text("params.search_term"),
        uri=row.text("params.page_location"),
        referrer_uri=row.text("params.page_referrer"),
    )
    own = row.text("params.currency") or currency
    _add_products(made, row, "items", "", ("item_id",), own)
    if ours in ("purchase-complete", "refund"):
        names = ("transaction_id", "purchase_revenue", "tax_value", "shipping_value")
        made.purchase_transaction.CopyFrom(_transaction(row, "ecommerce.", names, own))
        if not made.purchase_transaction.id:
            made.purchase_transaction.id = row.text("params.transaction_id")
    _finish(made, row, row.time_ms("event_timestamp"))
    return made


def visitor_of_user(user_id: str) -> str:
    """A visitor for events that know only the user (sent by a server): one per user, and telling nothing of them."""
    return f"user-{uuid.uuid5(NAMESPACE, user_id)}" if user_id else ""


def _parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """`event_params: [{key, value: {string_value | int_value | ...}}]` as a plain mapping."""
    found: dict[str, Any] = {}
    listed = values.get("event_params")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("value"), Mapping):
            found[str(item.get("key"))] = next((v for v in item["value"].values() if v is not None), None)
    return found


def _add_products(made: UserEvent, row: Fields, many: str, single: str, ids: tuple[str, ...], currency: str) -> None:
    listed = row.raw(many)
    if listed is not None and not isinstance(listed, list):
        row.wrong(many, "is not a list")
        return
    prefixes = [f"{many}[{index}]" for index in range(len(listed or ()))]
    parts: list[Any] = list(listed or ())
    if not parts and single and any(row.raw(f"{single}.{name}") is not None for name in ids):
        prefixes, parts = [single], [row.raw(single)]
    for prefix, part in zip(prefixes, parts, strict=True):
        inner = Fields(part if isinstance(part, Mapping) else {})
        name = next((n for n in ids if inner.raw(n) is not None), ids[0])
        made.product_details.append(_detail(inner, name, currency))
        row.violations.extend(Violation(f"{prefix}.{v.field}", v.message) for v in inner.violations)


def _detail(row: Fields, id_name: str, currency: str) -> ProductDetail:
    made = ProductDetail(product_id=row.text(id_name), price=row.money("price", currency) if currency else None)
    if (quantity := row.whole("quantity")) is not None:
        if abs(quantity) < 2**31:
            made.quantity.CopyFrom(Int32Value(value=quantity))
        else:
            row.wrong("quantity", f"{quantity} is above 1,000,000")
    return made


def _transaction(row: Fields, prefix: str, names: tuple[str, str, str, str], currency: str) -> PurchaseTransaction:
    amounts = [row.money(prefix + name, currency) if currency else None for name in names[1:]]
    revenue, tax, shipping = amounts
    return PurchaseTransaction(id=row.text(prefix + names[0]), revenue=revenue, tax=tax, shipping_cost=shipping)


def _finish(made: UserEvent, row: Fields, found_ms: int | None) -> None:
    """A row without a time is refused: taken as of now, it would be another event at each import."""
    if found_ms is not None:
        made.event_time.CopyFrom(timestamp_of_ms(found_ms))
    elif not any("time" in violation.field.lower() for violation in row.violations):
        row.wrong("event_time", "is missing; an imported event must say when it happened")
    row.raise_if_wrong()
