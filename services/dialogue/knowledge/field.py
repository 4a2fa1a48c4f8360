"""How well texts answer to the terms of a question: BM25 (Robertson and Zaragoza, 2009), as a share of the best."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

SATURATION = 1.2
LENGTH = 0.5
FAINT = 0.4


class Field:
    """Texts, each some article's, by one kind of term.

    A term is rare if few articles have it: that an article repeats its own words in many passages makes them no less
    telling. A term that no article has counts as the rarest. `faint` terms tell less than their rarity.
    """

    def __init__(
        self, texts: Sequence[Sequence[str]], owners: Sequence[int], faint: Collection[str] = frozenset()
    ) -> None:
        bags = [Counter(terms) for terms in texts]
        self._size = len(bags)
        articles = len(set(owners))
        self.rarest = math.log(2 * articles + 2)
        self.rarity: dict[str, float] = {}
        self._postings: dict[str, tuple[Rows, Floats]] = {}
        length = sum(map(len, texts)) / max(len(texts), 1) or 1.0
        for term, rows in _rows_by_term(bags).items():
            owning = len({owners[row] for row in rows})
            rarity = math.log(1 + (articles - owning + 0.5) / (owning + 0.5))
            self.rarity[term] = rarity * FAINT if term in faint else rarity
            weights = [_weight(bags[row][term], len(texts[row]) / length) for row in rows]
            self._postings[term] = np.array(rows, dtype=np.intp), np.array(weights)

    def scores(self, terms: Collection[str]) -> Floats:
        """By text: about 1 where all terms stand in it, 0 where none does."""
        found, wanted = np.zeros(self._size), 0.0
        for term in set(terms):
            rarity = self.rarity.get(term, self.rarest)
            wanted += rarity
            if term in self._postings:
                rows, weights = self._postings[term]
                found[rows] += rarity * weights
        return found / wanted if wanted else found

    def strength(self, term: str) -> Floats:
        """By text: how much of it the term is, beside the text that has most of it; 0 to 1."""
        found = np.zeros(self._size)
        if term in self._postings:
            rows, weights = self._postings[term]
            found[rows] = weights / weights.max()
        return found

    def has(self, term: str) -> Floats:
        """By text: 1 or 0."""
        return np.asarray(self.strength(term) > 0, dtype=np.float64)


def _rows_by_term(bags: Sequence[Counter[str]]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, bag in enumerate(bags):
        for term in bag:
            rows[term].append(row)
    return rows


def _weight(times: int, relative_length: float) -> float:
    return times * (SATURATION + 1) / (times + SATURATION * (1 - LENGTH + LENGTH * relative_length))
