"""Other vendors' names for the same events, as their public references list them."""

from contracts.user_events import EVENT_TYPES

_NAMES = {
    # ours: Segment, Snowplow, GA4
    "detail-page-view": ("Product Viewed", "product_view", "view_item"),
    "impression": ("Product List Viewed", "list_view", "view_item_list"),
    "product-click": ("Product Clicked", "list_click", "select_item"),
    "add-to-cart": ("Product Added", "add_to_cart"),
    "remove-from-cart": ("Product Removed", "remove_from_cart"),
    "purchase-complete": ("Order Completed", "transaction", "purchase"),
    "refund": ("Order Refunded", "refund"),
    "search": ("Products Searched", "search"),
    "shopping-cart-page-view": ("Cart Viewed", "view_cart"),
}
_BY_ALIAS = {alias.casefold(): ours for ours, aliases in _NAMES.items() for alias in aliases}


def event_type(name: str) -> str | None:
    """Our event type for a name of ours, Segment's, Snowplow's or GA4's; None if nobody has it."""
    return name if name in EVENT_TYPES else _BY_ALIAS.get(name.casefold())
