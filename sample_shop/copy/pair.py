"""The form of one example: what is known of a product and a text that says it."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]
Channel = Literal["product-page", "social", "title", "email", "live"]
Style = Literal["plain", "warm", "lively", "premium"]
Length = Literal["short", "medium", "long"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
CHANNELS: tuple[Channel, ...] = ("product-page", "social", "title", "email", "live")
STYLES: tuple[Style, ...] = ("plain", "warm", "lively", "premium")
LENGTHS: tuple[Length, ...] = ("short", "medium", "long")


@dataclass(frozen=True)
class Fact:
    """`title`, `category`, `brand`, `price`, or an attribute by its name in the catalogue."""

    name: str
    value: str


@dataclass(frozen=True)
class Text:
    """Words that are the same whatever the product."""

    value: str


@dataclass(frozen=True)
class Ref:
    """The value of the fact at this place, letter by letter."""

    fact: int


Piece = Text | Ref


@dataclass(frozen=True)
class CopyPair:
    """An e-mail's first line is its subject."""

    product_id: str
    language: Language
    channel: Channel
    style: Style
    length: Length
    facts: tuple[Fact, ...]
    target: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(self.facts[piece.fact].value if isinstance(piece, Ref) else piece.value for piece in self.target)
