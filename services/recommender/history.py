"""The past of a shop played again: at any moment, what was known then, and what each shopper bought next.

It folds events with the very code that the consumer runs, so that a ranker trains on what it will see when it serves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender import events
from services.recommender.assortment import Assortment, Rows
from services.recommender.events import ShopperEvent
from services.recommender.popularity import Popularity, Trends, increments, trends
from services.recommender.profile import Profile, decode, encode, fold
from services.recommender.purchases import DAY_MS
from services.recommender.retrieval.co_purchase import SparseRow
from services.recommender.shopper import shopper_at

VISIT_GAP_MS = 30 * 60_000
_ACTS = {events.VIEW, events.CLICK, events.ADD_TO_CART}


@dataclass(frozen=True)
class Wish:
    """What one shopper did next after a moment: distinct products, in order."""

    shopper: str
    product_ids: tuple[str, ...]


def shopper_of(event: ShopperEvent) -> str:
    """Visitors of one user are one shopper."""
    return event.user_id or event.visitor_id


class History:
    """`events` in order of time; `advance` moves the present forward, never back."""

    def __init__(self, happened: Sequence[ShopperEvent], assortment: Assortment) -> None:
        self._events = happened
        self._assortment = assortment
        self._next = 0
        self._days: dict[int, dict[str, int]] = {}
        self._visits: dict[str, tuple[int, list[int]]] = {}
        self.profiles: dict[str, Profile] = {}
        self.baskets: list[Rows] = []
        """Rows of each purchase so far."""
        self.visits: list[Rows] = []
        """Rows of each visit that has ended: looked at or put into the cart, less than 30 minutes apart."""
        self.before: list[SparseRow] = []
        """With `after`: by-basket counts of a shopper when they came to buy again, and what they bought."""
        self.after: list[Rows] = []
        self.known = np.zeros(assortment.size, dtype=np.bool_)
        """Products that anyone had anything to do with so far, or that were published."""

    def advance(self, now_ms: int) -> None:
        """Takes in what happened before `now_ms`."""
        while self._next < len(self._events) and self._events[self._next].time_ms < now_ms:
            self._take(self._events[self._next])
            self._next += 1
        published = self._assortment.publish_ms
        self.known |= (published > 0) & (published < now_ms)

    def trends(self, now_ms: int) -> Trends:
        return trends(Popularity([*self._assortment.rows], self._days), now_ms)

    def wishes(self, until_ms: int, kinds: frozenset[str]) -> list[Wish]:
        """The first event of these kinds of each shopper known now; of a visit, its first 30 minutes."""
        found: dict[str, tuple[int, dict[str, None]]] = {}
        for event in self._events[self._next :]:
            if event.time_ms >= until_ms:
                break
            shopper = shopper_of(event)
            if event.event_type not in kinds or shopper not in self.profiles:
                continue
            start, products = found.setdefault(shopper, (event.time_ms, {}))
            if not products or (event.event_type in _ACTS and event.time_ms - start <= VISIT_GAP_MS):
                products.update((line.product_id, None) for line in event.lines)
        known = ((name, [p for p in products if self._is_known(p)]) for name, (_, products) in found.items())
        return [Wish(name, tuple(products)) for name, products in known if products]

    def profile_now(self, shopper: str) -> Profile:
        """A copy that later events leave as it is."""
        return decode(encode(self.profiles[shopper]))

    def _is_known(self, product_id: str) -> bool:
        row = self._assortment.rows.get(product_id, -1)
        return row >= 0 and bool(self.known[row])

    def _take(self, event: ShopperEvent) -> None:
        shopper = shopper_of(event)
        profile = self.profiles.get(shopper)
        if profile is None:
            profile = self.profiles[shopper] = Profile(visitor_id=shopper)
        rows = np.unique(self._assortment.rows_of([line.product_id for line in event.lines]))
        if event.event_type == events.PURCHASE:
            self._note_basket(profile, event.time_ms, rows)
        elif event.event_type in _ACTS:
            self._note_visit(shopper, event.time_ms, rows)
        if fold(profile, event):
            self.known[rows] = True
            for _, name, n in increments(event):
                counts = self._days.setdefault(event.time_ms // DAY_MS, {})
                counts[name] = counts.get(name, 0) + n

    def _note_basket(self, profile: Profile, time_ms: int, rows: Rows) -> None:
        if not len(rows):
            return
        self.baskets.append(rows)
        if profile.purchased:
            now = shopper_at(profile, self._assortment, time_ms)
            self.before.append((now.bought, now.by_basket))
            self.after.append(rows)

    def _note_visit(self, shopper: str, time_ms: int, rows: Rows) -> None:
        last, seen = self._visits.get(shopper, (0, []))
        if time_ms - last > VISIT_GAP_MS:
            self._end_visit(seen)
            seen = []
        seen.extend(int(row) for row in rows)
        self._visits[shopper] = time_ms, seen

    def _end_visit(self, seen: list[int]) -> None:
        rows: npt.NDArray[np.int64] = np.unique(np.array(seen, dtype=np.int64))
        if len(rows) > 1:
            self.visits.append(rows)
