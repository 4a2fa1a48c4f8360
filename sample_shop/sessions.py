"""What one shopper does in the shop, visit by visit, as plain steps in order of time."""

import math
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from sample_shop.items import Item, items_by_kind
from sample_shop.shoppers import Shopper

DAYS = 90
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 8, 7, 5, 5, 5, 6, 7, 9, 12, 13, 10, 5)
"""By hour of the shoppers' day."""
SHELF = 8
COMPANIONS = 6
SEARCHES, BROWSES = 0.5, 0.3
SAME_AGAIN = 0.8
ADDS_TO_CART = 0.45
TAKES_A_COMPANION = 0.5
CHANGES_MIND = 0.06
CHECKS_OUT = 0.72
SENDS_BACK = 0.05
OWNED_ALREADY = 0.1
"""What is left of the wish for a kind once a lasting one was bought."""
OPENS_A_PAGE = frozenset(
    {"home-page-view", "search", "category-page-view", "detail-page-view", "shopping-cart-page-view"}
)
UNRETURNABLE = frozenset({"Food", "Beauty", "Pets"})


@dataclass(frozen=True)
class Step:
    """One event to be. `second` counts from the first midnight of the shoppers' time zone."""

    second: float
    visit: int
    event_type: str
    device: int
    items: tuple[Item, ...] = ()
    quantities: tuple[int, ...] = ()
    query: str = ""
    category: str = ""
    order: int = 0
    page: int = 0
    """Which page of the visit: what was shown on it and what was clicked there share it."""


@dataclass
class Visit:
    """A visit that goes on: its clock and what lies in the cart."""

    number: int
    second: float
    device: int
    cart: list[Item] = field(default_factory=list)
    page: int = 1
    shelf_page: int = 1


class Life:
    """The visits of one shopper over the whole time."""

    def __init__(self, shopper: Shopper) -> None:
        self.shopper = shopper
        self._dice = random.Random(f"sample-shop life {shopper.number}")
        self._wants = dict(shopper.wants)
        self._owned: set[str] = set()
        self._likings: dict[str, float] = {}
        self._orders = self._visits = 0
        self._due: list[tuple[float, Item]] = []

    def steps(self) -> Iterator[Step]:
        """All steps; visits in order of time, refunds after the order that they undo."""
        plain = sorted(self._moment() for _ in range(self.shopper.sessions))
        while plain or self._due:
            if self._due and (not plain or self._due[0][0] < plain[0]):
                second, again = self._due.pop(0)
                yield from self._visit(second, again)
            else:
                yield from self._visit(plain.pop(0), None)

    def _moment(self) -> float:
        hour = self._dice.choices(range(24), HOUR_WEIGHTS)[0]
        return self._dice.randrange(DAYS) * 86_400.0 + hour * 3600.0 + self._dice.uniform(0, 3599)

    def _visit(self, second: float, again: Item | None) -> Iterator[Step]:
        self._visits += 1
        visit = Visit(self._visits, second, self._dice.randrange(len(self.shopper.visitor_ids)))
        if self._dice.random() < 0.7:
            yield self._step(visit, "home-page-view")
        for errand in range(1 if again else self._dice.choice((1, 1, 2))):
            yield from self._errand(visit, again if errand == 0 else None)
        yield from self._checkout(visit)

    def _errand(self, visit: Visit, again: Item | None) -> Iterator[Step]:
        """Looks for one kind of product; what is bought again is found at once."""
        kind = again.kind.key if again else self._choose_kind()
        shelf = self._shelf(kind, visit.second)
        if not shelf:
            return
        if again is None:
            shown = yield from self._look_around(visit, shelf)
            views = self._pick(shown, self._dice.choice((1, 2, 2, 3)))
        else:
            views = [again]
            yield self._show(visit, views)
        for item in views:
            yield from self._look_at(visit, item)
        wanted = max(views, key=self._liking)
        if again or self._dice.random() < ADDS_TO_CART:
            yield from self._take(visit, wanted)
            if self._dice.random() < TAKES_A_COMPANION:
                yield from self._companion(visit, wanted)

    def _look_around(self, visit: Visit, shelf: list[Item]) -> Generator[Step, None, list[Item]]:
        """Finds the shelf by search, by category or on the home page; returns what of it was shown."""
        way = self._dice.random()
        if way < SEARCHES:
            target = self._pick(shelf, 1)[0]
            shelf = [target, *(item for item in shelf if item is not target)]
            yield self._step(visit, "search", query=query_for(target, self.shopper.language, self._dice))
        elif way < SEARCHES + BROWSES:
            yield self._step(visit, "category-page-view", category=shelf[0].kind.path.en)
        yield self._show(visit, shelf[:SHELF])
        return shelf[:SHELF]

    def _show(self, visit: Visit, shelf: Sequence[Item]) -> Step:
        visit.shelf_page = visit.page
        return self._step(visit, "impression", tuple(shelf))

    def _look_at(self, visit: Visit, item: Item) -> Iterator[Step]:
        if self._dice.random() < 0.6:
            yield self._step(visit, "product-click", (item,))
        yield self._step(visit, "detail-page-view", (item,))

    def _take(self, visit: Visit, item: Item) -> Iterator[Step]:
        if item.stock == 0 or item.product_id in self._owned or item in visit.cart:
            return
        visit.cart.append(item)
        yield self._step(visit, "add-to-cart", (item,))

    def _companion(self, visit: Visit, item: Item) -> Iterator[Step]:
        """What goes with the item just taken: a case with the phone, shoes with the dress."""
        if not item.kind.goes_with:
            return
        shelf = self._shelf(self._dice.choice(item.kind.goes_with), visit.second)[:COMPANIONS]
        if shelf:
            yield self._show(visit, shelf)
        for companion in self._pick(shelf, 1):
            yield from self._look_at(visit, companion)
            if self._dice.random() < 0.7:
                yield from self._take(visit, companion)

    def _checkout(self, visit: Visit) -> Iterator[Step]:
        if not visit.cart:
            return
        yield self._step(visit, "shopping-cart-page-view")
        if self._dice.random() < CHANGES_MIND:
            yield self._step(visit, "remove-from-cart", (visit.cart.pop(),))
        if not visit.cart or self._dice.random() > CHECKS_OUT:
            return
        self._orders += 1
        bought = tuple(visit.cart)
        quantities = tuple(self._quantity(item) for item in bought)
        yield self._step(visit, "purchase-complete", bought, quantities, order=self._orders)
        for item in bought:
            yield from self._after_purchase(visit, item)

    def _quantity(self, item: Item) -> int:
        return self._dice.choice((1, 1, 1, 2)) if item.kind.repeat_days else 1

    def _after_purchase(self, visit: Visit, item: Item) -> Iterator[Step]:
        if item.kind.repeat_days:
            self._buy_again_later(visit.second, item)
            return
        self._owned.add(item.product_id)
        self._wants[item.kind.key] *= OWNED_ALREADY
        if item.kind.category not in UNRETURNABLE and self._dice.random() < SENDS_BACK:
            self._visits += 1
            later = Visit(self._visits, visit.second + self._dice.uniform(3, 12) * 86_400, visit.device)
            yield self._step(later, "refund", (item,), (1,), order=self._orders)

    def _buy_again_later(self, second: float, item: Item) -> None:
        due = second + item.kind.repeat_days * 86_400 * self._dice.uniform(0.75, 1.25)
        if due >= DAYS * 86_400 or any(other.kind == item.kind for _, other in self._due):
            return
        same = self._dice.random() < SAME_AGAIN
        again = item if same else self._pick(self._shelf(item.kind.key, due), 1)[0]
        self._due.append((due, again))
        self._due.sort(key=lambda entry: entry[0])

    def _choose_kind(self) -> str:
        return self._dice.choices(list(self._wants), list(self._wants.values()))[0]

    def _shelf(self, kind: str, second: float) -> list[Item]:
        """The kind's products that were on sale then, as the shop shows them: what sells well first."""
        days_ago = DAYS - second / 86_400
        shown = [item for item in items_by_kind()[kind] if item.age_days >= days_ago]
        return sorted(shown, key=lambda item: item.appeal * self._dice.uniform(0.4, 1.0), reverse=True)

    def _pick(self, shelf: Sequence[Item], count: int) -> list[Item]:
        """Up to `count` different items, each by its odds (Gumbel's trick)."""
        noisy = {item.product_id: self._liking(item) - math.log(self._dice.expovariate(1)) for item in shelf}
        return sorted(shelf, key=lambda item: noisy[item.product_id], reverse=True)[:count]

    def _liking(self, item: Item) -> float:
        if item.product_id not in self._likings:
            self._likings[item.product_id] = self.shopper.liking(item)
        return self._likings[item.product_id]

    def _step(
        self,
        visit: Visit,
        event_type: str,
        about: tuple[Item, ...] = (),
        quantities: tuple[int, ...] = (),
        *,
        query: str = "",
        category: str = "",
        order: int = 0,
    ) -> Step:
        if event_type in OPENS_A_PAGE:
            visit.page += 1
        page = visit.shelf_page if event_type == "product-click" else visit.page
        step = Step(
            visit.second, visit.number, event_type, visit.device, about, quantities, query, category, order, page
        )
        visit.second += self._dice.uniform(4, 90)
        return step


def query_for(item: Item, language: int, dice: random.Random) -> str:
    """What a shopper who has this item in mind types."""
    name = item.kind.name[language]
    word = item.brand.words[language] if dice.random() < 0.2 else ""
    if not word and dice.random() < 0.5:
        word = dice.choice([value.words[language] for value in item.values.values()])
    if language == 0:
        return f"{word} {name}".strip().lower()
    return f"{word}{name}" if dice.random() < 0.6 else f"{word} {name}".strip()
