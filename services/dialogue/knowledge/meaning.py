"""Dense vectors of texts: latent semantic analysis over words and pieces of words (Deerwester et al., 1990).

The space is learned from whole articles: they are few, so that it takes milliseconds, and what stands in one article
belongs together. Passages and questions are folded in.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DIMENSIONS = 96
PIECE_WEIGHT = 0.5
"""Of a piece beside a word."""
FAINT = 1e-6
"""A dimension this much weaker than the strongest is noise."""


class Terms(NamedTuple):
    """Of one text."""

    words: Sequence[str]
    pieces: Sequence[str]


class Meaning:
    """Learned from `wholes`, answers about `texts`. With a single article nothing is near to anything."""

    def __init__(self, wholes: Sequence[Terms], texts: Sequence[Terms]) -> None:
        bags = [_bag(text) for text in wholes]
        seen = Counter(term for bag in bags for term in bag)
        self._columns = {term: column for column, term in enumerate(seen)}
        self._rarity = np.array([math.log((1 + len(bags)) / (1 + times)) for times in seen.values()])
        matrix = self._matrix(bags)
        self._components = _components(matrix)
        self._vectors = _unit(self._matrix([_bag(text) for text in texts]) @ self._components)

    def scores(self, question: Terms) -> Floats:
        """Cosines, by text."""
        vector = _unit(self._matrix([_bag(question)]) @ self._components)
        return np.asarray(self._vectors @ vector[0], dtype=np.float64)

    def _matrix(self, bags: Sequence[Mapping[str, float]]) -> Any:
        """Sparse, of unit rows [text, term]."""
        from scipy.sparse import csr_matrix

        indptr, indices, values = [0], list[int](), list[float]()
        for bag in bags:
            known = [(self._columns[term], weight) for term, weight in bag.items() if term in self._columns]
            weighed = [weight * float(self._rarity[column]) for column, weight in known]
            norm = math.sqrt(sum(weight * weight for weight in weighed)) or 1.0
            indices.extend(column for column, _ in known)
            values.extend(weight / norm for weight in weighed)
            indptr.append(len(indices))
        return csr_matrix((values, indices, indptr), shape=(len(bags), len(self._columns)))


def _components(matrix: Any) -> Floats:
    """The strongest right singular vectors [term, dimension], from the small Gram matrix of the rows."""
    strengths, left = np.linalg.eigh((matrix @ matrix.T).toarray())
    kept = [at for at in np.argsort(-strengths)[:DIMENSIONS] if strengths[at] > FAINT * max(strengths[-1], 1.0)]
    return np.asarray(matrix.T @ (left[:, kept] / np.sqrt(strengths[kept])))


def _bag(text: Terms) -> dict[str, float]:
    """Sublinear counts; words and pieces are told apart by their first character."""
    bag = {f"w{word}": 1 + math.log(times) for word, times in Counter(text.words).items()}
    bag.update({f"p{piece}": PIECE_WEIGHT * (1 + math.log(times)) for piece, times in Counter(text.pieces).items()})
    return bag


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1.0))
