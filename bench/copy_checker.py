"""The bench's own check of copy: what a text states that the facts do not, and how much of the facts it states.

It shares no code with the service. It leans to the strict side: a word that may be a claim counts as one.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import sample_shop.copy
from bench.copy_numbers import numbers
from sample_shop.copy.facts import BASIC, NOT_ATTRIBUTES, TELLING, listed, price_of
from sample_shop.copy.pair import Fact, Language
from shopkeeper.catalog.v1.catalog_pb2 import Product

WORDS = Path(__file__).with_name("copy_words.toml")
FORBIDDEN = Path(sample_shop.copy.__file__).parent / "forbidden"
COLOURS = frozenset({"colour", "color", "shade", "wash"})
MATERIALS = frozenset({"material", "fill", "steel"})
OTHERS = 3
CHINESE = re.compile("[\u4e00-\u9fff]")
PARTS = re.compile(r"\s*[,;、，]\s*|\s+and\s+")


class Finding(NamedTuple):
    """`kind`: number, brand, material, colour, value, claim."""

    kind: str
    said: str


class CopyChecker:
    """Knows every word of one shop in one language."""

    def __init__(self, products: Iterable[Product], language: Language) -> None:
        self.language: Language = language
        words = _words()
        kinds = dict.fromkeys(words["claims"][language], "claim")
        kinds |= dict.fromkeys(words["materials"][language], "material")
        kinds |= dict.fromkeys(words["colours"][language], "colour")
        brands = set()
        for product in products:
            for fact in catalogue_facts(product, language):
                if fact.name == "brand":
                    brands.add(fact.value)
                elif fact.name not in NOT_ATTRIBUTES:
                    kinds |= {term: _kind(fact.name) for term in _parts(fact.value) if self._looked_for(term)}
        self._kinds = kinds
        self._terms = _any_of(kinds)
        self._brands = _any_of(brands, flags=0)
        self._harmless = _any_of(words["harmless"][language])

    def unfaithful(self, facts: Sequence[Fact], text: str) -> list[Finding]:
        """What the text states and the facts do not."""
        said = folded("\n".join(fact.value for fact in facts))
        rest = self._harmless.sub(_blank, self._without_facts(facts, _even(text)))
        found = [Finding("brand", one[0]) for one in self._brands.finditer(rest)]
        rest = self._brands.sub(_blank, rest)
        known = {variant for fact in facts for part in _parts(fact.value) for variant in _ways(part, self.language)}
        for one in self._terms.finditer(rest.lower()):
            term = self._base(one[0])
            if term not in known and not _any_of([term]).search(said):
                found.append(Finding(self._kinds.get(term, "value"), one[0]))
        return found + self._numbers(said, rest)

    def _numbers(self, said: str, rest: str) -> list[Finding]:
        stated = list(numbers(said))
        exact, bare = {(one.value, one.unit) for one in stated}, {one.bare for one in stated}
        return [
            Finding("number", one.said)
            for one in numbers(rest)
            if (one.value, one.unit) not in exact and not (one.unit == "" and one.bare in bare)
        ]

    def _without_facts(self, facts: Sequence[Fact], text: str) -> str:
        values = {
            variant
            for fact in facts
            for part in (fact.value, *_parts(fact.value))
            for variant in _ways(part, self.language)
        }
        return _any_of(values).sub(_blank, text) if values else text

    def _base(self, said: str) -> str:
        return said if said in self._kinds else said.removesuffix("s")

    def _looked_for(self, term: str) -> bool:
        long_enough = len(term) > (1 if self.language == "zh" else 2)
        return long_enough and not re.search(r"\d", term) and term not in _words()["everyday"][self.language]


def catalogue_facts(product: Product, language: Language) -> tuple[Fact, ...]:
    """All that the catalogue says of it but its description."""
    words = next((one for one in product.localizations if one.language_code == language), product)
    facts = [Fact("title", words.title), Fact("category", next(iter(words.categories), "")), Fact("brand", words.brand)]
    facts += [Fact(one.name, listed(list(one.values), language)) for one in words.attributes]
    facts.append(Fact("price", price_of(product, language)))
    return tuple(fact for fact in facts if fact.value)


def coverage(facts: Sequence[Fact], text: str, language: Language) -> float:
    """Share of what matters that the text mentions: brand, material, colour, three other attributes; 1.0 of none."""
    wanted = telling(facts)
    return sum(_mentions(text, fact, language) for fact in wanted) / len(wanted) if wanted else 1.0


def telling(facts: Sequence[Fact]) -> list[Fact]:
    basic = [fact for fact in facts if fact.name in BASIC]
    others = [fact for fact in facts if fact.name not in (*BASIC, *NOT_ATTRIBUTES)]
    others.sort(key=lambda fact: TELLING.index(fact.name) if fact.name in TELLING else len(TELLING) / 2)
    return basic + others[:OTHERS]


def forbidden(text: str, facts: Sequence[Fact] = ()) -> list[str]:
    """The words that advertising law forbids; what stands in a title is not the text's doing."""
    pattern, harmless = _forbidden()
    titles = [fact.value for fact in facts if fact.name in ("title", "brand")]
    rest = _any_of(titles).sub(_blank, text) if titles else text
    return [one[0] for one in pattern.finditer(harmless.sub(_blank, rest))]


def folded(text: str) -> str:
    return re.sub(r"[ \t]+", " ", _even(text)).lower()


def _even(text: str) -> str:
    """One width; a Chinese comma does not become one of a number."""
    return unicodedata.normalize("NFKC", re.sub("[，、]", "； ", text))


def _mentions(text: str, fact: Fact, language: Language) -> bool:
    said = folded(text)
    values = _parts(fact.value)
    if _any_of(_ways(fact.value, language)).search(said):
        return True
    if len(values) < 2:
        return False
    span = rf"{re.escape(values[0])}\s*(?:to|–|-|~|至|到)\s*{re.escape(values[-1])}"
    return bool(re.search(span, said)) or all(_any_of(_ways(one, language)).search(said) for one in values)


def _ways(value: str, language: Language) -> set[str]:
    """A value and the other ways to say it, lower case."""
    value = folded(value)
    groups = [group for group in _words()["variants"][language] if value in group]
    found = {value, *(word for group in groups for word in group)}
    found |= {re.sub(r"(\d) (?=[a-z])", r"\1", value), re.sub(r"(\d)(?=[a-z])", r"\1 ", value)}
    return found | ({value[:-1]} if value.endswith("色") and len(value) > 2 else set())


def _parts(value: str) -> list[str]:
    return [folded(part) for part in PARTS.split(value) if part]


def _kind(attribute: str) -> str:
    return "colour" if attribute in COLOURS else "material" if attribute in MATERIALS else "value"


def _blank(found: "re.Match[str]") -> str:
    """As long as what it stands for, and no part of any word or number."""
    return "\u2423" * len(found[0])


def _any_of(terms: Iterable[str], flags: int = re.IGNORECASE) -> "re.Pattern[str]":
    """Longest first; whole words and whole numbers, English ones also in the plural."""
    ordered = sorted(
        {unicodedata.normalize("NFKC", term) for term in terms if term}, key=lambda term: (-len(term), term)
    )
    return re.compile("|".join(map(_one, ordered)) or r"(?!)", flags)


def _one(term: str) -> str:
    before = (
        r"(?<![A-Za-z0-9])" if re.match("[A-Za-z]", term) else r"(?<!\d)(?<!\d[.,])" if re.match(r"\d", term) else ""
    )
    after = r"s?(?![A-Za-z0-9])" if re.search("[A-Za-z]$", term) else r"(?![\d])" if re.search(r"\d$", term) else ""
    return before + re.escape(term).replace(r"\ ", r"\s+") + after


@cache
def _words() -> dict[str, dict[str, list[Any]]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


@cache
def _forbidden() -> "tuple[re.Pattern[str], re.Pattern[str]]":
    lists = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FORBIDDEN.glob("*.toml"))]
    words = [word for told in lists for group in told["groups"] for word in group["words"]]
    return _any_of(words), _any_of(phrase for told in lists for phrase in told["harmless"])
