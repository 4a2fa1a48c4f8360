"""Products composed from the vocabulary, before they take the form of a contract.

Everything is drawn from one seeded generator, kind by kind, so a product keeps its id and its words from run to run.
"""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sample_shop.kinds import Brand, Kind, Value, Variant, Words, kinds

DISCOUNTED = 0.22
OUT_OF_STOCK = 0.04
STOCK_UNKNOWN = 0.05
MEAN_AGE_DAYS = 220.0
LONGEST_AGE_DAYS = 900


@dataclass(frozen=True)
class Item:
    """A product of the sample shop."""

    product_id: str
    kind: Kind
    variant: Variant
    values: Mapping[str, Value]
    brand: Brand
    closings: tuple[Words, ...]
    price: float
    original_price: float
    """0.0: not reduced."""
    stock: int | None
    rating: float
    rating_count: int
    appeal: float
    """How well it sells beside others of its kind; 1.0 is usual."""
    age_days: int

    def title(self, language: int) -> str:
        """`language` is the place in `Words`: 0 English, 1 Chinese."""
        template = self.variant.title[language]
        said = {axis: value.words[language] for axis, value in self.values.items()}
        parts = [self.brand.words[language]] if self.kind.brand_in_title else []
        parts.append(template.format_map(said))
        unsaid = [word for axis, word in said.items() if f"{{{axis}}}" not in template]
        head = " ".join(parts)
        return ", ".join([head, *unsaid]) if language == 0 else " ".join([head, *unsaid])

    def description(self, language: int) -> str:
        sentences = [self.variant.sentence]
        sentences += [value.sentence for value in self.values.values() if value.sentence][:1]
        sentences += self.closings
        return (" " if language == 0 else "").join(words[language] for words in sentences)

    def attributes(self, language: int) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {axis: (value.words[language],) for axis, value in self.values.items()}
        found |= {name: values for name, values in self.kind.lists.items() if name not in found}
        return found | {name: (words[language],) for name, words in self.kind.facts.items() if name not in found}


@cache
def items() -> tuple[Item, ...]:
    """All products of the shop, by category and kind."""
    return tuple(item for kind in kinds() for item in _items_of(kind))


@cache
def items_by_kind() -> Mapping[str, tuple[Item, ...]]:
    return {kind: tuple(group) for kind, group in itertools.groupby(items(), key=lambda item: item.kind.key)}


def _items_of(kind: Kind) -> list[Item]:
    dice = random.Random(f"sample-shop {kind.key}")
    designs = _designs(kind, dice)
    return [_item(f"{kind.key}-{place:02d}", kind, design, dice) for place, design in enumerate(designs, start=1)]


def _designs(kind: Kind, dice: random.Random) -> list[tuple[int, dict[str, Value]]]:
    """`kind.count` different pairs of variant and values, each variant as often as the others."""
    mixes = [dict(zip(kind.axes, values, strict=True)) for values in itertools.product(*kind.axes.values())]
    stacks = [dice.sample(mixes, len(mixes)) for _ in kind.variants]
    turns = ((number, stack[turn]) for turn in range(len(mixes)) for number, stack in enumerate(stacks))
    return list(itertools.islice(turns, kind.count))


def _item(product_id: str, kind: Kind, design: tuple[int, dict[str, Value]], dice: random.Random) -> Item:
    number, values = design
    variant = kind.variants[number]
    brand = _brand(kind, number, dice)
    factors = [variant.factor, brand.factor, dice.uniform(0.95, 1.05), *(value.factor for value in values.values())]
    price = _price(kind.price, factors)
    appeal = dice.lognormvariate(0.0, 0.6)
    age_days = min(LONGEST_AGE_DAYS, 1 + int(dice.expovariate(1 / MEAN_AGE_DAYS)))
    return Item(
        product_id=product_id,
        kind=kind,
        variant=variant,
        values=values,
        brand=brand,
        closings=tuple(dice.sample(kind.closings, min(2, len(kind.closings), dice.choice((1, 2))))),
        price=price,
        original_price=charm(price / dice.uniform(0.6, 0.88)) if dice.random() < DISCOUNTED else 0.0,
        stock=_stock(dice),
        rating=round(min(4.9, max(3.2, dice.gauss(4.35 + 0.15 * math.log(appeal), 0.25))), 1),
        rating_count=int(appeal * age_days * dice.uniform(0.2, 1.2)),
        appeal=appeal,
        age_days=age_days,
    )


def _brand(kind: Kind, variant: int, dice: random.Random) -> Brand:
    """A named model or a book comes from one house, whatever its size or binding."""
    if kind.one_brand_per_variant:
        return random.Random(f"{kind.key} {variant}").choice(kind.brands)
    return dice.choice(kind.brands)


def _price(bounds: tuple[float, float], factors: Sequence[float]) -> float:
    low, high = bounds
    return min(high, max(low, charm(math.sqrt(low * high) * math.prod(factors))))


def charm(amount: float) -> float:
    """A price as shops write it: 19.9, 129, 2399."""
    if amount < 50:
        return math.floor(amount) + 0.9
    step = 10 if amount < 1000 else 100
    return float(max(step, round(amount / step) * step) - 1)


def _stock(dice: random.Random) -> int | None:
    chance = dice.random()
    if chance < OUT_OF_STOCK:
        return 0
    return None if chance < OUT_OF_STOCK + STOCK_UNKNOWN else int(dice.lognormvariate(4.2, 0.9)) + 2
