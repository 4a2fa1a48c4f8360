"""The hand-written vocabulary of the shop: what kinds of things it sells and the words for them.

One TOML file per top category in `vocabulary/`. Words stand in pairs: English, Chinese.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

VOCABULARY = Path(__file__).parent / "vocabulary"
COLOURS_FILE = "colours.toml"


class Words(NamedTuple):
    """The same thing said in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Value:
    """One value of an axis, e.g. linen. `factor` multiplies the price."""

    words: Words
    factor: float = 1.0
    sentence: Words | None = None


@dataclass(frozen=True)
class Variant:
    """One design. The titles have places for axes: `Wrap Dress in {material}`."""

    title: Words
    sentence: Words
    factor: float


@dataclass(frozen=True)
class Brand:
    words: Words
    factor: float


@dataclass(frozen=True)
class Kind:
    """One kind of product, e.g. midi dresses."""

    key: str
    name: Words
    path: Words
    price: tuple[float, float]
    """Lowest and highest, CNY."""
    count: int
    """How many products of it the shop has."""
    axes: Mapping[str, tuple[Value, ...]]
    """What tells products of one design apart; each becomes an attribute."""
    lists: Mapping[str, tuple[str, ...]]
    """Attributes that hold all their values at once, e.g. the sizes to choose from."""
    facts: Mapping[str, Words]
    """Attributes that all products of the kind share."""
    brands: tuple[Brand, ...]
    variants: tuple[Variant, ...]
    closings: tuple[Words, ...]
    goes_with: tuple[str, ...]
    """Kinds bought together with it."""
    repeat_days: int
    """After how long it is used up; 0: it is not."""
    one_brand_per_variant: bool
    brand_in_title: bool

    @property
    def category(self) -> str:
        return self.path.en.split(" > ")[0]


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, by category file and then in the order written."""
    colours = {key: [*words, 1.0] for key, words in _read(COLOURS_FILE).items()}
    names = sorted(path.name for path in VOCABULARY.glob("*.toml") if path.name != COLOURS_FILE)
    return tuple(kind for name in names for kind in _kinds_of(_read(name), colours))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((VOCABULARY / name).read_text(encoding="utf-8"))


def _kinds_of(shelf: Mapping[str, Any], colours: Mapping[str, Sequence[Any]]) -> list[Kind]:
    tables = {**shelf.get("values", {}), "colour": colours}
    brands = tuple(Brand(Words(en, zh), factor) for en, zh, factor in shelf["brands"])
    return [_kind(raw, shelf, tables, brands) for raw in shelf["kinds"]]


def _kind(
    raw: Mapping[str, Any], shelf: Mapping[str, Any], tables: Mapping[str, Any], brands: tuple[Brand, ...]
) -> Kind:
    runs: Mapping[str, list[str]] = shelf.get("runs", {})
    low, high = raw["price"]
    return Kind(
        key=raw["key"],
        name=Words(*raw["name"]),
        path=Words(*(f"{root} > {rest}" for root, rest in zip(shelf["category"], raw["path"], strict=True))),
        price=(float(low), float(high)),
        count=raw["count"],
        axes={axis: _values(values, tables.get(axis, {})) for axis, values in raw.get("axes", {}).items()},
        lists={name: tuple(runs[run]) for name, run in raw.get("lists", {}).items()},
        facts={name: Words(en, zh) for name, en, zh in raw.get("facts", [])},
        brands=brands,
        variants=tuple(Variant(Words(t, u), Words(s, v), factor) for t, u, s, v, factor in raw["variants"]),
        closings=tuple(Words(*closing) for closing in raw["closings"]),
        goes_with=tuple(raw.get("goes_with", [])),
        repeat_days=raw.get("repeat_days", 0),
        one_brand_per_variant=raw.get("one_brand_per_variant", False),
        brand_in_title=raw.get("brand_in_title", True),
    )


def _values(written: Sequence[Any], table: Mapping[str, Sequence[Any]]) -> tuple[Value, ...]:
    """Values are written out, or named by their key in the file's table."""
    return tuple(_value(table[one] if isinstance(one, str) else one) for one in written)


def _value(raw: Sequence[Any]) -> Value:
    en, zh, factor, *sentence = raw
    return Value(Words(en, zh), factor, Words(*sentence) if sentence else None)
