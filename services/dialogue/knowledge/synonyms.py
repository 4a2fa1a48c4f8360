"""What is meant, whatever word of the shop's trade it is said in, in English or Chinese (`synonyms.toml`)."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from services.dialogue.knowledge.terms import Unit, units, words

GENERAL = Path(__file__).parent / "synonyms.toml"


class Span(NamedTuple):
    """Units from `start` up to `end` that say one of `concepts`."""

    start: int
    end: int
    concepts: frozenset[str]


class Synonyms:
    """Groups of words of one meaning. From the left, the longest word that fits is taken."""

    def __init__(self, meanings: Mapping[str, Sequence[str]], goods: Mapping[str, Sequence[str]]) -> None:
        groups = {**meanings, **goods}
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for concept, wordings in groups.items():
            for wording in wordings:
                found[_key(units(wording))].add(concept)
        self._concepts = {key: frozenset(concepts) for key, concepts in found.items()}
        self.wordings = [wording for wordings in groups.values() for wording in wordings]
        self.goods = frozenset([*goods, *(term for own in goods.values() for one in own for term in words(one))])
        """Groups that name kinds of goods, and the words of them."""
        self._longest = max(map(len, self._concepts), default=0)

    def concepts(self, text: str) -> list[str]:
        return [concept for span in self.spans(units(text)) for concept in span.concepts]

    def spans(self, said: Sequence[Unit]) -> Iterator[Span]:
        key, at = _key(said), 0
        while at < len(key):
            ends = range(min(at + self._longest, len(key)), at, -1)
            end = next((end for end in ends if key[at:end] in self._concepts), None)
            if end is not None:
                yield Span(at, end, self._concepts[key[at:end]])
            at = end or at + 1


@cache
def general_synonyms() -> Synonyms:
    """Of any shop. Read once; it comes with the code."""
    return Synonyms(**tomllib.loads(GENERAL.read_text(encoding="utf-8")))


def _key(said: Sequence[Unit]) -> tuple[str, ...]:
    return tuple(unit.text for unit in said)
