"""Channels by vectors: the shopper is the weighted sum of what they bought and looked at; faiss finds what is near."""

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Rows
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]

PROPOSED = 300
"""Products beyond these get a score of 0 as candidates."""
LEAST_COSINE = 0.1
"""Below it two products are not alike."""


def unit(vectors: Floats) -> Floats:
    """Rows of unit length; zero rows stay."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)


class Vectors:
    """Nearest products by cosine. `vectors_ND`: unit rows, zero where a product has no vector."""

    def __init__(self, name: str, vectors_ND: Floats) -> None:
        import faiss

        self.name = name
        self.vectors_ND = vectors_ND
        self._index = faiss.IndexFlatIP(vectors_ND.shape[1])
        self._index.add(np.ascontiguousarray(vectors_ND))

    def user(self, rows: Rows, weights: Floats) -> Floats:
        """Unit vector [D] of these products."""
        return unit(weights @ self.vectors_ND[rows])

    def likeness(self, rows: Rows, weights: Floats) -> Floats:
        """Cosine of every product with these products' sum."""
        if not len(rows):
            return np.zeros(len(self.vectors_ND), np.float32)
        return np.asarray(self.vectors_ND @ self.user(rows, weights))

    def near(self, rows: Rows, weights: Floats, limit: int) -> tuple[Rows, Floats]:
        """The nearest products, nearest first, and their cosines, from `LEAST_COSINE`."""
        if not len(rows):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        limit = min(limit, len(self.vectors_ND))
        cosines, found = self._index.search(self.user(rows, weights)[None, :], limit)
        kept = (found[0] >= 0) & (cosines[0] > LEAST_COSINE)
        return found[0][kept], cosines[0][kept]

    def scores(self, shopper: Shopper) -> Floats:
        """Cosine with the shopper's taste, or with the context if there is one; 0 beyond the nearest."""
        rows, weights = shopper.taste, shopper.taste_weight
        if len(shopper.context):
            rows, weights = shopper.context, np.ones(len(shopper.context), np.float32)
        found, cosines = self.near(rows, weights, PROPOSED)
        scores = np.zeros(len(self.vectors_ND), np.float32)
        scores[found] = cosines
        return scores
