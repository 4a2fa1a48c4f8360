"""Words that state something: brands, materials, colours and other values, to be found in a text."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources

BRAND, MATERIAL, COLOUR, VALUE = "brand", "material", "colour", "value"
KINDS = (BRAND, MATERIAL, COLOUR, VALUE)
_CHINESE = re.compile(r"[㐀-鿿]")
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Lexicon:
    """Terms by kind. English terms are found as whole words whatever their case (brands as they are written), Chinese
    ones wherever they stand; the longest first."""

    terms: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def joined(self, other: "Lexicon") -> "Lexicon":
        return Lexicon({kind: self.terms.get(kind, _NONE) | other.terms.get(kind, _NONE) for kind in KINDS})

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        return {kind: _pattern(self.terms.get(kind, ()), 0 if kind == BRAND else re.IGNORECASE) for kind in KINDS}


_NONE: frozenset[str] = frozenset()


def builtin() -> Lexicon:
    """What every shop is checked for, trained or not."""
    text = resources.files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    sections = {COLOUR: "colours", MATERIAL: "materials", VALUE: "claims"}
    return Lexicon({kind: frozenset(told[name]["en"]) | frozenset(told[name]["zh"]) for kind, name in sections.items()})


def _pattern(terms: Iterable[str], flags: int) -> re.Pattern[str]:
    ordered = sorted(terms, key=lambda term: (-len(term), term))
    if not ordered:
        return _NOTHING
    return re.compile("|".join(_one(term) for term in ordered), flags)


def _one(term: str) -> str:
    escaped = re.escape(term).replace(r"\ ", r"\s+")
    return escaped if _CHINESE.search(term) else rf"(?<![\w-]){escaped}(?![\w-])"
