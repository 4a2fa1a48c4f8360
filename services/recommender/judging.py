"""Judges a ranker, and simpler peers, on shoppers whose lists no ranker learns from."""

import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Mask, Rows
from services.recommender.history import Wish
from services.recommender.models.wide_deep import Ranker
from services.recommender.profile import Profile
from services.recommender.protocol import PLACES, Figures
from services.recommender.recommender import features_of
from services.recommender.retrieval.retriever import Retriever
from services.recommender.shopper import Shopper, shopper_at

Floats = npt.NDArray[np.float32]
Scores = dict[str, Floats]
Order = Callable[[Shopper, Rows, Scores], Floats]

HELD_OUT_IN = 10


def held_out(shopper: str) -> bool:
    """One in ten, always the same: so that candidates of different days can be compared."""
    return zlib.crc32(shopper.encode()) % HELD_OUT_IN == 0


def judge(
    retriever: Retriever,
    ranker: Ranker | None,
    profiles: Mapping[str, Profile],
    wishes: Sequence[Wish],
    known: Mask,
    now_ms: int,
) -> Mapping[str, object]:
    """Figures of the ranker (`served`) and of its peers, `all` and `new`. `profiles` as of `now_ms`."""

    def served(shopper: Shopper, rows: Rows, scores: Scores) -> Floats:
        if ranker is None:
            return np.asarray(retriever.blend(scores)[rows])
        return ranker.score(features_of(retriever, shopper, rows, scores))

    orders: dict[str, Order] = {"served": served, **_peers(retriever)}
    figures = {name: Figures() for name in orders}
    for wish in wishes:
        shopper = shopper_at(profiles[wish.shopper], retriever.assortment, now_ms)
        scores = retriever.scores(shopper)
        wanted = set(retriever.assortment.rows_of(wish.product_ids).tolist())
        unbought = known.copy()
        unbought[shopper.bought] = False
        for name, order in orders.items():
            lists = []
            for allowed in (known, unbought):
                rows = retriever.candidates(scores, allowed) if name == "served" else np.flatnonzero(allowed)
                best = np.argsort(-order(shopper, rows, scores), kind="stable")[:PLACES]
                lists.append(rows[best].tolist())
            figures[name].add(lists[0], lists[1], wanted, set(shopper.bought.tolist()))
    return {name: one.means() for name, one in figures.items()}


def _peers(retriever: Retriever) -> dict[str, Order]:
    month = retriever.trends.bought[2]
    ties = month / (1 + float(month.max(initial=0)))

    def popularity(shopper: Shopper, rows: Rows, scores: Scores) -> Floats:
        return np.asarray(month[rows])

    def copurchase(shopper: Shopper, rows: Rows, scores: Scores) -> Floats:
        if retriever.models is None:
            return np.zeros(len(rows), np.float32)
        weights = np.ones(len(shopper.bought), np.float32)
        return retriever.models.cosine.follow(shopper.bought, weights, retriever.assortment.size)[rows]

    def own_frequency(shopper: Shopper, rows: Rows, scores: Scores) -> Floats:
        counts = np.zeros(retriever.assortment.size, np.float32)
        counts[shopper.bought] = shopper.orders
        return np.asarray((counts + ties)[rows])

    return {"popularity": popularity, "copurchase": copurchase, "own_frequency": own_frequency}
