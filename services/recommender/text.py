"""Text vectors of products: TF-IDF and latent semantic analysis over the words of all their languages.

A product's document holds all its wordings, so that words of one meaning in two languages meet in one space, and a
product that was never sold has a vector as soon as its words are known. Deerwester et al., 1990.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.catalogue import Product, Wording

Floats = npt.NDArray[np.float32]

_PIECES = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
MAX_WORDS = 30_000
DESCRIPTION_CHARACTERS = 2_000


@dataclass(frozen=True)
class TextConfig:
    dimensions: int = 96
    seed: int = 1


def tokens(text: str) -> list[str]:
    """Lower-case Latin words and numbers, without a plural `s`; of Chinese, each character and each pair of them."""
    found: list[str] = []
    for piece in _PIECES.findall(text.lower()):
        if piece[0] < "\u3400":
            found.append(piece[:-1] if len(piece) > 3 and piece[-1] == "s" and piece[-2] != "s" else piece)
        else:
            found.extend(piece)
            found.extend(piece[at : at + 2] for at in range(len(piece) - 1))
    return found


def document(product: Product) -> str:
    """All that is said of a product in any language; titles and categories twice."""
    return " ".join(part for wording in product.wordings.values() for part in _parts(wording))


def _parts(wording: Wording) -> Iterable[str]:
    yield from (wording.title, wording.title, wording.brand)
    for category in wording.categories:
        yield from (category, category)
    for values in wording.attributes.values():
        yield from values
    yield wording.description[:DESCRIPTION_CHARACTERS]


class TextModel:
    """Words to vectors. `components_WD`: W words, D dimensions."""

    def __init__(self, words: Sequence[str], idf_W: Floats, components_WD: Floats) -> None:
        self.words = list(words)
        self.idf_W = idf_W
        self.components_WD = components_WD
        self._rows = {word: row for row, word in enumerate(self.words)}

    @property
    def dimensions(self) -> int:
        return int(self.components_WD.shape[1])

    @classmethod
    def fit(cls, documents: Sequence[str], config: TextConfig = TextConfig()) -> "TextModel":
        """Learns from these documents; of nothing, a model whose vectors are all zero."""
        from sklearn.decomposition import TruncatedSVD

        bags = [Counter(tokens(text)) for text in documents]
        seen = Counter(word for bag in bags for word in bag)
        least = 2 if len(documents) >= 50 else 1
        words = [word for word, n in seen.most_common(MAX_WORDS) if n >= least]
        if not words:
            return cls([], np.zeros(0, np.float32), np.zeros((0, config.dimensions), np.float32))
        idf = np.array([math.log((1 + len(bags)) / (1 + seen[word])) + 1 for word in words], dtype=np.float32)
        weights = _matrix(bags, {word: row for row, word in enumerate(words)}, idf)
        dimensions = min(config.dimensions, min(weights.shape) - 1)
        if dimensions < 1:
            return cls(words, idf, np.eye(len(words), config.dimensions, dtype=np.float32))
        svd = TruncatedSVD(dimensions, random_state=config.seed, n_iter=4).fit(weights)
        kept = svd.singular_values_ > 1e-3 * svd.singular_values_[0]
        components = np.ascontiguousarray(svd.components_[kept].T, dtype=np.float32)
        return cls(words, idf, components)

    def vector(self, text: str) -> Floats:
        """Unit vector [D]; zero if no word is known."""
        rows, weights = self._weights(Counter(tokens(text)))
        vector = weights @ self.components_WD[rows]
        norm = float(np.linalg.norm(vector))
        return np.asarray(vector / norm if norm > 0 else vector, dtype=np.float32)

    def _weights(self, bag: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], Floats]:
        known = [(self._rows[word], n) for word, n in bag.items() if word in self._rows]
        rows = np.array([row for row, _ in known], dtype=np.int64)
        counts = np.array([1 + math.log(n) for _, n in known], dtype=np.float32)
        return rows, counts * self.idf_W[rows]


def _matrix(bags: Sequence[Mapping[str, int]], rows: Mapping[str, int], idf: Floats):  # type: ignore[no-untyped-def]
    """Sparse TF-IDF [document, word], rows of unit length."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    indptr, indices, values = [0], [], []
    for bag in bags:
        for word, n in bag.items():
            row = rows.get(word)
            if row is not None:
                indices.append(row)
                values.append((1 + math.log(n)) * float(idf[row]))
        indptr.append(len(indices))
    return normalize(csr_matrix((values, indices, indptr), shape=(len(bags), len(rows)), dtype=np.float32))
