"""Channels that need no model: what sells, what this shopper bought or looked at, what is new."""

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Assortment
from services.recommender.popularity import Trends
from services.recommender.purchases import DAY_MS
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]

NEW_DAYS = 30


class Popular:
    """Purchases, carts and views, newer ones counting more."""

    name = "popular"

    def __init__(self, trends: Trends) -> None:
        self._trends = trends

    def scores(self, shopper: Shopper) -> Floats:
        return self._trends.popular


class BuyAgain:
    """Bought before: by decayed counts, soonest bought and most often first."""

    name = "buy-again"

    def __init__(self, size: int) -> None:
        self._size = size

    def scores(self, shopper: Shopper) -> Floats:
        scores = np.zeros(self._size, np.float32)
        scores[shopper.bought] = shopper.slow + shopper.by_basket + 0.1 * shopper.orders
        return scores


class Recent:
    """Looked at or put into the cart, and not bought since."""

    name = "recent"

    def __init__(self, size: int) -> None:
        self._size = size

    def scores(self, shopper: Shopper) -> Floats:
        scores = np.zeros(self._size, np.float32)
        scores[shopper.recent] = np.maximum(shopper.recent_weight, 0)
        return scores


class Preference:
    """What the shopper said to like: all that is like it, whatever sells."""

    name = "preference"

    def __init__(self, size: int) -> None:
        self._size = size

    def scores(self, shopper: Shopper) -> Floats:
        return shopper.wishes.wanted if shopper.wishes else np.zeros(self._size, np.float32)


class New:
    """On sale for 30 days at most, or not known when the models were trained: newest first, and by likeness in text."""

    name = "new"

    def __init__(self, assortment: Assortment) -> None:
        self._assortment = assortment

    def scores(self, shopper: Shopper) -> Floats:
        age_days = (shopper.now_ms - self._assortment.publish_ms) / DAY_MS
        fresh = (self._assortment.publish_ms > 0) & (age_days >= 0) & (age_days < NEW_DAYS)
        if self._assortment.trained:
            fresh[self._assortment.trained :] = True
        likeness = self._assortment.text @ (shopper.taste_weight @ self._assortment.text[shopper.taste])
        freshness = np.clip(1 - age_days / NEW_DAYS, 0.1, 1)
        return np.where(fresh, freshness + np.maximum(likeness, 0), 0).astype(np.float32)
