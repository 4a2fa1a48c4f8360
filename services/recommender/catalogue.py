"""The products of the shop as the domain sees them, and the in-memory catalogue that every replica holds whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_ALIKE = {
    "color": "colour",
    "颜色": "colour",
    "尺码": "size",
    "尺寸": "size",
    "材质": "material",
    "面料": "material",
    "fabric": "material",
}


@lru_cache(maxsize=1000)
def attribute_key(name: str) -> str:
    """One for all the ways to write an attribute's name: `Color` and `颜色` are `colour`."""
    bare = name.strip().casefold()
    return _ALIKE.get(bare, bare)


@dataclass(frozen=True, slots=True)
class Wording:
    """A product's words in one language."""

    title: str
    description: str = ""
    brand: str = ""
    categories: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Product:
    """A product. `price` in whole currency units (0.0: unknown); `stock` None: unknown and sellable; times in ms."""

    product_id: str
    wordings: Mapping[str, Wording]
    """By language code; the product's own language comes first."""
    price: float = 0.0
    currency: str = ""
    stock: int | None = None
    tags: tuple[str, ...] = ()
    rating: float = 0.0
    publish_time_ms: int = 0

    @property
    def own(self) -> Wording:
        return next(iter(self.wordings.values()))

    def in_language(self, language_code: str) -> Wording:
        """In that language, else in its base (`zh` of `zh-CN`), else the product's own."""
        return self.wordings.get(language_code) or self.wordings.get(language_code.partition("-")[0], self.own)

    @property
    def sellable(self) -> bool:
        return self.stock is None or self.stock > 0


class Catalogue:
    """Products by id. `version` grows with every change, so that what is derived knows when it is stale."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products: dict[str, Product] = {}
        self.version = 0
        for product in products:
            self.put(product)

    def put(self, product: Product) -> None:
        self._products[product.product_id] = product
        self.version += 1

    def remove(self, product_id: str) -> None:
        if self._products.pop(product_id, None) is not None:
            self.version += 1

    def get(self, product_id: str) -> Product | None:
        return self._products.get(product_id)

    def __contains__(self, product_id: object) -> bool:
        return product_id in self._products

    def __iter__(self) -> Iterator[Product]:
        return iter(list(self._products.values()))

    def __len__(self) -> int:
        return len(self._products)
