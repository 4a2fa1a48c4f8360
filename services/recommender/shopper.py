"""A profile as arrays over the assortment's rows at one moment: what channels and features read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender import events
from services.recommender.assortment import Assortment, Rows
from services.recommender.preferences import Wishes, wishes_at
from services.recommender.profile import Profile
from services.recommender.purchases import BASKET_DECAY, DAY_MS, FAST_HALF_LIFE_MS, SLOW_HALF_LIFE_MS

Floats = npt.NDArray[np.float32]

RECENT_WEIGHTS = {
    events.VIEW: 0.3,
    events.CLICK: 0.3,
    events.ADD_TO_CART: 0.8,
    events.REMOVE_FROM_CART: -0.3,
}
"""What an act that is not yet a purchase says of taste, beside a purchase's 1."""
RECENT_HALF_LIFE_MS = 3 * DAY_MS
"""Of what was looked at: it says what is wanted now, not what is bought for good."""
NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Shopper:
    """`bought` to `days_since_first` go by product bought, `recent*` by product looked at, `taste*` by both."""

    now_ms: int
    profile: Profile
    bought: Rows
    orders: Floats
    pieces: Floats
    slow: Floats
    fast: Floats
    by_basket: Floats
    baskets_since: Floats
    days_since_last: Floats
    days_since_first: Floats
    recent: Rows
    recent_weight: Floats
    """Decayed sum of the acts on the product since it was last bought; can be below 0."""
    recent_days: Floats
    """Since the last act."""
    taste: Rows
    taste_weight: Floats
    """Square root of the slow counts plus what was looked at."""
    cart: Rows
    context: Rows
    wishes: Wishes | None = None
    """What the shopper said in so many words; None if nothing that still counts."""

    @property
    def last_basket(self) -> Rows:
        return np.asarray(self.bought[self.baskets_since == 0])


def shopper_at(profile: Profile, assortment: Assortment, now_ms: int, context: Rows = NO_ROWS) -> Shopper:
    """What is known at `now_ms`; products that have left the catalogue's rows are passed over."""
    rows = assortment.rows
    held = [(row, p) for key, p in profile.purchased.items() if p.orders > 0 and (row := rows.get(key, -1)) >= 0]
    bought = np.array([row for row, _ in held], dtype=np.int64)
    table = np.array(
        [(p.orders, p.pieces, p.slow, p.fast, p.by_basket, p.first_ms, p.last_ms) for _, p in held], dtype=np.float64
    ).reshape(-1, 7)
    orders, pieces, slow, fast, by_basket, first_ms, last_ms = table.T
    age_ms = np.maximum(now_ms - last_ms, 0)
    baskets = np.array(profile.baskets, dtype=np.float64)
    since = len(baskets) - np.searchsorted(baskets, last_ms, side="right")
    slow_now = slow * np.exp2(-age_ms / SLOW_HALF_LIFE_MS)
    recent, recent_weight, recent_days = _recent(profile, rows, now_ms)
    taste, taste_weight = _taste(bought, np.sqrt(slow_now), recent, recent_weight)
    return Shopper(
        now_ms=now_ms,
        profile=profile,
        bought=bought,
        orders=orders.astype(np.float32),
        pieces=pieces.astype(np.float32),
        slow=slow_now.astype(np.float32),
        fast=(fast * np.exp2(-age_ms / FAST_HALF_LIFE_MS)).astype(np.float32),
        by_basket=(by_basket * BASKET_DECAY**since).astype(np.float32),
        baskets_since=since.astype(np.float32),
        days_since_last=(age_ms / DAY_MS).astype(np.float32),
        days_since_first=(np.maximum(now_ms - first_ms, 0) / DAY_MS).astype(np.float32),
        recent=recent,
        recent_weight=recent_weight,
        recent_days=recent_days,
        taste=taste,
        taste_weight=taste_weight,
        cart=assortment.rows_of(list(profile.cart)),
        context=context,
        wishes=wishes_at(profile, assortment, now_ms),
    )


def _recent(profile: Profile, rows: Mapping[str, int], now_ms: int) -> tuple[Rows, Floats, Floats]:
    """An act that a clock ahead of ours dates after now counts as of now."""
    weights: dict[int, float] = {}
    last: dict[int, int] = {}
    for kind, time_ms, product_id in profile.recent():
        weight = RECENT_WEIGHTS.get(kind)
        row = rows.get(product_id, -1)
        if weight is None or row < 0:
            continue
        bought = profile.purchased.get(product_id)
        if bought is not None and bought.last_ms >= time_ms:
            continue
        weights[row] = weights.get(row, 0.0) + weight * 2.0 ** (min(time_ms - now_ms, 0) / RECENT_HALF_LIFE_MS)
        last.setdefault(row, time_ms)
    return (
        np.array(list(weights), dtype=np.int64),
        np.array(list(weights.values()), dtype=np.float32),
        np.array([max(now_ms - last[row], 0) / DAY_MS for row in weights], dtype=np.float32),
    )


def _taste(
    bought: Rows, bought_weight: npt.NDArray[np.float64], recent: Rows, recent_weight: Floats
) -> tuple[Rows, Floats]:
    if not len(recent):
        return bought, bought_weight.astype(np.float32)
    both, place = np.unique(np.concatenate([bought, recent]), return_inverse=True)
    weights = np.bincount(place, np.concatenate([bought_weight, recent_weight]), minlength=len(both))
    return both, weights.astype(np.float32)
