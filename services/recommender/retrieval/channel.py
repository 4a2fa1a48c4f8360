"""What every channel of candidates is: something that scores all products for a shopper."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Rows
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]


class Channel(Protocol):
    """One way to propose products."""

    name: str

    def scores(self, shopper: Shopper) -> Floats:
        """Of every row of the assortment; 0 where the channel has nothing to say."""


def top(scores: Floats, limit: int, allowed: npt.NDArray[np.bool_] | None = None) -> Rows:
    """The rows of the highest scores above 0, best first, at most `limit`."""
    if allowed is not None:
        scores = np.where(allowed, scores, 0)
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        found = found[np.argpartition(-scores[found], limit)[:limit]]
    return np.asarray(found[np.argsort(-scores[found], kind="stable")])


def standardised(scores: Floats) -> Floats:
    """Zero mean, unit variance over all products; zero where all are alike."""
    spread = float(scores.std()) if len(scores) else 0.0
    return np.asarray((scores - scores.mean()) / spread if spread > 1e-9 else 0 * scores, dtype=np.float32)
