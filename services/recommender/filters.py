"""What a shopper or a shelf asks of products before any ranking."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from services.recommender.catalogue import Product, attribute_key

PATH_SEPARATOR = ">"
Rule = Callable[[Product], bool]


@dataclass(frozen=True)
class Filter:
    """All conditions must hold; within one list any value will do. Words count in any language of the product."""

    categories: tuple[str, ...] = ()
    """Paths or their beginnings: `Clothing` matches `Clothing > Women`, but not `Clothing care`."""
    brands: tuple[str, ...] = ()
    min_price: float | None = None
    """Inclusive, whole currency units. A product of unknown price passes no price limit."""
    max_price: float | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names and values however they are written: `Color` `red` finds `colour` `Red`."""
    exclude_product_ids: frozenset[str] = frozenset()
    include_out_of_stock: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than being in stock and not excluded: enough to search without a query."""
        limits = self.min_price is not None or self.max_price is not None
        return bool(self.categories or self.brands or self.attributes or limits)


@lru_cache(maxsize=20_000)
def split_path(category: str) -> tuple[str, ...]:
    """`A > B` -> (`A`, `B`), without the spaces around the parts."""
    return tuple(part for part in (piece.strip() for piece in category.split(PATH_SEPARATOR)) if part)


def matches(product: Product, wanted: Filter) -> bool:
    return predicate(wanted)(product)


def predicate(wanted: Filter) -> Rule:
    """The filter as a test of one product; to be made once where many are tested."""
    rules = list(_rules(wanted))
    return lambda product: all(rule(product) for rule in rules)


def _rules(wanted: Filter) -> Iterator[Rule]:
    if wanted.exclude_product_ids:
        yield lambda product: product.product_id not in wanted.exclude_product_ids
    if not wanted.include_out_of_stock:
        yield lambda product: product.sellable
    if wanted.min_price is not None or wanted.max_price is not None:
        yield _price_between(wanted.min_price, wanted.max_price)
    if wanted.brands:
        yield _of_brands(frozenset(map(_fold, wanted.brands)))
    if wanted.categories:
        paths = (split_path(_fold(category)) for category in wanted.categories)
        yield _in_categories([path for path in paths if path])
    for name, values in wanted.attributes.items():
        yield _with_attribute(name, frozenset(map(_fold, values)))


def _price_between(lowest: float | None, highest: float | None) -> Rule:
    low, high = lowest or 0.0, math.inf if highest is None else highest
    return lambda product: product.price > 0 and low <= product.price <= high


def _of_brands(asked: frozenset[str]) -> Rule:
    return lambda product: any(_fold(wording.brand) in asked for wording in product.wordings.values())


def _in_categories(asked: Sequence[tuple[str, ...]]) -> Rule:
    @cache
    def inside(category: str) -> bool:
        path = split_path(_fold(category))
        return any(path[: len(beginning)] == beginning for beginning in asked)

    return lambda product: any(inside(path) for wording in product.wordings.values() for path in wording.categories)


def _with_attribute(name: str, asked: frozenset[str]) -> Rule:
    key = attribute_key(name)

    def rule(product: Product) -> bool:
        told = (each for wording in product.wordings.values() for each in wording.attributes.items())
        return any(_fold(value) in asked for own, values in told if attribute_key(own) == key for value in values)

    return rule


def _fold(word: str) -> str:
    return word.strip().casefold()
