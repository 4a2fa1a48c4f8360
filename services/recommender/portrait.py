"""What the shop knows of a shopper, in the words of the contract: for the shopper to see."""

from collections.abc import Iterable

from services.recommender import events
from services.recommender.catalogue import Catalogue
from services.recommender.preferences import left_of
from services.recommender.profile import Profile
from shopkeeper.recommender.v1 import recommender_pb2 as pb

_WEIGHTS = {events.PURCHASE: 5.0, events.ADD_TO_CART: 3.0, events.CLICK: 1.0, events.VIEW: 1.0}
_MOST_AFFINITIES = 20
_MOST_PRODUCTS = 200


def portrait(profile: Profile, catalogue: Catalogue, now_ms: int, language_code: str = "") -> pb.Profile:
    """The public profile at that time; categories in that language, or in each product's own."""
    told = pb.Profile(
        visitor_id=profile.visitor_id,
        user_id=profile.user_id,
        linked_visitor_ids=profile.linked_visitor_ids,
        recent_searches=list(dict.fromkeys(query for _, query in reversed(profile.searches))),
        event_count=profile.event_count,
        order_count=profile.basket_count,
    )
    if profile.event_count:
        told.first_event_time.FromMilliseconds(profile.first_event_ms)
        told.last_event_time.FromMilliseconds(profile.last_event_ms)
    for event_type, time_ms, product_id in profile.recent():
        event = told.recent_events.add(event_type=event_type, product_id=product_id)
        event.event_time.FromMilliseconds(time_ms)
    _purchases(told, profile)
    told.cart_items.extend(pb.CartItem(product_id=name, quantity=n) for name, n in profile.cart.items())
    _preferences(told, profile, now_ms)
    told.category_affinities.extend(_affinities(profile, catalogue, language_code))
    return told


def _purchases(told: pb.Profile, profile: Profile) -> None:
    ordered = sorted(profile.purchased.items(), key=lambda item: (-item[1].orders, -item[1].last_ms))
    for product_id, bought in ordered[:_MOST_PRODUCTS]:
        if bought.orders:
            line = told.purchased_products.add(product_id=product_id, order_count=bought.orders, quantity=bought.pieces)
            line.last_purchase_time.FromMilliseconds(bought.last_ms)


def _preferences(told: pb.Profile, profile: Profile, now_ms: int) -> None:
    for said in reversed(profile.preferences):
        time_ms, name, value, _ = said
        left = left_of(said, now_ms)
        if left:
            told.preferences.add(name=name, value=value, weight=left).event_time.FromMilliseconds(time_ms)


def _affinities(profile: Profile, catalogue: Catalogue, language_code: str) -> Iterable[pb.Affinity]:
    """Shares of the shopper's attention; each product counts by what was done with it."""
    weights: dict[str, float] = {}
    for event_type, _, product_id in profile.recent():
        product = catalogue.get(product_id)
        for path in product.in_language(language_code).categories if product else ():
            weights[path] = weights.get(path, 0.0) + _WEIGHTS.get(event_type, 0.0)
    strongest = sorted(weights.items(), key=lambda item: -item[1])[:_MOST_AFFINITIES]
    total = sum(weight for _, weight in strongest)
    return [pb.Affinity(name=name, weight=weight / total) for name, weight in strongest if weight > 0]
