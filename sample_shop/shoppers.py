"""The people who shop here: what each likes, drawn once from a seed, and how much they like a given product."""

import math
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sample_shop.items import Item
from sample_shop.kinds import kinds

COUNT = 900
PERSONAS = Path(__file__).with_name("personas.toml")
SECOND_PERSONA = 0.55
LOGGED_IN = 0.45
TWO_DEVICES = 0.4
"""Of those who log in."""
SPEAKS_CHINESE = 0.72
STRAY = 0.03
"""How much a shopper wants a kind that no persona of theirs names, beside a weight of 1."""

BRAND_PULL = 1.5
COLOUR_PULL = 1.1
PRICE_PULL = 1.4
APPEAL_PULL = 0.6


@dataclass(frozen=True)
class Shopper:
    """One person. Wants are weights; brands and colours are English words."""

    number: int
    language: int
    """The place in `Words`: 0 English, 1 Chinese."""
    wants: Mapping[str, float]
    """By kind."""
    brands: frozenset[str]
    colours: frozenset[str]
    spending: float
    """0: the cheapest of a kind; 1: the dearest."""
    sessions: int
    """Visits in the whole time, those to buy again not counted."""
    user_id: str
    visitor_ids: tuple[str, ...]

    def liking(self, item: Item) -> float:
        """The log of the odds to choose an item beside others of its kind."""
        low, high = item.kind.price
        dearness = math.log(item.price / low) / math.log(high / low)
        colour = item.values.get("colour")
        return (
            APPEAL_PULL * math.log(item.appeal)
            + BRAND_PULL * (item.brand.words.en in self.brands)
            + COLOUR_PULL * (colour is not None and colour.words.en in self.colours)
            - PRICE_PULL * 4 * (dearness - self.spending) ** 2
        )


@dataclass(frozen=True)
class Persona:
    name: str
    share: float
    kinds: Mapping[str, float]


@cache
def personas() -> tuple[Persona, ...]:
    return tuple(Persona(**raw) for raw in tomllib.loads(PERSONAS.read_text(encoding="utf-8"))["personas"])


@cache
def shoppers() -> tuple[Shopper, ...]:
    return tuple(_shopper(number) for number in range(1, COUNT + 1))


def _shopper(number: int) -> Shopper:
    dice = random.Random(f"sample-shop shopper {number}")
    known = dice.random() < LOGGED_IN
    devices = ("phone", "laptop") if known and dice.random() < TWO_DEVICES else ("phone",)
    return Shopper(
        number=number,
        language=1 if dice.random() < SPEAKS_CHINESE else 0,
        wants=_wants(dice),
        brands=_brands(dice),
        colours=_colours(dice),
        spending=min(1.0, max(0.0, dice.gauss(0.5, 0.25))),
        sessions=1 + int(dice.lognormvariate(1.0, 0.7)),
        user_id=f"shopper-{number:04d}" if known else "",
        visitor_ids=tuple(f"v{number:04d}-{device}" for device in devices),
    )


def _wants(dice: random.Random) -> dict[str, float]:
    chosen = dice.choices(personas(), [persona.share for persona in personas()], k=2)
    wants = dict.fromkeys((kind.key for kind in kinds()), STRAY)
    for persona, weight in zip(chosen, (1.0, 0.6 if dice.random() < SECOND_PERSONA else 0.0), strict=True):
        for kind, want in persona.kinds.items():
            wants[kind] += weight * want * dice.lognormvariate(0.0, 0.5)
    return wants


def _brands(dice: random.Random) -> frozenset[str]:
    """Two favourites in every category."""
    houses = {kind.category: kind.brands for kind in kinds()}
    return frozenset(brand.words.en for brands in houses.values() for brand in dice.sample(brands, 2))


def _colours(dice: random.Random) -> frozenset[str]:
    words = sorted({value.words.en for kind in kinds() for value in kind.axes.get("colour", ())})
    return frozenset(dice.sample(words, 5))
