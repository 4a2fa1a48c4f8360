"""UCI Online Retail by the protocol of `bench.shop`: what was known before the cut, and what came after it.

Rows kept: a customer, no cancelled invoice, quantity and unit price above zero, stock code of five digits and letters.
To predict: the first invoice from the cut on of each customer known before, of products known before.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

CODE = re.compile(r"\d{5}[A-Za-z]*")
Baskets = Mapping[str, Sequence[tuple[datetime, frozenset[str]]]]


@dataclass(frozen=True)
class Split:
    """`history`: customer -> invoices in order of time. `wanted`: customer -> products of the first invoice after."""

    cut: datetime
    history: Baskets
    wanted: Mapping[str, frozenset[str]]
    products: Sequence[str]

    def had(self, customer: str) -> frozenset[str]:
        return frozenset().union(*(products for _, products in self.history[customer]))


def rows(path: Path) -> Iterator[tuple[str, str, datetime, str]]:
    """(invoice, stock code, time, customer) of the rows kept."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            customer, invoice, code = row["CustomerID"], row["InvoiceNo"], row["StockCode"]
            if not customer or invoice.startswith("C") or not CODE.fullmatch(code):
                continue
            if int(float(row["Quantity"])) > 0 and float(row["UnitPrice"]) > 0:
                yield invoice, code, datetime.fromisoformat(row["InvoiceDate"]), str(int(float(customer)))


def split(path: Path, cut: datetime) -> Split:
    """Raises FileNotFoundError."""
    invoices: dict[tuple[str, str], tuple[datetime, set[str]]] = {}
    for invoice, code, at, customer in rows(path):
        first, products = invoices.setdefault((customer, invoice), (at, set()))
        products.add(code)
        invoices[customer, invoice] = (min(first, at), products)
    before: dict[str, list[tuple[datetime, frozenset[str]]]] = defaultdict(list)
    after: dict[str, tuple[datetime, frozenset[str]]] = {}
    for (customer, _), (at, products) in sorted(invoices.items(), key=lambda item: (item[1][0], item[0])):
        if at < cut:
            before[customer].append((at, frozenset(products)))
        else:
            after.setdefault(customer, (at, frozenset(products)))
    known = {product for baskets in before.values() for _, products in baskets for product in products}
    wanted = {customer: products & known for customer, (_, products) in after.items() if customer in before}
    return Split(cut, before, {c: products for c, products in wanted.items() if products}, sorted(known))


class Peers:
    """What the shelf is compared with: popularity, co-purchase and the customer's own frequency."""

    def __init__(self, data: Split) -> None:
        self._data = data
        self._rows = {product: row for row, product in enumerate(data.products)}
        since = data.cut - timedelta(days=30)
        self._popular = np.zeros(len(data.products))
        for baskets in data.history.values():
            for at, products in baskets:
                if at >= since:
                    self._popular[[self._rows[product] for product in products]] += 1
        self._cosine = self._basket_cosine()

    def _basket_cosine(self) -> csr_matrix:
        baskets = [products for history in self._data.history.values() for _, products in history]
        pairs = [(n, self._rows[product]) for n, products in enumerate(baskets) for product in products]
        at = ([n for n, _ in pairs], [row for _, row in pairs])
        table = csr_matrix((np.ones(len(pairs)), at), (len(baskets), len(self._rows)))
        norms = np.sqrt(np.asarray(table.sum(axis=0)).ravel())
        cosine = (table.T @ table).multiply(1 / norms[:, None]).multiply(1 / norms[None, :]).tolil()
        cosine.setdiag(0)
        return cosine.tocsr()

    def scores(self, customer: str) -> Mapping[str, np.ndarray]:
        """A score for every product, by peer."""
        own = np.zeros(len(self._rows))
        for _, products in self._data.history[customer]:
            own[[self._rows[product] for product in products]] += 1
        together = np.asarray((own > 0).astype(float) @ self._cosine).ravel()
        popular = self._popular / (self._popular.max() + 1)
        return {"popularity": popular, "copurchase": together, "own_frequency": own + popular}

    def shelf(self, scores: np.ndarray, left_out: frozenset[str], places: int = 20) -> list[str]:
        """The best products, best first."""
        scores = scores.copy()
        scores[[self._rows[product] for product in left_out]] = -np.inf
        return [self._data.products[row] for row in np.argsort(-scores, kind="stable")[:places]]
