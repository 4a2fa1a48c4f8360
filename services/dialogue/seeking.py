"""From what a shopper wants to what the catalogue is asked: its own words, and what to do without if nothing fits."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.dialogue import texts
from services.dialogue.ports import Conditions, Vocabulary
from services.dialogue.sizes import same_size
from services.dialogue.state import Wanted

_COLOUR_NAMES = ("colour", "color", "shade", "wash")
_SIZE_NAMES = ("size", "waist")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Attempt:
    """One question to the catalogue. `dropped`: conditions left aside; `near`: colours that only come close."""

    query: str
    conditions: Conditions
    dropped: tuple[str, ...] = ()
    near: bool = False


def attempts(wanted: Wanted, vocabulary: Vocabulary, exclude: Sequence[str] = ()) -> Iterator[Attempt]:
    """The strictest first; each next one gives up a little more. The kind of product is never given up."""
    whole = _Ask(wanted, vocabulary, exclude)
    yield whole.attempt()
    if whole.categories:
        yield whole.attempt(by_words=True)
    if wanted.size and whole.sized_otherwise():
        yield whole.attempt(by_words=True, otherwise=True)
    if wanted.colour and whole.near_values():
        yield whole.attempt(near=True)
    given_up: tuple[str, ...] = ()
    for name in ("occasion", "size", "material", "colour", "brand", "price"):
        if whole.has(name):
            yield whole.attempt(without=(name,))
            given_up = (*given_up, name)
            if len(given_up) > 1:
                yield whole.attempt(without=given_up)


class _Ask:
    """The conditions of one wish in the catalogue's words."""

    def __init__(self, wanted: Wanted, vocabulary: Vocabulary, exclude: Sequence[str]) -> None:
        self._wanted, self._vocabulary, self._exclude = wanted, vocabulary, exclude
        self._kind = texts.kind(wanted.product)
        self.categories = categories_of(self._kind, vocabulary.categories)

    def has(self, name: str) -> bool:
        if name == "price":
            return self._wanted.low is not None or self._wanted.high is not None
        return bool(getattr(self._wanted, name))

    def attempt(
        self, without: tuple[str, ...] = (), near: bool = False, by_words: bool = False, otherwise: bool = False
    ) -> Attempt:
        """`otherwise`: the size as the waist."""
        wanted, words = self._wanted, [self._kind]
        conditions = Conditions(categories=() if by_words else self.categories, exclude=self._exclude)
        if "price" not in without:
            conditions = replace(conditions, low=wanted.low, high=wanted.high)
        if wanted.brand and "brand" not in without:
            brands = named_in(wanted.brand, self._vocabulary.brands)
            conditions = replace(conditions, brands=brands)
            words += [] if brands else [wanted.brand]
        attributes: dict[str, Sequence[str]] = {}
        if wanted.material and "material" not in without:
            values = named_in(wanted.material, self._values("material"))
            attributes |= {"material": values} if values else {}
            words += [] if values else [wanted.material]
        if wanted.colour and "colour" not in without:
            words += self._colour(attributes, near)
        if wanted.size and "size" not in without:
            self._size(attributes, otherwise)
        if wanted.occasion and "occasion" not in without:
            words.append(wanted.occasion)
        query = " ".join(word for word in words if word)
        return Attempt(query, replace(conditions, attributes=attributes), without, near)

    def _values(self, *names: str) -> frozenset[str]:
        return frozenset(value for name in names for value in self._vocabulary.attributes.get(name, ()))

    def near_values(self) -> Sequence[str]:
        """The catalogue's colours that come close to the one wanted."""
        near = {word.casefold() for word in texts.near_colours(self._wanted.colour)}
        return [value for value in self._values(*_COLOUR_NAMES) if value.casefold() in near]

    def _colour(self, attributes: dict[str, Sequence[str]], near: bool) -> list[str]:
        """Puts the colour among the attributes; gives words for the query if the catalogue does not name it."""
        name = next((each for each in _COLOUR_NAMES if each in self._vocabulary.attributes), "")
        known = self._values(name) if name else frozenset()
        wanted = texts.near_colours(self._wanted.colour) if near else texts.colour_words(self._wanted.colour)
        values = [value for value in known if value.casefold() in {word.casefold() for word in wanted}]
        if not values and not near:
            values = list(named_in(self._wanted.colour, known))
        if values:
            attributes[name] = sorted(values)
            return []
        return [] if near and known else [self._wanted.colour]

    def sized_otherwise(self) -> bool:
        """Whether the catalogue has the size under another name too."""
        return len(self._sized()) > 1

    def _sized(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Attributes that have the size, with its wording in each."""
        found = [
            (name, [value for value in self._values(name) if same_size(value, self._wanted.size)])
            for name in _SIZE_NAMES
        ]
        return [(name, values) for name, values in found if values]

    def _size(self, attributes: dict[str, Sequence[str]], otherwise: bool) -> None:
        attributes.update(self._sized()[1:] if otherwise else self._sized()[:1])


def named_in(said: str, known: Iterable[str]) -> Sequence[str]:
    """The catalogue's values that are what was said; else those that hold it as a word: `wool`, Merino Wool."""
    folded = said.strip().casefold()
    values = list(known)
    exact = [value for value in values if value.casefold() == folded]
    if exact:
        return exact
    return [value for value in values if _holds(value.casefold(), folded) or _holds(folded, value.casefold())][:20]


def _holds(value: str, part: str) -> bool:
    if not part:
        return False
    if not part.isascii():
        return len(part) > 1 and part in value
    mine, theirs = set(_WORD.findall(part)), set(_WORD.findall(value))
    return bool(mine) and mine <= theirs


def categories_of(product: str, paths: Iterable[str]) -> Sequence[str]:
    """Paths whose last part, or a part on the way, is exactly what was named: `shoes`, `dress`, 连衣裙."""
    wanted = _singular(product.strip().casefold())
    if not wanted:
        return ()
    found: dict[str, None] = {}
    for path in sorted(paths):
        parts = [part.strip() for part in path.split(">")]
        for depth, part in enumerate(parts, start=1):
            if _singular(part.casefold()) == wanted:
                found[" > ".join(parts[:depth])] = None
                break
    return list(found)[:50]


def _singular(word: str) -> str:
    for ending in ("sses", "shes", "ches", "xes"):
        if word.endswith(ending):
            return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def described(wanted: Wanted, language: str) -> str:
    """What is looked for, in words."""
    colour = texts.colour_in(wanted.colour, language) if wanted.colour else ""
    parts = [wanted.brand, colour, wanted.material, texts.kind_in(wanted.product, language)]
    if language == "zh":
        size = f"（{wanted.size}）" if wanted.size else ""
        return "".join(part for part in parts if part) + size
    size = f" in size {wanted.size}" if wanted.size else ""
    return " ".join(part for part in parts if part) + size


def left_aside(wanted: Wanted, names: Sequence[str], language: str) -> str:
    """The conditions given up, in words."""
    values: Mapping[str, str] = {
        "size": wanted.size,
        "colour": texts.colour_in(wanted.colour, language) if wanted.colour else "",
        "what": "",
    }
    said = [
        texts.say(f"condition-{name}", language, **{**values, "what": getattr(wanted, name, "") or ""})
        for name in names
    ]
    return texts.joined(said, language)
