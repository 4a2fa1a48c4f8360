"""Fits every channel's model to the past as of one moment."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Assortment
from services.recommender.features import STATS
from services.recommender.history import History
from services.recommender.learned import Models
from services.recommender.profile import Profile
from services.recommender.purchases import DAY_MS
from services.recommender.retrieval import co_purchase, item2vec, neighbours
from services.recommender.shopper import shopper_at

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FitConfig:
    ease_penalty: float = 500.0
    next_basket_penalty: float = 200.0
    vectors: item2vec.Item2VecConfig = field(default_factory=item2vec.Item2VecConfig)


@dataclass
class Start:
    """Item vectors of the moment before, to go on from."""

    vectors: tuple[Floats, Floats] | None = None


def fit(
    history: History,
    assortment: Assortment,
    now_ms: int,
    config: FitConfig,
    start: Start,
    on_step: Callable[[], None] = lambda: None,
) -> Models:
    """All models but the ranker."""
    size = assortment.size
    shoppers = [shopper_at(profile, assortment, now_ms) for profile in history.profiles.values()]
    tastes = [(s.taste, np.maximum(s.taste_weight, 0)) for s in shoppers if len(s.taste)]
    cosine = co_purchase.fit_cosine(history.baskets or history.visits, size)
    on_step()
    ease = co_purchase.fit_ease(tastes, size, config.ease_penalty)
    on_step()
    following = co_purchase.fit_next_basket(history.before, history.after, size, config.next_basket_penalty)
    on_step()
    sequences = history.baskets + history.visits
    start.vectors = item2vec.fit(sequences, size, config.vectors, start.vectors)
    on_step()
    return Models(
        version="",
        product_ids=tuple(assortment.rows),
        text=assortment.text_model,
        item2vec_PD=item2vec.vectors(start.vectors[0], sequences),
        cosine=cosine,
        ease=ease,
        next_basket=following,
        tastes=neighbours.fit(tastes),
        stats_PS=stats(list(history.profiles.values()), assortment, now_ms),
    )


def stats(profiles: list[Profile], assortment: Assortment, now_ms: int) -> Floats:
    """What buyers did with each product, [product, len(STATS)]; rare products lean to the mean."""
    size = assortment.size
    buyers, again, orders, gaps, spans, pieces = (np.zeros(size) for _ in range(6))
    first = np.full(size, float(now_ms))
    for profile in profiles:
        for product_id, bought in profile.purchased.items():
            row = assortment.rows.get(product_id, -1)
            if row < 0 or bought.orders <= 0:
                continue
            buyers[row] += 1
            again[row] += bought.orders > 1
            orders[row] += bought.orders
            gaps[row] += bought.orders - 1
            spans[row] += (bought.last_ms - bought.first_ms) / DAY_MS
            pieces[row] += max(bought.pieces, 0)
            first[row] = min(first[row], bought.first_ms)

    def leaning(part: npt.NDArray[np.float64], of: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
        mean = part.sum() / max(of.sum(), 1)
        return np.asarray((part + weight * mean) / (of + weight))

    columns = {
        "log_buyers": np.log1p(buyers),
        "rebuy_share": leaning(again, buyers, 10),
        "orders_per_buyer": leaning(orders, buyers, 10),
        "log_gap_days": np.log1p(leaning(spans, gaps, 5)),
        "log_pieces": np.log1p(leaning(pieces, orders, 5)),
        "log_days_on_sale": np.log1p((now_ms - first) / DAY_MS),
    }
    return np.stack([columns[name] for name in STATS], axis=1).astype(np.float32)
