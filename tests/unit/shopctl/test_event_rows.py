"""One shopper's steps, as three vendors export them, are the same events."""

import pytest

from contracts import user_events
from servicekit.errors import InvalidInput
from shopctl.importing import events
from shopctl.importing.events import Format
from shopkeeper.events.v1.events_pb2 import UserEvent

NOW_MS = 1_800_000_000_000
UUID = "5f1c9d4e-8a57-4f4c-9a52-0d6a3c1f7b11"


def taken(row: dict[str, object], form: Format = Format.AUTO, currency: str = "") -> UserEvent:
    event = events.event(row, form, currency)
    assert user_events.check(event, NOW_MS) == []
    return event


def segment(name: str, properties: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "track", "event": name, "messageId": UUID, "anonymousId": "v1", "userId": "u1",
            "timestamp": "2026-03-01T12:00:00.250Z", "properties": properties, **more}  # fmt: skip


def ga4(name: str, **more: object) -> dict[str, object]:
    return {"event_name": name, "event_timestamp": "1772366400250000", "user_pseudo_id": "v1",
            "event_params": [{"key": "ga_session_id", "value": {"int_value": "77"}},
                             {"key": "currency", "value": {"string_value": "EUR"}}], **more}  # fmt: skip


def test_a_purchase_exported_by_segment() -> None:
    products = [{"product_id": "a", "quantity": 2, "price": 9.5}, {"sku": "b", "price": "1"}]
    event = taken(
        segment("Order Completed", {"order_id": "o1", "revenue": 20, "currency": "EUR", "products": products})
    )
    assert (event.event_id, event.event_type, event.visitor_id, event.user_id) == (
        UUID,
        "purchase-complete",
        "v1",
        "u1",
    )
    assert event.event_time.ToMilliseconds() == 1_772_366_400_250
    assert [(d.product_id, d.quantity.value) for d in event.product_details] == [("a", 2), ("b", 0)]
    assert not event.product_details[1].HasField("quantity")
    assert (event.product_details[0].price.units, event.product_details[0].price.nanos) == (9, 500_000_000)
    assert (event.purchase_transaction.id, event.purchase_transaction.revenue.units) == ("o1", 20)


def test_the_same_purchase_exported_by_ga4() -> None:
    items = [{"item_id": "a", "quantity": "2", "price": 9.5}, {"item_id": "b", "price": 1.0, "quantity": None}]
    event = taken(ga4("purchase", items=items, ecommerce={"transaction_id": "o1", "purchase_revenue": 20.0}))
    assert (event.event_type, event.visitor_id, event.session_id) == ("purchase-complete", "v1", "77")
    assert event.event_time.ToMilliseconds() == 1_772_366_400_250
    assert [(d.product_id, d.quantity.value) for d in event.product_details] == [("a", 2), ("b", 0)]
    assert event.product_details[0].price.currency_code == "EUR"
    assert (event.purchase_transaction.id, event.purchase_transaction.revenue.units) == ("o1", 20)


def test_ours_as_json_and_as_flat_columns() -> None:
    nested = {"event_id": UUID, "event_type": "add-to-cart", "event_time": "2026-03-01T12:00:00.250Z",
              "visitor_id": "v1", "product_details": [{"product_id": "a", "quantity": 2}]}  # fmt: skip
    flat = {"event_id": UUID, "event_type": "add-to-cart", "event_time": "1772366400250", "visitor_id": "v1",
            "product_id": "a", "quantity": "2", "user_id": ""}  # fmt: skip
    assert taken(nested) == taken(flat)


def test_a_row_of_the_archive_is_the_event_that_was_archived() -> None:
    event = taken(segment("Product Viewed", {"product_id": "a"}))
    assert taken({"event_type": event.event_type, "payload": event.SerializeToString(), "offset": 3}) == event


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (segment("Product Viewed", {"product_id": "a"}), "detail-page-view"),
        (segment("Products Searched", {"query": "red mug"}), "search"),
        (segment("Product Removed", {"product_id": "a"}), "remove-from-cart"),
        (ga4("view_item", items=[{"item_id": "a"}]), "detail-page-view"),
        (ga4("view_item_list", items=[{"item_id": "a"}, {"item_id": "b"}]), "impression"),
    ],
)
def test_other_vendors_names_mean_ours(row: dict[str, object], expected: str) -> None:
    assert taken(row).event_type == expected


def test_a_row_without_an_id_has_one_of_its_content() -> None:
    row = ga4("view_item", items=[{"item_id": "a"}])
    shuffled = dict(reversed(row.items()))
    other = row | {"event_timestamp": "1772366400250001"}
    assert taken(row).event_id == taken(shuffled).event_id != taken(other).event_id
    named = segment("Product Viewed", {"product_id": "a"}, messageId="ajs-1")
    assert taken(named).event_id == taken(named | {"context": {"ip": "-"}}).event_id


def test_a_server_side_event_has_a_visitor_that_tells_nothing_of_the_user() -> None:
    event = taken(segment("Product Viewed", {"product_id": "a"}, anonymousId=None, userId="anna@mail.example"))
    assert event.user_id == "anna@mail.example"
    assert "anna" not in event.visitor_id


@pytest.mark.parametrize("row", [ga4("session_start"), segment("Signed Up", {}), {"type": "page", "messageId": UUID}])
def test_what_says_nothing_about_products_is_skipped_not_wrong(row: dict[str, object]) -> None:
    with pytest.raises(events.NotOurs):
        events.event(row, Format.AUTO)


def test_a_price_without_currency_is_left_out_unless_one_is_named() -> None:
    row = segment("Product Viewed", {"product_id": "a", "price": 3})
    assert not taken(row).product_details[0].HasField("price")
    assert taken(row, currency="CNY").product_details[0].price.units == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (segment("Product Viewed", {"product_id": "a", "quantity": 1.5}), "quantity"),
        (segment("Product Viewed", {"product_id": "a"}, timestamp="noon"), "timestamp"),
        (segment("Product Viewed", {"product_id": "a"}, timestamp=None), "event_time"),
        (segment("Order Completed", {"products": {"product_id": "a"}}), "properties.products"),
        (ga4("purchase", items=[{"item_id": "a", "quantity": "many"}]), "items[0].quantity"),
        ({"event_type": "search", "event_time": "2026-03-01T12:00:00Z", "visitorid": "v"}, "event"),
        ({"name": "click", "who": "v1"}, "format"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(row: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        events.event(row, Format.AUTO)
    assert any(violation.field.endswith(field) for violation in caught.value.violations), caught.value.message
