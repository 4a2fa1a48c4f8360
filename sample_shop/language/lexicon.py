"""The shop's own words for the grammar's lists, in the forms in which shoppers say them."""

import re
from collections.abc import Callable, Iterable

from sample_shop.kinds import Kind, Words, kinds

_MASS = {"perfume", "shampoo", "sunscreen", "green-tea", "coffee-beans", "rice", "honey", "chocolate", "chilli-sauce"}
_MASS |= {"dried-fruit", "cat-food", "dog-food", "cat-litter", "science-fiction"}
_ENDS_AS_MANY = re.compile(r"[^s]s$")


def shop_words(name: str, language: str) -> list[str]:
    """Words for an entry `@SOURCE` or `@SOURCE:CATEGORY` of a list, each once, in the shop's order."""
    source, _, category = name.removeprefix("@").partition(":")
    if source not in _SOURCES:
        raise ValueError(f"unknown source of words {name!r}; known: {', '.join(_SOURCES)}")
    shelf = [kind for kind in kinds() if not category or kind.category == category]
    if not shelf:
        raise ValueError(f"no kinds of category {category!r}")
    return list(dict.fromkeys(_SOURCES[source](shelf, language)))


def _said(words: Words, language: str) -> str:
    return words.en.lower() if language == "en" else words.zh


def _kinds(shelf: Iterable[Kind], language: str) -> list[str]:
    return [_said(kind.name, language) for kind in shelf]


def _one(shelf: Iterable[Kind], language: str) -> list[str]:
    """Names before which English puts an article."""
    return [_said(kind.name, language) for kind in shelf if not _is_many(kind)]


def _many(shelf: Iterable[Kind], language: str) -> list[str]:
    """Names as English says them of kinds at large."""
    if language == "zh":
        return _kinds(shelf, language)
    names = ((kind.name.en.lower(), _is_many(kind)) for kind in shelf)
    return [name if many else plural(name) for name, many in names]


def _several(shelf: Iterable[Kind], language: str) -> list[str]:
    """Names of what is counted by the piece, as one says them of two or more."""
    counted = (kind for kind in shelf if not _is_many(kind))
    return [plural(_said(kind.name, language)) if language == "en" else kind.name.zh for kind in counted]


def _is_many(kind: Kind) -> bool:
    return kind.key in _MASS or bool(_ENDS_AS_MANY.search(kind.name.en))


def plural(noun: str) -> str:
    if noun.endswith("knife"):
        return noun.removesuffix("fe") + "ves"
    if noun == "scarf":
        return "scarves"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _brands(shelf: Iterable[Kind], language: str) -> list[str]:
    return [brand.words.en if language == "en" else brand.words.zh for kind in shelf for brand in kind.brands]


def _materials(shelf: Iterable[Kind], language: str) -> list[str]:
    values = [value.words for kind in shelf for value in kind.axes.get("material", ())]
    facts = [kind.facts["material"] for kind in shelf if "material" in kind.facts]
    return [_said(words, language) for words in values + facts]


def _colours(shelf: Iterable[Kind], language: str) -> list[str]:
    return [_said(value.words, language) for kind in shelf for value in kind.axes.get("colour", ())]


_SOURCES: dict[str, Callable[[Iterable[Kind], str], list[str]]] = {
    "kinds": _kinds,
    "one": _one,
    "many": _many,
    "several": _several,
    "brands": _brands,
    "materials": _materials,
    "colours": _colours,
}
