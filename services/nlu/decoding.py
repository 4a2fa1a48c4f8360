"""Labels of tokens: the likeliest sequence that BIO allows (Viterbi), and how sure it is of each span."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from services.nlu.examples import Example, Span, spans_of, tags
from services.nlu.text import Token, tokenise

Floats = npt.NDArray[np.float32]
_NEVER = -1e4
_MOST = 3.0
"""Bound of a transition's weight: what was never seen may still be."""
WEIGHT = 0.5
"""Of transitions beside the tagger's own certainty."""


class Decoder:
    """For one order of labels and what follows what."""

    def __init__(self, labels: Sequence[str], transitions_LL: Floats) -> None:
        self._labels = tuple(labels)
        self._allowed_LL = _allowed(labels) + WEIGHT * transitions_LL
        self._first_L = self._allowed_LL[labels.index("O")]

    def labels(self, scores_TL: Floats) -> list[str]:
        """The best allowed sequence of log-probabilities."""
        if not len(scores_TL):
            return []
        best_L = scores_TL[0] + self._first_L
        back: list[npt.NDArray[np.intp]] = []
        for row_L in scores_TL[1:]:
            through_LL = best_L[:, None] + self._allowed_LL
            back.append(through_LL.argmax(0))
            best_L = through_LL.max(0) + row_L
        place = int(best_L.argmax())
        path = [place]
        for step in reversed(back):
            place = int(step[place])
            path.append(place)
        return [self._labels[one] for one in reversed(path)]

    def spans(self, tokens: Sequence[Token], scores_TL: Floats) -> list[tuple[Span, float]]:
        """With the mean probability of their labels."""
        labels = self.labels(scores_TL)
        sure_T = [float(np.exp(row[self._labels.index(label)])) for row, label in zip(scores_TL, labels, strict=True)]
        found = []
        for span in spans_of(tokens, labels):
            inside = [sure for sure, token in zip(sure_T, tokens, strict=True) if span.start <= token.start < span.end]
            found.append((span, sum(inside) / len(inside)))
        return found


def transitions_of(labels: Sequence[str], examples: Sequence[Example]) -> Floats:
    """How much likelier than by chance a label follows another in these sentences, [from, to]: bounded logarithms."""
    places = {label: at for at, label in enumerate(labels)}
    counts_LL = np.full((len(labels), len(labels)), 0.1)
    for example in examples:
        told = [places[tag] for tag in tags(tokenise(example.text), example.spans)]
        for before, after in pairwise([0, *told]):
            counts_LL[before, after] += 1
    following_LL = counts_LL / counts_LL.sum(1, keepdims=True)
    anyhow_L = counts_LL.sum(0) / counts_LL.sum()
    bounded_LL: Floats = np.clip(np.log(following_LL / anyhow_L), -_MOST, _MOST).astype(np.float32)
    return bounded_LL


def _allowed(labels: Sequence[str]) -> Floats:
    """[from, to]: 0 where one may follow the other. An inside follows the beginning or the inside of its slot."""
    table = np.zeros((len(labels), len(labels)), np.float32)
    for to, label in enumerate(labels):
        if label.startswith("I-"):
            before = {label, f"B-{label[2:]}"}
            table[:, to] = [0 if one in before else _NEVER for one in labels]
    return table
