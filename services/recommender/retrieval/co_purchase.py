"""What is bought together, three ways: cosine on baskets, EASE, and a ridge regression from history to next basket.

EASE: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, 2019, on the square root of decayed counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]
SparseRow = tuple[npt.NDArray[np.int64], Floats]
"""Rows of products and their weights."""

KEPT = 300
CLOSED_FORM_LIMIT = 8_000
"""Products in a square matrix: its time grows with the cube. The others, bought least, are left to other channels."""


@dataclass(frozen=True)
class Links:
    """From each product to at most K others: `targets_PK`, and `weights_PK`, 0 where there are fewer."""

    targets_PK: npt.NDArray[np.int32]
    weights_PK: Floats

    def follow(self, rows: npt.NDArray[np.int64], weights: Floats, size: int) -> Floats:
        """Sum of the weighted links of these rows, for every one of `size` products."""
        here = rows < len(self.targets_PK)
        rows, weights = rows[here], weights[here]
        values = self.weights_PK[rows] * weights[:, None]
        total = np.bincount(self.targets_PK[rows].ravel(), values.ravel(), minlength=size)
        return total.astype(np.float32)


def strongest(matrix_PP: Floats, kept: int = KEPT) -> Links:
    """The `kept` largest of each row by size."""
    kept = min(kept, matrix_PP.shape[1])
    if kept == 0:
        return Links(np.zeros(matrix_PP.shape, np.int32), np.zeros(matrix_PP.shape, np.float32))
    targets = np.argpartition(-np.abs(matrix_PP), kept - 1, axis=1)[:, :kept]
    return Links(targets.astype(np.int32), np.take_along_axis(matrix_PP, targets, axis=1).astype(np.float32))


def sparse(rows: Sequence[SparseRow], size: int):  # type: ignore[no-untyped-def]
    """scipy CSR [row, product]."""
    from scipy.sparse import csr_matrix

    indptr = np.cumsum([0, *(len(products) for products, _ in rows)])
    indices = np.concatenate([np.zeros(0, np.int64), *(products for products, _ in rows)])
    values = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in rows)])
    return csr_matrix((values.astype(np.float32), indices, indptr), shape=(len(rows), size))


def fit_cosine(baskets: Sequence[npt.NDArray[np.int64]], size: int, kept: int = KEPT) -> Links:
    """Cosine of two products over baskets."""
    matrix = sparse([(rows, np.ones(len(rows), np.float32)) for rows in baskets], size)
    part = _most_used(matrix)
    chosen = matrix[:, part]
    together = np.asarray((chosen.T @ chosen).todense(), dtype=np.float32)
    norms = np.sqrt(np.maximum(together.diagonal(), 1))
    together /= norms[:, None]
    together /= norms[None, :]
    np.fill_diagonal(together, 0)
    return _spread(strongest(together, kept), part, size)


def fit_ease(tastes: Sequence[SparseRow], size: int, penalty: float, kept: int = KEPT) -> Links:
    """From shoppers' tastes to the taste that is missing; a product says nothing of itself."""
    matrix = sparse(tastes, size)
    part = _most_used(matrix)
    chosen = matrix[:, part]
    inverse = _inverse(chosen, penalty)
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return _spread(strongest(weights, kept), part, size)


def fit_next_basket(
    before: Sequence[SparseRow], after: Sequence[npt.NDArray[np.int64]], size: int, penalty: float, kept: int = KEPT
) -> Links:
    """From what a shopper had bought to the basket that followed; a product does speak of itself."""
    matrix = sparse(before, size)
    part = _most_used(matrix)
    bought = sparse([(rows, np.ones(len(rows), np.float32)) for rows in after], size)[:, part]
    chosen = matrix[:, part]
    together = np.asarray((chosen.T @ bought).todense(), dtype=np.float32)
    return _spread(strongest(_inverse(chosen, penalty) @ together, kept), part, size)


def _most_used(matrix) -> npt.NDArray[np.int64]:  # type: ignore[no-untyped-def]
    """Columns that anyone has, the most used of them if there are too many; ascending."""
    uses = np.asarray((matrix != 0).sum(axis=0)).ravel()
    order = np.argsort(-uses, kind="stable")[:CLOSED_FORM_LIMIT]
    return np.sort(order[uses[order] > 0])


def _inverse(matrix, penalty: float) -> Floats:  # type: ignore[no-untyped-def]
    """(X'X + penalty I)^-1 by Cholesky."""
    from scipy.linalg import lapack

    gram = np.asarray((matrix.T @ matrix).todense(), dtype=np.float32, order="F")
    gram[np.diag_indices_from(gram)] += penalty
    if not len(gram):
        return gram
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError(f"the Gram matrix of {len(gram)} products with penalty {penalty} has no inverse")
    return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T)


def _spread(links: Links, part: npt.NDArray[np.int64], size: int) -> Links:
    """Links among the products of `part`, said of all `size`."""
    kept = links.targets_PK.shape[1]
    targets, weights = np.zeros((size, kept), np.int32), np.zeros((size, kept), np.float32)
    if len(part):
        targets[part] = part[links.targets_PK]
        weights[part] = links.weights_PK
    return Links(targets, weights)


class CoPurchase:
    """Cosine with what is wanted now: the context, else the cart, what was looked at, and the last basket."""

    name = "co-purchase"

    def __init__(self, links: Links, size: int) -> None:
        self._links, self._size = links, size

    def scores(self, shopper: Shopper) -> Floats:
        rows = shopper.context if len(shopper.context) else np.concatenate([shopper.cart, shopper.last_basket])
        return self._links.follow(rows, np.ones(len(rows), np.float32), self._size)


class Ease:
    """EASE from the whole taste."""

    name = "taste"

    def __init__(self, links: Links, size: int) -> None:
        self._links, self._size = links, size

    def scores(self, shopper: Shopper) -> Floats:
        return self._links.follow(shopper.taste, shopper.taste_weight, self._size)


class NextBasket:
    """Ridge from the by-basket counts to the next basket."""

    name = "next-basket"

    def __init__(self, links: Links, size: int) -> None:
        self._links, self._size = links, size

    def scores(self, shopper: Shopper) -> Floats:
        return self._links.follow(shopper.bought, shopper.by_basket, self._size)
