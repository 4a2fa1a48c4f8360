"""All that was learned at one time, as one immutable object: what a bundle holds and a recommender serves from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.models.wide_deep import Ranker
from services.recommender.retrieval.co_purchase import Links
from services.recommender.retrieval.neighbours import TasteTable
from services.recommender.text import TextModel

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """Matrices go by `product_ids`, the vocabulary, in that order (P products)."""

    version: str
    product_ids: tuple[str, ...]
    text: TextModel
    item2vec_PD: Floats
    cosine: Links
    ease: Links
    next_basket: Links
    tastes: TasteTable
    stats_PS: Floats
    """Columns as in `features.STATS`."""
    ranker: Ranker | None = None
    """None while the ranker itself is being trained."""
