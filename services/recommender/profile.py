"""What the shop knows of one visitor: a fold of their events, small enough to read and write at every one of them.

Events may come late, twice or out of order: `fold` skips an id that it has seen, and what it keeps does not depend on
the order of arrival, but for the cart (what was removed before it was added stays) and `by_basket` of late baskets.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec

from services.recommender import events
from services.recommender.events import Line, ShopperEvent
from services.recommender.purchases import PriceHabit, Purchased, count, join
from services.recommender.said import Said, kinds, latest, price_time, said_at

RECENT_LIMIT = 200
LINES_PER_RECENT_PURCHASE = 20
SEARCHES_LIMIT = 20
CATEGORIES_LIMIT = 50
CART_LIMIT = 200
BASKETS_LIMIT = 1_000
PURCHASED_LIMIT = 4_000
HASH_BYTES = 8

EVENT_TYPES = (
    "",
    events.VIEW,
    events.CLICK,
    events.IMPRESSION,
    events.ADD_TO_CART,
    events.REMOVE_FROM_CART,
    events.PURCHASE,
    events.REFUND,
    events.SEARCH,
    events.CATEGORY_VIEW,
    events.PREFERENCE,
    "home-page-view",
    "shopping-cart-page-view",
    "copy-feedback",
)
"""Stored as an index into this; append only."""
_CODES = {name: code for code, name in enumerate(EVENT_TYPES)}


class Profile(msgspec.Struct, array_like=True):
    """One visitor. A tombstone has `forgotten_at_ms` set and nothing else but the visitor's id."""

    visitor_id: str = ""
    user_id: str = ""
    forgotten_at_ms: int = 0
    """Events up to this time are not taken in."""
    event_count: int = 0
    first_event_ms: int = 0
    last_event_ms: int = 0
    seen: bytes = b""
    """64-bit hashes of the last event ids, oldest first."""
    recent_types: list[int] = []
    """With `recent_times` and `recent_products`: the last events in order of time, by line, impressions left out."""
    recent_times: list[int] = []
    recent_products: list[str] = []
    purchased: dict[str, Purchased] = {}
    baskets: list[int] = []
    """Times of the last purchases, ascending."""
    basket_count: int = 0
    line_count: int = 0
    """Distinct products summed over all baskets."""
    prices: PriceHabit = msgspec.field(default_factory=PriceHabit)
    cart: dict[str, int] = {}
    searches: list[tuple[int, str]] = []
    """(time in ms, query), in order of time."""
    page_categories: list[tuple[int, str]] = []
    """(time in ms, path), in order of time."""
    preferences: list[Said] = []
    """In order of time; a later word on the same value replaces the earlier."""
    linked_visitor_ids: list[str] = []
    """Visitors that `merge` put into this one."""
    priced: list[tuple[str, str]] = []
    """(name, value) of the kinds of products of which the highest price among the preferences was said; empty: all."""

    def recent(self) -> Iterator[tuple[str, int, str]]:
        """(event type, time in ms, product id or empty), newest first."""
        rows = zip(self.recent_types, self.recent_times, self.recent_products, strict=True)
        return ((EVENT_TYPES[code], time_ms, product_id) for code, time_ms, product_id in reversed(list(rows)))

    def baskets_since(self, time_ms: int) -> int:
        """How many of the shopper's baskets came after that time."""
        return len(self.baskets) - bisect_right(self.baskets, time_ms)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Profile)
_LINELESS = (Line(""),)


def encode(profile: Profile) -> bytes:
    return _ENCODER.encode(profile)


def decode(data: bytes) -> Profile:
    """Raises msgspec.MsgspecError if the bytes are no profile."""
    return _DECODER.decode(data)


def forget(visitor_id: str, time_ms: int) -> Profile:
    """The tombstone that takes a forgotten visitor's place."""
    return Profile(visitor_id=visitor_id, forgotten_at_ms=time_ms)


def fold(profile: Profile, event: ShopperEvent, ring_length: int = 1024) -> bool:
    """Takes one event in. False, and nothing changed, if its id was seen or it is older than the forgetting."""
    time_ms = event.time_ms
    if time_ms <= profile.forgotten_at_ms or not _remember(profile, event.event_id, ring_length):
        return False
    profile.event_count += 1
    if time_ms > profile.last_event_ms:
        profile.last_event_ms = time_ms
    if time_ms < profile.first_event_ms or profile.first_event_ms == 0:
        profile.first_event_ms = time_ms
    if event.user_id:
        profile.user_id = event.user_id
    kind = event.event_type
    if kind != events.IMPRESSION:
        _note(profile, kind, time_ms, event.lines)
    effect = _EFFECTS.get(kind)
    if effect is not None:
        effect(profile, event)
    return True


def merge(profiles: Iterable[Profile]) -> Profile:
    """The visitors of one user as one shopper; the arguments stay as they are."""
    ordered = sorted((p for p in profiles if p.event_count), key=lambda p: p.last_event_ms, reverse=True)
    if not ordered:
        return Profile()
    whole = decode(encode(ordered[0]))
    for other in ordered[1:]:
        _join(whole, decode(encode(other)))
    return whole


def _remember(profile: Profile, event_id: str, ring_length: int) -> bool:
    mark = blake2b(event_id.encode(), digest_size=HASH_BYTES).digest()
    seen = profile.seen
    at = seen.find(mark)
    while at >= 0:
        if at % HASH_BYTES == 0:
            return False
        at = seen.find(mark, at + 1)
    profile.seen = seen[-(ring_length - 1) * HASH_BYTES :] + mark if ring_length > 1 else mark
    return True


def _note(profile: Profile, kind: str, time_ms: int, lines: tuple[Line, ...]) -> None:
    """Puts the event among the recent ones, where its time belongs."""
    times, types, products = profile.recent_times, profile.recent_types, profile.recent_products
    code = _CODES.get(kind, 0)
    for line in lines[:LINES_PER_RECENT_PURCHASE] or _LINELESS:
        if not times or time_ms >= times[-1]:
            times.append(time_ms)
            types.append(code)
            products.append(line.product_id)
        else:
            at = bisect_right(times, time_ms)
            times.insert(at, time_ms)
            types.insert(at, code)
            products.insert(at, line.product_id)
    _trim(profile)


def _trim(profile: Profile) -> None:
    excess = len(profile.recent_times) - RECENT_LIMIT
    if excess > 0:
        del profile.recent_times[:excess], profile.recent_types[:excess], profile.recent_products[:excess]


def _purchase(profile: Profile, event: ShopperEvent) -> None:
    time_ms = event.time_ms
    pieces: dict[str, int] = {}
    for line in event.lines:
        pieces[line.product_id] = pieces.get(line.product_id, 0) + line.quantity
        if line.price > 0:
            profile.prices.add(math.log(line.price))
    insort(profile.baskets, time_ms)
    del profile.baskets[:-BASKETS_LIMIT]
    profile.basket_count += 1
    profile.line_count += len(pieces)
    for product_id, quantity in pieces.items():
        bought = profile.purchased.get(product_id)
        if bought is None:
            bought = profile.purchased[product_id] = Purchased()
        bought.pieces += quantity
        count(bought, time_ms, profile.baskets)
        profile.cart.pop(product_id, None)
    _cut_purchased(profile)


def _cut_purchased(profile: Profile) -> None:
    excess = len(profile.purchased) - PURCHASED_LIMIT
    if excess > 0:
        for product_id in sorted(profile.purchased, key=lambda p: profile.purchased[p].last_ms)[:excess]:
            del profile.purchased[product_id]


def _refund(profile: Profile, event: ShopperEvent) -> None:
    for line in event.lines:
        profile.purchased.setdefault(line.product_id, Purchased()).pieces -= line.quantity
    _cut_purchased(profile)


def _add_to_cart(profile: Profile, event: ShopperEvent) -> None:
    for line in event.lines:
        bought = profile.purchased.get(line.product_id)
        if bought is None or bought.last_ms < event.time_ms:
            profile.cart[line.product_id] = profile.cart.get(line.product_id, 0) + line.quantity
    while len(profile.cart) > CART_LIMIT:
        del profile.cart[next(iter(profile.cart))]


def _remove_from_cart(profile: Profile, event: ShopperEvent) -> None:
    for line in event.lines:
        left = profile.cart.pop(line.product_id, 0) - line.quantity
        if left > 0:
            profile.cart[line.product_id] = left


def _search(profile: Profile, event: ShopperEvent) -> None:
    insort(profile.searches, (event.time_ms, event.search_query))
    del profile.searches[:-SEARCHES_LIMIT]


def _category(profile: Profile, event: ShopperEvent) -> None:
    for path in event.page_categories:
        insort(profile.page_categories, (event.time_ms, path))
    del profile.page_categories[:-CATEGORIES_LIMIT]


def _preference(profile: Profile, event: ShopperEvent) -> None:
    told = said_at(event.time_ms, event.preferences)
    profile.preferences = latest([*profile.preferences, *told])
    if price_time(told) and price_time(told) == price_time(profile.preferences):
        profile.priced = kinds(told)


def _join(whole: Profile, other: Profile) -> None:
    whole.linked_visitor_ids.append(other.visitor_id)
    whole.event_count += other.event_count
    whole.first_event_ms = min(whole.first_event_ms, other.first_event_ms)
    rows = zip(
        whole.recent_times + other.recent_times,
        whole.recent_types + other.recent_types,
        whole.recent_products + other.recent_products,
        strict=True,
    )
    ordered = sorted(rows, key=lambda row: row[0])[-RECENT_LIMIT:]
    whole.recent_times = [row[0] for row in ordered]
    whole.recent_types = [row[1] for row in ordered]
    whole.recent_products = [row[2] for row in ordered]
    whole.baskets = sorted(whole.baskets + other.baskets)[-BASKETS_LIMIT:]
    whole.basket_count += other.basket_count
    whole.line_count += other.line_count
    whole.prices.join(other.prices)
    for product_id, bought in other.purchased.items():
        join(whole.purchased.setdefault(product_id, Purchased()), bought, whole.baskets)
    for product_id, pieces in other.cart.items():
        whole.cart[product_id] = whole.cart.get(product_id, 0) + pieces
    whole.searches = sorted(whole.searches + other.searches)[-SEARCHES_LIMIT:]
    whole.page_categories = sorted(whole.page_categories + other.page_categories)[-CATEGORIES_LIMIT:]
    if price_time(other.preferences) > price_time(whole.preferences):
        whole.priced = other.priced
    whole.preferences = latest(whole.preferences + other.preferences)


_EFFECTS = {
    events.PURCHASE: _purchase,
    events.REFUND: _refund,
    events.ADD_TO_CART: _add_to_cart,
    events.REMOVE_FROM_CART: _remove_from_cart,
    events.SEARCH: _search,
    events.CATEGORY_VIEW: _category,
    events.PREFERENCE: _preference,
}
