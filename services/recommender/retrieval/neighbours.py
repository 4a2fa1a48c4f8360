"""Shoppers alike: what the nearest ones buy. Hu et al., TIFU-KNN, 2020, on decayed counts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]

SHOPPERS_KEPT = 10_000
NEAREST = 50
TOO_LIKE = 0.97
"""A taste as near as this is the shopper's own, from when the model was trained."""


@dataclass(frozen=True)
class TasteTable:
    """Tastes of past shoppers, no ids kept: sparse rows of unit length (`indptr`, `products`, `weights`)."""

    indptr: npt.NDArray[np.int64]
    products: npt.NDArray[np.int32]
    weights: Floats


def fit(tastes: list[tuple[npt.NDArray[np.int64], Floats]]) -> TasteTable:
    """From (rows, weights) by shopper; the last `SHOPPERS_KEPT` are kept."""
    kept = [(rows, weights / max(float(np.linalg.norm(weights)), 1e-9)) for rows, weights in tastes[-SHOPPERS_KEPT:]]
    return TasteTable(
        indptr=np.cumsum([0, *(len(rows) for rows, _ in kept)]).astype(np.int64),
        products=np.concatenate([np.zeros(0), *(rows for rows, _ in kept)]).astype(np.int32),
        weights=np.concatenate([np.zeros(0), *(weights for _, weights in kept)]).astype(np.float32),
    )


class Neighbours:
    name = "neighbours"

    def __init__(self, table: TasteTable, size: int) -> None:
        from scipy.sparse import csr_matrix

        shape = (len(table.indptr) - 1, size)
        self._tastes = csr_matrix((table.weights, table.products, table.indptr), shape=shape)
        self._size = size

    def scores(self, shopper: Shopper) -> Floats:
        """Mean taste of the nearest shoppers, weighted by likeness."""
        mine = np.zeros(self._size, dtype=np.float32)
        mine[shopper.taste] = np.maximum(shopper.taste_weight, 0)
        norm = float(np.linalg.norm(mine))
        if norm == 0 or self._tastes.shape[0] == 0:
            return np.zeros(self._size, dtype=np.float32)
        likeness = self._tastes @ (mine / norm)
        likeness[likeness > TOO_LIKE] = 0
        count = min(NEAREST, len(likeness))
        nearest = np.argpartition(-likeness, count - 1)[:count]
        total = float(likeness[nearest].sum())
        if total <= 0:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._tastes[nearest].T @ (likeness[nearest] / total), dtype=np.float32)
