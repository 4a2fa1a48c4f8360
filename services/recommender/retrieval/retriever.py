"""All channels over one state of catalogue, models and popularity: scores for a shopper, and candidates of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Assortment, Rows
from services.recommender.curation import UNCURATED, Curations
from services.recommender.features import STATS
from services.recommender.learned import Models
from services.recommender.popularity import Trends
from services.recommender.retrieval.channel import Channel, standardised
from services.recommender.retrieval.co_purchase import CoPurchase, Ease, NextBasket
from services.recommender.retrieval.neighbours import Neighbours
from services.recommender.retrieval.simple import BuyAgain, New, Popular, Preference, Recent
from services.recommender.retrieval.vectors import Vectors
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

CANDIDATES = 500
QUOTAS: Mapping[str, int] = {
    "buy-again": 200,
    "taste": 120,
    "next-basket": 80,
    "neighbours": 80,
    "co-purchase": 60,
    "item2vec": 60,
    "text": 60,
    "popular": 100,
    "recent": 50,
    "new": 20,
    "preference": 150,
}
"""Candidates that each channel may put in; the rest of the 500 go by the blend of all."""
BLEND: Mapping[str, float] = {
    "buy-again": 1.0,
    "taste": 1.0,
    "next-basket": 0.5,
    "neighbours": 0.5,
    "co-purchase": 0.2,
    "item2vec": 0.3,
    "text": 0.3,
    "popular": 0.7,
    "recent": 0.3,
    "new": 0.2,
}
"""Weights of the channels' standardised scores where no ranker stands."""
LAST_LOOKED_AT = 30


class Retriever:
    """Immutable; made anew when the catalogue, the models, the popularity or the curations change."""

    def __init__(
        self, assortment: Assortment, trends: Trends, models: Models | None, curations: Curations = UNCURATED
    ) -> None:
        self.assortment = assortment
        self.trends = trends
        self.models = models
        self.curations = curations
        self.pinned = assortment.rows_of(curations.pinned)
        """In the order in which they were pinned."""
        self.hidden = assortment.rows_of(sorted(curations.hidden))
        size = assortment.size
        self.text = Vectors("text", assortment.text)
        self.item2vec = Vectors("item2vec", _padded(models.item2vec_PD, size)) if models is not None else None
        self.stats = _stats(models, size)
        self.channels: Sequence[Channel] = [
            BuyAgain(size),
            Recent(size),
            self.text,
            Popular(trends),
            New(assortment),
            Preference(size),
            *self._learned(models, size),
        ]

    def _learned(self, models: Models | None, size: int) -> list[Channel]:
        if models is None or self.item2vec is None:
            return []
        return [
            Ease(models.ease, size),
            NextBasket(models.next_basket, size),
            Neighbours(models.tastes, size),
            CoPurchase(models.cosine, size),
            self.item2vec,
        ]

    def scores(self, shopper: Shopper) -> dict[str, Floats]:
        """Of every row, by channel."""
        return {channel.name: channel.scores(shopper) for channel in self.channels}

    def signals(self, shopper: Shopper, scores: Mapping[str, Floats]) -> dict[str, Floats]:
        """The scores that features read: the channels', the vectors' beyond their nearest, and the last basket's."""
        signals = dict(scores)
        last = np.concatenate([shopper.last_basket, shopper.recent])
        weights = np.ones(len(last), np.float32)
        signals["text"] = self.text.likeness(shopper.taste, shopper.taste_weight)
        signals["text-basket"] = self.text.likeness(last, weights)
        if self.item2vec is not None:
            signals["item2vec"] = self.item2vec.likeness(shopper.taste, shopper.taste_weight)
            signals["item2vec-basket"] = self.item2vec.likeness(last, weights)
        return signals

    def nearest_in_text(self, shopper: Shopper, rows: Rows) -> Floats:
        """Of each candidate: the largest cosine with one of the products that weigh most in the shopper's taste."""
        others = shopper.taste[np.argsort(-shopper.taste_weight, kind="stable")[:LAST_LOOKED_AT]]
        nearest = np.zeros(self.assortment.size, np.float32)
        if len(others):
            likeness = self.assortment.text[rows] @ self.assortment.text[others].T
            likeness[rows[:, None] == others[None, :]] = 0
            nearest[rows] = likeness.max(1)
        return nearest

    def blend(self, scores: Mapping[str, Floats]) -> Floats:
        """One score of every row where no ranker stands."""
        total = np.zeros(self.assortment.size, np.float32)
        for name, weight in BLEND.items():
            if name in scores:
                total += weight * standardised(scores[name])
        return total

    def candidates(self, scores: Mapping[str, Floats], allowed: Mask, limit: int = CANDIDATES) -> Rows:
        """Rows, ascending: each channel's best within its quota, filled up by the blend; only those allowed."""
        chosen = np.zeros(self.assortment.size, dtype=np.bool_)
        for name, values in scores.items():
            chosen[_best(values, QUOTAS.get(name, 0) * limit // CANDIDATES, allowed)] = True
        room = limit - int(chosen.sum())
        if room > 0:
            others = np.flatnonzero(allowed & ~chosen)
            order = np.argsort(-self.blend(scores)[others], kind="stable")
            chosen[others[order[:room]]] = True
        return np.flatnonzero(chosen & allowed)


def _best(scores: Floats, limit: int, allowed: Mask) -> Rows:
    """The rows of the highest scores above 0, in no order."""
    found = np.flatnonzero(allowed & (scores > 0))
    if len(found) > limit:
        found = found[np.argpartition(scores[found], len(found) - limit)[len(found) - limit :]]
    return np.asarray(found)


def _padded(table: Floats, size: int) -> Floats:
    """Zero rows for products that the models do not know."""
    whole = np.zeros((size, table.shape[1]), np.float32)
    whole[: len(table)] = table
    return whole


def _stats(models: Models | None, size: int) -> Floats:
    whole = np.zeros((size, len(STATS)), np.float32)
    if models is not None and len(models.stats_PS):
        whole[:] = models.stats_PS.mean(0)
        whole[: len(models.stats_PS)] = models.stats_PS
    return whole
