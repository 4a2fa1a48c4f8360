"""What followed what in the training texts: three pieces in a row that no text had are not written.

A model of this size is right about most of what follows, not about all; what it is unsure of comes out as words that
belong nowhere. Every fact counts as the same piece here, V.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.generator.examples import Example

Ints = npt.NDArray[np.int64]
NOTHING = -1
"""Before the first piece."""


@dataclass(frozen=True)
class Chains:
    """Of each pair of pieces, in order, those that may follow: `nexts_N` from `starts_P` on. Empty: anything may."""

    vocabulary: int
    pairs_P: Ints
    starts_P: Ints
    nexts_N: Ints

    @classmethod
    def anything(cls, vocabulary: int) -> "Chains":
        return cls(vocabulary, *(np.empty(0, np.int64) for _ in range(3)))

    @classmethod
    def learn(cls, vocabulary: int, examples: Iterable[Example]) -> "Chains":
        base = vocabulary + 2
        seen = {
            (_pair(base, a, b), c)
            for one in examples
            for a, b, c in _threes([min(number, vocabulary) for number in one.written])
        }
        ordered = np.array(sorted(seen), dtype=np.int64).reshape(-1, 2)
        pairs, starts = np.unique(ordered[:, 0], return_index=True)
        return cls(vocabulary, pairs, starts.astype(np.int64), ordered[:, 1])

    @classmethod
    def from_arrays(cls, vocabulary: int, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "Chains":
        return cls(vocabulary, *(arrays[name].astype(np.int64) for name in ("pairs", "starts", "nexts")))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Small: for a file."""
        return {
            "pairs": self.pairs_P.astype(np.uint32),
            "starts": self.starts_P.astype(np.uint32),
            "nexts": self.nexts_N.astype(np.uint16),
        }

    def following(self, before: int, last: int) -> Ints | None:
        """What may come after the two; V stands for any fact. None: anything."""
        if not len(self.pairs_P):
            return None
        pair = _pair(self.vocabulary + 2, before, last)
        place = int(np.searchsorted(self.pairs_P, pair))
        if place == len(self.pairs_P) or self.pairs_P[place] != pair:
            return np.empty(0, np.int64)
        end = int(self.starts_P[place + 1]) if place + 1 < len(self.starts_P) else len(self.nexts_N)
        return self.nexts_N[int(self.starts_P[place]) : end]


def _pair(base: int, before: int, last: int) -> int:
    return (before + 1) * base + last


def _threes(numbers: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    return zip([NOTHING, *numbers], numbers, numbers[1:], strict=False)
