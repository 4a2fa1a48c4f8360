"""Small shops with known tastes, for the tests of the recommender."""

import itertools

from services.recommender import events
from services.recommender.catalogue import Catalogue, Product, Wording
from services.recommender.events import Line, ShopperEvent
from services.recommender.popularity import increments
from services.recommender.profile import Profile, fold
from services.recommender.purchases import DAY_MS

NOW = 1_320_796_800_000
_NUMBERS = itertools.count()
_HIDDEN = {ord(letter): chr(0x2460 + place) for place, letter in enumerate("0123456789abcdefghijklmnopqrstuvwxyz")}
"""Into signs that are no words: products of a kind differ in name, but not in what their words say."""
KINDS = {
    "tea": ("green leaf tea", "绿茶 茶叶"),
    "tool": ("steel hammer drill", "钢 锤子 电钻"),
}


def product(product_id: str, kind: str, **more: object) -> Product:
    """A product whose words tell its kind, in English and Chinese."""
    english, chinese = KINDS[kind]
    number = f"({product_id})".translate(_HIDDEN)
    wordings = {
        "en": Wording(f"{english} {number}", categories=(f"{kind} > {kind}",), brand=kind),
        "zh": Wording(f"{chinese} {number}", categories=(kind,)),
    }
    return Product(product_id, wordings, **{"price": 10.0, "stock": 5, **more})  # type: ignore[arg-type]


def two_kinds(each: int = 20) -> Catalogue:
    """`tea-0` ... and `tool-0` ..."""
    return Catalogue(product(f"{kind}-{n}", kind) for kind in KINDS for n in range(each))


def event(kind: str, visitor_id: str, *product_ids: str, days_ago: float = 1.0) -> ShopperEvent:
    lines = tuple(Line(product_id, 1, 10.0) for product_id in product_ids)
    time_ms = NOW - int(days_ago * DAY_MS)
    return ShopperEvent(f"e{next(_NUMBERS)}", kind, time_ms, visitor_id, lines=lines)


def profile_of(*happened: ShopperEvent) -> Profile:
    profile = Profile(visitor_id="ann")
    for one in happened:
        fold(profile, one)
    return profile


def bought(*product_ids: str, days_ago: float = 1.0) -> ShopperEvent:
    return event(events.PURCHASE, "ann", *product_ids, days_ago=days_ago)


def viewed(*product_ids: str, days_ago: float = 0.01) -> ShopperEvent:
    return event(events.VIEW, "ann", *product_ids, days_ago=days_ago)


def days_of(happened: list[ShopperEvent]) -> dict[int, dict[str, int]]:
    """Popularity counters as the consumer would have kept them."""
    days: dict[int, dict[str, int]] = {}
    for one in happened:
        for _, name, n in increments(one):
            counts = days.setdefault(one.time_ms // DAY_MS, {})
            counts[name] = counts.get(name, 0) + n
    return days
