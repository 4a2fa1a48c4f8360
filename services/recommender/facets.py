"""What a set of products can be narrowed by, counted over all of it, in one language."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.recommender.catalogue import Product, Wording
from services.recommender.filters import split_path

VALUES = 20
ATTRIBUTES = 12
PRICE_RANGES = 5
CENT = 0.01


@dataclass(frozen=True)
class FacetValue:
    """`min_price` and `max_price`, inclusive, only of a price range."""

    value: str
    count: int
    min_price: float | None = None
    max_price: float | None = None
    currency: str = ""


@dataclass(frozen=True)
class Facet:
    name: str
    values: tuple[FacetValue, ...]
    """Most frequent first; price ranges from the cheapest up."""


def facets(products: Sequence[Product], language_code: str) -> list[Facet]:
    """`category` at the level where the products part, `brand`, `price`, and the attributes that tell them apart."""
    if not products:
        return []
    words = [_wording(product, language_code) for product in products]
    found = [
        Facet("category", _counted(_next_level([_paths(wording.categories) for wording in words]))),
        Facet("brand", _counted(wording.brand for wording in words if wording.brand)),
        Facet("price", _price_ranges(sorted(p.price for p in products if p.price > 0), products[0].currency)),
        *_attributes(Counter((n, v) for wording in words for n, vs in wording.attributes.items() for v in set(vs))),
    ]
    return [facet for facet in found if facet.values]


def _wording(product: Product, language_code: str) -> Wording:
    """`zh-CN` is answered in `zh` where there is nothing nearer."""
    nearest = product.wordings.get(language_code) or product.wordings.get(language_code.split("-")[0])
    return nearest or product.own


def _counted(values: Iterable[str]) -> tuple[FacetValue, ...]:
    ordered = sorted(Counter(values).items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(FacetValue(value, count) for value, count in ordered[:VALUES])


def _paths(categories: Iterable[str]) -> list[tuple[str, ...]]:
    return [path for path in map(split_path, categories) if path]


def _next_level(paths_of: Sequence[Sequence[tuple[str, ...]]]) -> Iterable[str]:
    """Each product's paths cut one step below what all products share."""
    together = [path for paths in paths_of for path in paths]
    depth = _shared(together) + 1
    return (" > ".join(path) for paths in paths_of for path in dict.fromkeys(path[:depth] for path in paths))


def _shared(paths: Sequence[tuple[str, ...]]) -> int:
    if not paths:
        return 0
    least, greatest = min(paths), max(paths)
    return next((at for at, part in enumerate(least) if part != greatest[at]), len(least))


def _attributes(counts: Counter[tuple[str, str]]) -> list[Facet]:
    """Those with at least two values, the most common attribute first."""
    by_name: dict[str, Counter[str]] = {}
    for (name, value), count in counts.items():
        by_name.setdefault(name, Counter())[value] = count
    telling = sorted(
        (name for name, values in by_name.items() if len(values) > 1),
        key=lambda name: (-by_name[name].total(), name),
    )
    return [Facet(name, _counted(by_name[name].elements())) for name in telling[:ATTRIBUTES]]


def _price_ranges(prices: Sequence[float], currency: str) -> tuple[FacetValue, ...]:
    """Ranges with round limits, each with about as many products as the others."""
    if not prices or prices[0] == prices[-1]:
        return ()
    cuts = (prices[len(prices) * step // PRICE_RANGES] for step in range(1, PRICE_RANGES))
    edges = sorted({_round(cut) for cut in cuts if prices[0] < _round(cut) < prices[-1]})
    lows = [math.floor(prices[0]), *edges]
    highs = [*(edge - CENT for edge in edges), math.ceil(prices[-1])]
    ranges = (_range(prices, low, round(high, 2), currency) for low, high in zip(lows, highs, strict=True))
    return tuple(each for each in ranges if each.count)


def _range(prices: Sequence[float], low: float, high: float, currency: str) -> FacetValue:
    count = sum(low <= price <= high for price in prices)
    return FacetValue(f"{low:g}-{high:g}", count, float(low), float(high), currency)


def _round(price: float) -> float:
    """To 1, 2 or 5 times a power of ten, or half way between."""
    step = 10.0 ** math.floor(math.log10(price)) / 2
    return round(price / step) * step
