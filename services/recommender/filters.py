"""What a shopper or a shelf asks of products before any ranking."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.recommender.catalogue import Product

PATH_SEPARATOR = ">"


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
    exclude_product_ids: frozenset[str] = frozenset()
    include_out_of_stock: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than being in stock and not excluded: enough to search without a query."""
        limits = self.min_price is not None or self.max_price is not None
        return bool(self.categories or self.brands or self.attributes or limits)


def split_path(category: str) -> tuple[str, ...]:
    """`A > B` -> (`A`, `B`), without the spaces around the parts."""
    return tuple(part for part in (piece.strip() for piece in category.split(PATH_SEPARATOR)) if part)


def matches(product: Product, wanted: Filter) -> bool:
    if product.product_id in wanted.exclude_product_ids:
        return False
    if not (wanted.include_out_of_stock or product.sellable):
        return False
    return (
        _price_within(product.price, wanted.min_price, wanted.max_price)
        and (not wanted.brands or _has_brand(product, wanted.brands))
        and (not wanted.categories or _in_a_category(product, wanted.categories))
        and all(_has_attribute(product, name, values) for name, values in wanted.attributes.items())
    )


def _price_within(price: float, lowest: float | None, highest: float | None) -> bool:
    if lowest is None and highest is None:
        return True
    return price > 0 and (lowest is None or price >= lowest) and (highest is None or price <= highest)


def _has_brand(product: Product, brands: Iterable[str]) -> bool:
    asked = {_fold(brand) for brand in brands}
    return any(_fold(wording.brand) in asked for wording in product.wordings.values() if wording.brand)


def _in_a_category(product: Product, categories: Iterable[str]) -> bool:
    asked = [path for path in (split_path(_fold(category)) for category in categories) if path]
    paths = (split_path(_fold(path)) for wording in product.wordings.values() for path in wording.categories)
    return any(path[: len(beginning)] == beginning for path in paths for beginning in asked)


def _has_attribute(product: Product, name: str, values: Iterable[str]) -> bool:
    asked = {_fold(value) for value in values}
    return any(
        _fold(value) in asked for wording in product.wordings.values() for value in wording.attributes.get(name, ())
    )


def _fold(word: str) -> str:
    return word.strip().casefold()
