"""Typing errors in Latin words, put right by the words that the articles use."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_WORD = re.compile(r"[a-z]+")
SHORTEST = 5
"""Letters; of a shorter word nobody can tell what it was meant to be."""
LIKENESS = 0.82
"""Of two words by their common letters in order; `retrun` has 0.83 of `return`."""


class Spelling:
    def __init__(self, texts: Iterable[str]) -> None:
        words = {word for text in texts for word in _WORD.findall(text.casefold()) if len(word) >= SHORTEST}
        by_first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            by_first[word[0]].append(word)
        self._known = words
        self._by_first: Mapping[str, list[str]] = by_first

    def corrected(self, question: str) -> str:
        """The question in lower case, unknown words replaced by a known one that begins alike and differs little."""
        return _WORD.sub(lambda found: self._meant(found[0]), question.casefold())

    def _meant(self, word: str) -> str:
        if len(word) < SHORTEST or self._is_known(word):
            return word
        return next(iter(get_close_matches(word, self._by_first.get(word[0], []), n=1, cutoff=LIKENESS)), word)

    def _is_known(self, word: str) -> bool:
        return word in self._known or word.removesuffix("s") in self._known or f"{word}s" in self._known
