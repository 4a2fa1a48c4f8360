"""What the ranker reads of a shopper and a product: one function, for training at past moments and for serving now."""

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Assortment, Rows
from services.recommender.popularity import WINDOWS_DAYS, Trends
from services.recommender.purchases import DAY_MS
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]

SIGNALS = (
    "taste",
    "next-basket",
    "neighbours",
    "co-purchase",
    "item2vec",
    "item2vec-basket",
    "text",
    "text-basket",
    "text-nearest",
)
"""Dense scores by name that `matrix` reads; one that is missing counts as zero everywhere."""

STATS = ("log_buyers", "rebuy_share", "orders_per_buyer", "log_gap_days", "log_pieces", "log_days_on_sale")
"""Columns of what the models know of each product; new products have the mean."""

_OWN = (
    "own_has",
    "own_orders",
    "own_share",
    "own_share_since_first",
    "own_slow",
    "own_fast",
    "own_by_basket",
    "own_by_basket_part",
    "own_rank",
    "own_baskets_since",
    "own_days_since_last",
    "own_days_since_first",
    "own_due",
    "own_pieces",
    "own_kept",
    "own_in_last_basket",
    "own_in_last_three",
    "own_rebuy",
)
_PRODUCT = (
    *(f"bought_{days}d" for days in WINDOWS_DAYS),
    "trend_month",
    "trend_week",
    "seen",
    "popular_rank",
    "log_price",
    "price_distance",
    "price_above",
    *STATS,
)
_NOW = ("recent_weight", "recent_days", "in_cart", "in_context", "context_text")
_SHOPPER = (
    "shopper_baskets",
    "shopper_basket_size",
    "shopper_products",
    "shopper_days_since_basket",
    "shopper_gap",
    "shopper_lateness",
    "shopper_repeats",
)
NAMES: tuple[str, ...] = (
    *_OWN,
    *(f"score_{name}" for name in SIGNALS),
    *(f"rank_{name}" for name in SIGNALS),
    *_PRODUCT,
    *_NOW,
    *_SHOPPER,
)
REVISION = 1
"""Raise it when a feature's meaning changes under the same name."""


def fingerprint() -> str:
    """Of the features' names, order and meaning: a model trained on others must not be used with these."""
    return hashlib.sha256(f"{REVISION}:{','.join(NAMES)}".encode()).hexdigest()[:16]


def matrix(
    shopper: Shopper,
    rows: Rows,
    assortment: Assortment,
    signals: Mapping[str, Floats],
    trends: Trends,
    stats: Floats,
) -> Floats:
    """[candidate, feature] for the candidates `rows`; columns as in NAMES. `stats`: [row, len(STATS)]."""
    own = _own(shopper, rows, stats)
    scores = [_score(name, signals.get(name), rows) for name in SIGNALS]
    ranks = [_rank(score) for score in scores]
    columns: list[Floats | float] = [
        *own,
        *scores,
        *ranks,
        *_product(shopper, rows, assortment, trends, stats),
        *_present(shopper, rows, assortment),
        *_of_shopper(shopper),
    ]
    out = np.empty((len(rows), len(columns)), dtype=np.float32)
    for place, column in enumerate(columns):
        out[:, place] = column
    return out


def _places(among: Rows, rows: Rows, size: int) -> Rows:
    """Where each of `rows` stands in `among`; -1 if nowhere."""
    place = np.full(size, -1, dtype=np.int64)
    place[among] = np.arange(len(among))
    return np.asarray(place[rows])


def _own(shopper: Shopper, rows: Rows, stats: Floats) -> list[Floats]:
    place = _places(shopper.bought, rows, len(stats))
    has = place >= 0
    found = place[has]

    def spread(values: npt.NDArray[np.floating], missing: float = 0.0) -> Floats:
        column = np.full(len(rows), missing, dtype=np.float32)
        column[has] = values[found]
        return column

    count = max(shopper.profile.basket_count, 1)
    baskets = np.array(shopper.profile.baskets, dtype=np.float64)
    first_ms = shopper.now_ms - shopper.days_since_first.astype(np.float64) * DAY_MS
    chances = len(baskets) - np.searchsorted(baskets, first_ms - DAY_MS / 2, side="left")
    interval = (shopper.days_since_first - shopper.days_since_last) / np.maximum(shopper.orders - 1, 1)
    due = np.where(shopper.orders > 1, np.log1p(shopper.days_since_last) - np.log1p(np.maximum(interval, 1)), 0)
    order = np.empty(len(shopper.bought), dtype=np.float32)
    order[np.argsort(-(shopper.by_basket + shopper.slow), kind="stable")] = np.arange(len(shopper.bought))
    return [
        has.astype(np.float32),
        np.log1p(spread(shopper.orders)),
        spread(shopper.orders / count),
        spread((shopper.orders / np.maximum(chances, 1)).astype(np.float32)),
        np.log1p(spread(shopper.slow)),
        np.log1p(spread(shopper.fast)),
        np.log1p(spread(shopper.by_basket)),
        spread(shopper.by_basket / max(float(shopper.by_basket.sum()), 1e-6)),
        np.log1p(spread(order, len(shopper.bought))),
        np.log1p(spread(shopper.baskets_since, count)),
        np.log1p(spread(shopper.days_since_last, 400)),
        np.log1p(spread(shopper.days_since_first, 400)),
        spread(due.astype(np.float32)),
        np.log1p(spread(np.maximum(shopper.pieces, 0) / np.maximum(shopper.orders, 1))),
        spread((shopper.pieces > 0).astype(np.float32)),
        spread((shopper.baskets_since == 0).astype(np.float32)),
        spread((shopper.baskets_since <= 2).astype(np.float32)),
        has * stats[rows, STATS.index("rebuy_share")],
    ]


def _score(name: str, scores: Floats | None, rows: Rows) -> Floats:
    if scores is None:
        return np.zeros(len(rows), dtype=np.float32)
    found = scores[rows]
    return np.asarray(np.sign(found) * np.sqrt(np.abs(found)), dtype=np.float32)


def _rank(scores: Floats) -> Floats:
    """Log of the place among the candidates, equal scores alike."""
    ordered = np.sort(scores)
    above = len(scores) - np.searchsorted(ordered, scores, side="right")
    return np.log1p(above).astype(np.float32)


def _product(shopper: Shopper, rows: Rows, assortment: Assortment, trends: Trends, stats: Floats) -> list[Floats]:
    bought = np.log1p(trends.bought[:, rows])
    per_day = trends.bought[:, rows] / np.array(WINDOWS_DAYS, dtype=np.float32)[:, None]
    habit = shopper.profile.prices
    usual = habit.mean if habit.count else 0.0
    spread = np.sqrt(habit.squares / habit.count + 0.1) if habit.count else 1.0
    price = assortment.log_price[rows]
    distance = (price - usual) / spread if habit.count else np.zeros(len(rows), np.float32)
    return [
        *bought,
        np.log((per_day[1] + 0.05) / (per_day[3] + 0.05)),
        np.log((per_day[0] + 0.05) / (per_day[2] + 0.05)),
        np.log1p(trends.seen[rows]),
        _rank(trends.popular[rows]),
        price,
        np.abs(distance),
        distance,
        *stats[rows].T,
    ]


def _present(shopper: Shopper, rows: Rows, assortment: Assortment) -> list[Floats]:
    """What is going on now: looked at, in the cart, on the page."""
    place = _places(shopper.recent, rows, assortment.size)
    has = place >= 0
    weight, days = np.zeros(len(rows), np.float32), np.full(len(rows), 60, np.float32)
    weight[has] = shopper.recent_weight[place[has]]
    days[has] = shopper.recent_days[place[has]]
    near = np.zeros(len(rows), np.float32)
    if len(shopper.context):
        near = assortment.text[rows] @ assortment.text[shopper.context].mean(0)
    return [
        weight,
        np.log1p(days),
        np.isin(rows, shopper.cart).astype(np.float32),
        np.isin(rows, shopper.context).astype(np.float32),
        near,
    ]


def _of_shopper(shopper: Shopper) -> list[float]:
    profile = shopper.profile
    baskets = profile.baskets
    since = (shopper.now_ms - baskets[-1]) / DAY_MS if baskets else 400.0
    gap = (baskets[-1] - baskets[0]) / DAY_MS / (len(baskets) - 1) if len(baskets) > 1 else 90.0
    return [
        float(np.log1p(profile.basket_count)),
        float(np.log1p(profile.line_count / max(profile.basket_count, 1))),
        float(np.log1p(len(shopper.bought))),
        float(np.log1p(max(since, 0))),
        float(np.log1p(gap)),
        float(np.log1p(max(since, 0)) - np.log1p(gap)),
        1 - len(shopper.bought) / max(profile.line_count, 1),
    ]
