"""How often each product is seen, put into a cart and bought, by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from services.recommender import events
from services.recommender.events import ShopperEvent

COUNTER_PREFIX = "popularity:"
DAYS_KEPT = 120
DAY_MS = 86_400_000

KINDS = ("buy", "cart", "view")
_KIND_OF = {
    events.PURCHASE: "buy",
    events.ADD_TO_CART: "cart",
    events.VIEW: "view",
    events.CLICK: "view",
}
WINDOWS_DAYS = (7, 14, 30, 90)
POPULAR_HALF_LIFE_DAYS = 14
_WEIGHTS = np.array([1.0, 0.25, 0.05], dtype=np.float32)
"""Of a purchase, a cart and a view."""

Floats = npt.NDArray[np.float32]


def day_of(time_ms: int) -> int:
    """Days since 1970, UTC."""
    return time_ms // DAY_MS


def counter_of(day: int) -> str:
    """Name of a day's counter, e.g. `popularity:2011-11-09`."""
    return f"{COUNTER_PREFIX}{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"


def counters_at(now_ms: int, days: int = DAYS_KEPT) -> dict[int, str]:
    """Day -> name, of the counters that `Popularity` wants at that time."""
    today = day_of(now_ms)
    return {day: counter_of(day) for day in range(today - days + 1, today + 1)}


def increments(event: ShopperEvent) -> list[tuple[str, str, int]]:
    """(counter, field, n) for an event that was folded. A product counts once an event, whatever its pieces."""
    kind = _KIND_OF.get(event.event_type)
    if kind is None:
        return []
    counter = counter_of(day_of(event.time_ms))
    return [(counter, f"{kind}:{product_id}", 1) for product_id in {line.product_id: 0 for line in event.lines}]


class Popularity:
    """Daily counts aligned to a list of products, and what is read off them at a moment."""

    def __init__(self, product_ids: Sequence[str], days: Mapping[int, Mapping[str, int]]) -> None:
        """`days`: day since 1970 -> field (`buy:ID`, `cart:ID`, `view:ID`) -> count."""
        self._rows = {product_id: row for row, product_id in enumerate(product_ids)}
        self._days: dict[int, Floats] = {}
        self.size = len(product_ids)
        for day, fields in days.items():
            self.put(day, fields)

    def put(self, day: int, fields: Mapping[str, int]) -> None:
        """Replaces one day's counts: a refresh needs only today's, and yesterday's for late events."""
        counts = np.zeros((len(KINDS), self.size), dtype=np.float32)
        for name, n in fields.items():
            kind, _, product_id = name.partition(":")
            row = self._rows.get(product_id)
            if row is not None and kind in KINDS:
                counts[KINDS.index(kind), row] += n
        self._days[day] = counts

    def window(self, now_ms: int, days: int, until_days: int = 0) -> Floats:
        """Counts [kind, product] of the days that lie `until_days` to `days` back; today lies 0 back."""
        today = day_of(now_ms)
        total = np.zeros((len(KINDS), self.size), dtype=np.float32)
        for day, counts in self._days.items():
            if until_days <= today - day < days:
                total += counts
        return total

    def decayed(self, now_ms: int, half_life_days: float) -> Floats:
        """Counts [kind, product], each day's halved every `half_life_days`."""
        today = day_of(now_ms)
        total = np.zeros((len(KINDS), self.size), dtype=np.float32)
        for day, counts in self._days.items():
            if day <= today:
                total += counts * np.float32(2.0 ** (-(today - day) / half_life_days))
        return total


@dataclass(frozen=True)
class Trends:
    """What sells at one moment, for every product of the list."""

    popular: Floats
    """Purchases + carts / 4 + views / 20, halved every 14 days."""
    bought: Floats
    """[window, product]: purchases of the last 7, 14, 30 and 90 days."""
    seen: Floats
    """[product]: carts / 4 + views / 20 of the last 14 days."""


def trends(popularity: Popularity, now_ms: int) -> Trends:
    decayed = popularity.decayed(now_ms, POPULAR_HALF_LIFE_DAYS)
    fortnight = popularity.window(now_ms, 14)
    return Trends(
        popular=np.asarray(_WEIGHTS @ decayed, dtype=np.float32),
        bought=np.stack([popularity.window(now_ms, days)[0] for days in WINDOWS_DAYS]),
        seen=np.asarray(_WEIGHTS[1:] @ fortnight[1:], dtype=np.float32),
    )
