"""Words of the catalogue that a mistyped word may have meant.

Two words are near if taking at most one letter from each makes them equal: a letter too many, too few, wrong, or two
swapped (Garbe's symmetric deletes, with Damerau's four errors).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

SHORTEST = 4
"""Letters; shorter words have too many neighbours to guess."""
SUGGESTIONS = 3


class Spelling:
    """The vocabulary, kept as products come and go. The table of neighbours is built when first asked for."""

    def __init__(self) -> None:
        self._words: Counter[str] = Counter()
        self._near: dict[str, set[str]] | None = None

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            self._words[word] += 1
            if self._words[word] == 1:
                self._near = None

    def remove(self, words: Iterable[str]) -> None:
        for word in words:
            self._words[word] -= 1
            if self._words[word] <= 0:
                del self._words[word]
                self._near = None

    def suggestions(self, word: str) -> list[str]:
        """Known words near to one that is unknown: same first letter and more frequent first; at most SUGGESTIONS."""
        if len(word) < SHORTEST or word.isdigit():
            return []
        near = self._table()
        found = {known for part in _parts(word) for known in near.get(part, ()) if abs(len(known) - len(word)) <= 1}
        return sorted(found, key=lambda known: (known[0] != word[0], -self._words[known], known))[:SUGGESTIONS]

    def _table(self) -> dict[str, set[str]]:
        if self._near is None:
            table: dict[str, set[str]] = defaultdict(set)
            for word in self._words:
                if len(word) >= SHORTEST and word.isalpha():
                    for part in _parts(word):
                        table[part].add(word)
            self._near = dict(table)
        return self._near


def _parts(word: str) -> Iterator[str]:
    """The word and the word without each of its letters."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
