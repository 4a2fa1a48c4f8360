"""What the trainer reads: `pairs(seed)`, and which products are kept from it."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from functools import cache

from sample_shop.copy.composer import Composer
from sample_shop.copy.facts import NOT_ATTRIBUTES, facts_of
from sample_shop.copy.pair import (
    CHANNELS,
    LANGUAGES,
    LENGTHS,
    STYLES,
    Channel,
    CopyPair,
    Fact,
    Language,
    Length,
    Piece,
    Ref,
    Style,
    Text,
)
from sample_shop.items import items
from sample_shop.products import products as shop_products
from shopkeeper.catalog.v1.catalog_pb2 import Product

__all__ = [
    "CHANNELS",
    "LANGUAGES",
    "LENGTHS",
    "STYLES",
    "Channel",
    "CopyPair",
    "Fact",
    "Language",
    "Length",
    "Piece",
    "Ref",
    "Style",
    "Text",
    "held_out",
    "pairs",
]

HELD_OUT_PERCENT = 15
TURNS = (*CHANNELS, "product-page", "email", "live", *CHANNELS)
"""The channels of one product's texts in one language."""
OTHER_NAMES = (
    "type",
    "feature",
    "specification",
    "version",
    "finish",
    "series",
    "variant",
    "option",
    "property",
    "note",
)


def pairs(seed: int, products: Sequence[Product] | None = None) -> Iterator[CopyPair]:
    """Every product in both languages, in every channel; those held out too. The same for the same seed."""
    for product in products if products is not None else shop_products():
        for language in LANGUAGES:
            yield from _pairs_of(product, language, seed)


def _pairs_of(product: Product, language: Language, seed: int) -> Iterator[CopyPair]:
    dice = random.Random(f"{seed} {product.product_id} {language}")
    known = facts_of(product, language)
    styles = dice.sample(STYLES, len(STYLES))
    lengths = dice.sample(LENGTHS, len(LENGTHS))
    for turn, channel in enumerate(TURNS):
        style, length = styles[turn % len(styles)], lengths[(turn + turn // len(LENGTHS)) % len(LENGTHS)]
        facts = _some_facts(known, dice)
        target = Composer(facts, language, style, dice).write(channel, length)
        yield CopyPair(product.product_id, language, channel, style, length, facts, target)


def _some_facts(facts: Sequence[Fact], dice: random.Random) -> tuple[Fact, ...]:
    """Mostly all; sometimes fewer, or under another name, as other shops have them."""
    chance = dice.random()
    if chance < 0.06:
        return tuple(fact for fact in facts if fact.name in ("title", "price"))
    if chance < 0.09:
        return tuple(fact for fact in facts if fact.name == "title")
    if chance < 0.16:
        return tuple(fact for fact in facts if fact.name != "brand")
    if chance < 0.24:
        dropped = {fact.name for fact in facts if fact.name != "title" and dice.random() < 0.4}
        return tuple(fact for fact in facts if fact.name not in dropped)
    if chance < 0.31:
        names = dice.sample(OTHER_NAMES, len(OTHER_NAMES))
        return tuple(
            Fact(names.pop(), f.value) if f.name not in NOT_ATTRIBUTES and dice.random() < 0.4 else f for f in facts
        )
    return tuple(facts)


def held_out(product_id: str) -> bool:
    """Whether this design is kept from training; all colours of one design go the same way."""
    digest = hashlib.sha256(f"copy {_design(product_id)}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


def _design(product_id: str) -> str:
    """A stock code that ends in letters names the design before them."""
    return _designs().get(product_id) or product_id.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@cache
def _designs() -> dict[str, str]:
    return {item.product_id: f"{item.kind.key} {item.variant.title.en}" for item in items()}
