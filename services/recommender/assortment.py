"""The catalogue as arrays, one row a product; rows of the models' vocabulary come first, so that matrices align."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from services.recommender.catalogue import Catalogue, Product
from services.recommender.filters import Filter, matches, predicate
from services.recommender.matching import Rule, lacks_size, rule_of
from services.recommender.text import TextModel, document

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MASKS_KEPT = 256
_ANY = Filter()


@dataclass(frozen=True)
class Assortment:
    """One state of the catalogue; never changes. A row whose product has left the shop holds None."""

    version: int
    products: Sequence[Product | None]
    rows: Mapping[str, int]
    log_price: Floats
    """0 where the price is unknown."""
    publish_ms: npt.NDArray[np.int64]
    text: Floats
    """[row, dimension], unit length or zero."""
    sellable: Mask
    text_model: TextModel
    """That made `text`."""
    trained: int
    """Rows below it are the models' vocabulary."""
    _masks: dict[str, Mask] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.products)

    def product(self, row: int) -> Product:
        product = self.products[row]
        if product is None:
            raise LookupError(f"row {row} has no product")
        return product

    def rows_of(self, product_ids: Sequence[str]) -> Rows:
        """Rows of those that are known, in the same order."""
        found = (self.rows.get(product_id, -1) for product_id in product_ids)
        return np.array([row for row in found if row >= 0], dtype=np.int64)

    def allowed(self, wanted: Filter) -> Mask:
        """Rows whose products pass the filter."""
        plain = not (wanted.narrows or wanted.include_out_of_stock)
        mask = self.sellable if plain else self._narrowed(wanted)
        if wanted.exclude_product_ids:
            mask = mask.copy()
            mask[self.rows_of(list(wanted.exclude_product_ids))] = False
        return mask

    def _narrowed(self, wanted: Filter) -> Mask:
        key = repr(
            (
                wanted.categories,
                wanted.brands,
                wanted.min_price,
                wanted.max_price,
                sorted(wanted.attributes.items()),
                wanted.include_out_of_stock,
            )
        )
        return self._mask(key, predicate(replace(wanted, exclude_product_ids=frozenset())))

    def spoken_of(self, name: str, value: str) -> Mask:
        """Rows whose products are what a shopper spoke of; name and value as in a chat-preference."""
        return self._mask(f"spoken of: {name}: {value}", rule_of(name, value))

    def lacking_size(self, value: str) -> Mask:
        """Rows whose products come in sizes of that kind, but not in this one."""
        return self._mask(f"lacking size: {value}", lacks_size(value))

    def _mask(self, key: str, rule: Rule) -> Mask:
        """Kept until so many others were asked for since."""
        mask = self._masks.get(key)
        if mask is None:
            mask = np.array([p is not None and rule(p) for p in self.products], dtype=np.bool_)
            while len(self._masks) >= MASKS_KEPT:
                self._masks.pop(next(iter(self._masks)), None)
            self._masks[key] = mask
        return mask


def assemble(
    catalogue: Catalogue,
    text_model: TextModel,
    vocabulary: Sequence[str] = (),
    before: Assortment | None = None,
) -> Assortment:
    """Arrays of the catalogue as it is now. Vectors of products that `before` holds unchanged are taken from there;
    `before` must have been made with the same text model."""
    version = catalogue.version
    known = {product.product_id: product for product in catalogue}
    trained = set(vocabulary)
    product_ids = [*vocabulary, *(product_id for product_id in known if product_id not in trained)]
    products = [known.get(product_id) for product_id in product_ids]
    prices = np.array([p.price if p else 0.0 for p in products], dtype=np.float64)
    return Assortment(
        version=version,
        products=products,
        rows={product_id: row for row, product_id in enumerate(product_ids)},
        log_price=np.log(np.where(prices > 0, prices, 1.0)).astype(np.float32),
        publish_ms=np.array([p.publish_time_ms if p else 0 for p in products], dtype=np.int64),
        text=_text_vectors(products, text_model, before),
        sellable=np.array([p is not None and matches(p, _ANY) for p in products], dtype=np.bool_),
        text_model=text_model,
        trained=len(vocabulary),
    )


def _text_vectors(products: Sequence[Product | None], model: TextModel, before: Assortment | None) -> Floats:
    vectors = np.zeros((len(products), model.dimensions), dtype=np.float32)
    for row, product in enumerate(products):
        if product is None:
            continue
        old = before.rows.get(product.product_id) if before is not None else None
        if before is not None and old is not None and before.products[old] is product:
            vectors[row] = before.text[old]
        else:
            vectors[row] = model.vector(document(product))
    return vectors
