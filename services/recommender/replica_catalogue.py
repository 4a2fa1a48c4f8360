"""The catalogue as one replica holds it: plain products for the domain, and the messages to answer with."""

import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import islice

from servicekit.errors import NotFound
from services.recommender.catalogue import Catalogue, Product
from services.recommender.codec import in_language, to_product
from shopkeeper.catalog.v1 import catalog_pb2

Listener = Callable[[str, Product | None], None]


class ReplicaCatalogue:
    """Follows the changes; each listener hears of them after the catalogue has them."""

    def __init__(self) -> None:
        self.products = Catalogue()
        self._messages: dict[str, catalog_pb2.Product] = {}
        self._names: tuple[int, list[str]] = -1, []
        self._listeners: list[Listener] = []
        self._changed = threading.Condition()
        self._next_offset = 0

    def listen(self, listener: Listener) -> None:
        """Before the first change comes."""
        self._listeners.append(listener)

    def on_product(self, product_id: str, message: catalog_pb2.Product | None, at_ms: int) -> None:
        """A change that the topic tells. What is there already, word for word, changes nothing."""
        if message is not None and self._messages.get(product_id) == message:
            return
        product = None if message is None else to_product(message, at_ms)
        if message is None or product is None:
            self._messages.pop(product_id, None)
            self.products.remove(product_id)
        else:
            self._messages[product_id] = message
            self.products.put(product)
        for listener in self._listeners:
            listener(product_id, product)

    def on_offset(self, next_offset: int) -> None:
        """All before that offset has been handed over."""
        with self._changed:
            self._next_offset = next_offset
            self._changed.notify_all()

    def wait_for(self, offset: int, seconds: float) -> bool:
        """Waits until the record at `offset` has been handed over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._next_offset > offset, seconds)

    def message(self, product_id: str, language_code: str = "") -> catalog_pb2.Product:
        """Raises NotFound."""
        message = self._messages.get(product_id)
        if message is None:
            raise NotFound(f"product_id: the shop has no product {product_id!r}", reason="PRODUCT_NOT_FOUND")
        return in_language(message, language_code) if language_code else message

    def page(self, after: str, size: int) -> list[catalog_pb2.Product]:
        """Products in order of id, after that id."""
        names = self._ordered()
        found = (self._messages.get(name) for name in islice(names, bisect_right(names, after), None))
        return list(islice((message for message in found if message is not None), size))

    def _ordered(self) -> list[str]:
        """All ids, sorted once for each state of the catalogue."""
        version, names = self._names
        if version != self.products.version:
            version = self.products.version
            names = sorted(self._messages.copy())
            self._names = version, names
        return names
