"""What a shopper bought of one product, as counts that fade by time and by basket, in whatever order they come."""

from bisect import bisect_right
from collections.abc import Sequence

import msgspec

DAY_MS = 86_400_000
SLOW_HALF_LIFE_MS = 60 * DAY_MS
FAST_HALF_LIFE_MS = 15 * DAY_MS
BASKET_DECAY = 0.7


class Purchased(msgspec.Struct, array_like=True):
    """One product as this shopper bought it. The decayed counts hold as of `last_ms`."""

    orders: int = 0
    pieces: int = 0
    """Less those returned; below 0 while a refund has come before its purchase."""
    first_ms: int = 0
    last_ms: int = 0
    slow: float = 0.0
    """Orders, each halved every 60 days."""
    fast: float = 0.0
    """Orders, each halved every 15 days."""
    by_basket: float = 0.0
    """Orders, each worth 0.7 of itself after every later basket of the shopper."""


class PriceHabit(msgspec.Struct, array_like=True):
    """Count, mean and sum of squared deviations of the natural log of prices paid (Welford)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, log_price: float) -> None:
        self.count += 1
        step = log_price - self.mean
        self.mean += step / self.count
        self.squares += step * (log_price - self.mean)

    def join(self, other: "PriceHabit") -> None:
        count = self.count + other.count
        if count == 0:
            return
        step = other.mean - self.mean
        self.squares += other.squares + step * step * self.count * other.count / count
        self.mean += step * other.count / count
        self.count = count


def count(bought: Purchased, time_ms: int, baskets: Sequence[int]) -> None:
    """One order more in the counts. `baskets`: times of the shopper's baskets, ascending, this one included."""
    bought.orders += 1
    if bought.orders == 1:
        bought.first_ms = bought.last_ms = time_ms
        bought.slow = bought.fast = bought.by_basket = 1.0
        return
    earlier, later = sorted((bought.last_ms, time_ms))
    gap_ms = later - earlier
    gap_baskets = bisect_right(baskets, later) - bisect_right(baskets, earlier)
    slow, fast, by_basket = fades(gap_ms, gap_baskets)
    if time_ms >= bought.last_ms:
        bought.slow, bought.fast = bought.slow * slow + 1, bought.fast * fast + 1
        bought.by_basket = bought.by_basket * by_basket + 1
    else:
        bought.slow, bought.fast, bought.by_basket = (
            bought.slow + slow,
            bought.fast + fast,
            bought.by_basket + by_basket,
        )
    bought.last_ms = later
    bought.first_ms = min(bought.first_ms, time_ms)


def fades(gap_ms: float, gap_baskets: float) -> tuple[float, float, float]:
    """What is left of the slow, the fast and the by-basket count after that much time and that many baskets."""
    return 2 ** (-gap_ms / SLOW_HALF_LIFE_MS), 2 ** (-gap_ms / FAST_HALF_LIFE_MS), BASKET_DECAY**gap_baskets


def join(mine: Purchased, other: Purchased, baskets: Sequence[int]) -> None:
    """Takes in what another visitor of the same user bought; `baskets` are those of both."""
    last_ms = max(mine.last_ms, other.last_ms)
    counts = [0.0, 0.0, 0.0]
    for part in (mine, other):
        gap_baskets = bisect_right(baskets, last_ms) - bisect_right(baskets, part.last_ms)
        left = fades(last_ms - part.last_ms, gap_baskets) if part.orders else (0.0, 0.0, 0.0)
        values = (part.slow, part.fast, part.by_basket)
        counts = [c + v * f for c, v, f in zip(counts, values, left, strict=True)]
    starts = [part.first_ms for part in (mine, other) if part.orders]
    mine.orders, mine.pieces = mine.orders + other.orders, mine.pieces + other.pieces
    mine.first_ms, mine.last_ms = min(starts, default=0), last_ms
    mine.slow, mine.fast, mine.by_basket = counts
