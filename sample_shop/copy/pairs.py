"""What the trainer reads: `pairs(seed)`, and which products are kept from it."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache

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


def pairs(seed: int, products: Sequence[Product] | None = None) -> Iterator[CopyPair]:
    """Every product in both languages, in every channel; those held out too. The same for the same seed."""
    raise NotImplementedError


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
