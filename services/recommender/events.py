"""What the recommender's domain knows of an event: plain values, no protobuf."""

from typing import NamedTuple

VIEW = "detail-page-view"
CLICK = "product-click"
IMPRESSION = "impression"
ADD_TO_CART = "add-to-cart"
REMOVE_FROM_CART = "remove-from-cart"
PURCHASE = "purchase-complete"
REFUND = "refund"
SEARCH = "search"
CATEGORY_VIEW = "category-page-view"
PREFERENCE = "chat-preference"


class Line(NamedTuple):
    """A product in an event. `price` is of one piece, in whole currency units; 0.0 if not told."""

    product_id: str
    quantity: int = 1
    price: float = 0.0


class Preference(NamedTuple):
    """Something a shopper said to want (weight > 0) or to avoid (weight < 0)."""

    name: str
    value: str
    weight: float = 1.0


class ShopperEvent(NamedTuple):
    """One event of one visitor. Times are milliseconds since 1970 UTC."""

    event_id: str
    event_type: str
    time_ms: int
    visitor_id: str
    user_id: str = ""
    lines: tuple[Line, ...] = ()
    search_query: str = ""
    page_categories: tuple[str, ...] = ()
    preferences: tuple[Preference, ...] = ()
