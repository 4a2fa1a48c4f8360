"""What search asks of the recommender: which products lie near a text, and how well a shopper likes products."""

from collections.abc import Callable, Sequence

import numpy as np

from services.recommender.catalogue import Product
from services.recommender.profile import Profile
from services.recommender.retrieval.retriever import Retriever
from services.recommender.search import Taste
from services.recommender.shopper import shopper_at

SAID = 10.0
"""What counts among equal matches: what the shopper said, before all that the shop has seen of them."""


class TextMeaning:
    """Nearness in the text vectors that the shelves use, as they are at the time of the question."""

    def __init__(self, retriever: Callable[[], Retriever]) -> None:
        self._retriever = retriever

    def nearest(self, query: str, count: int) -> Sequence[tuple[str, float]]:
        """(product_id, cosine), the nearest first; empty if no word of the query is known."""
        assortment = self._retriever().assortment
        vector = assortment.text_model.vector(query)
        if not vector.any():
            return []
        cosines = assortment.text @ vector
        best = np.argpartition(-cosines, min(count, len(cosines) - 1))[:count]
        ordered = best[np.argsort(-cosines[best])]
        found = ((assortment.products[row], float(cosines[row])) for row in ordered)
        return [(product.product_id, cosine) for product, cosine in found if product is not None and cosine > 0]


def taste_of(retriever: Retriever, profile: Profile, now_ms: int) -> Taste | None:
    """The shopper's liking by all channels; None for one of whom nothing is known."""
    if not profile.event_count:
        return None
    assortment = retriever.assortment
    shopper = shopper_at(profile, assortment, now_ms)
    liking = retriever.blend(retriever.scores(shopper))
    if shopper.wishes:
        liking = liking + SAID * (shopper.wishes.wanted - shopper.wishes.unfit(shopper.bought))

    def taste(products: Sequence[Product]) -> list[float]:
        rows = (assortment.rows.get(product.product_id, -1) for product in products)
        return [float(liking[row]) if row >= 0 else 0.0 for row in rows]

    return taste
