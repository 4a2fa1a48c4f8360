"""What may be said of a product, and whether a text says it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TITLE, BRAND, PRICE, CATEGORY, DETAIL = "title", "brand", "price", "category", "detail"
_SPACES = re.compile(r"\s+")
_VALUES = re.compile(r"\s*[,、，]\s*|\s+and\s+")


@dataclass(frozen=True)
class Fact:
    """`title`, `category`, `brand`, `price`, or an attribute by its name in the catalogue."""

    name: str
    value: str


@dataclass(frozen=True)
class Source:
    """A product in one language. `evidence` is what else the merchant says of it: it may be said, but is no fact to
    mention."""

    product_id: str
    language: str
    facts: tuple[Fact, ...]
    evidence: str = ""


def folded(text: str) -> str:
    """As texts are compared: one width, one case, one space. May change the length."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).casefold()


def parts(value: str) -> list[str]:
    """The single values of a fact that lists several."""
    return [part for part in _VALUES.split(value) if part]


def mentioned(fact: Fact, text: str) -> bool:
    """Whether the text has the fact's value, whole or all of its parts."""
    said = folded(text)
    if folded(fact.value) in said:
        return True
    several = parts(fact.value)
    return len(several) > 1 and all(folded(part) in said for part in several)


def coverage(facts: Sequence[Fact], text: str) -> float:
    """Share of the facts that the text mentions; 1.0 of none."""
    return sum(mentioned(fact, text) for fact in facts) / len(facts) if facts else 1.0


def named(facts: Iterable[Fact], name: str) -> str:
    """The value of the first fact of that name; "" without one."""
    return next((fact.value for fact in facts if fact.name == name), "")
