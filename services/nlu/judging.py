"""Figures of an understanding on labelled sentences: what the manifest says, and what candidates are compared by."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from services.nlu.examples import Example, Span

T = TypeVar("T")
BINS = 15


@dataclass(frozen=True)
class Judged:
    """One sentence understood, as far as it is judged."""

    intents: tuple[str, ...]
    """The wishes found; none: out of scope."""
    best: str
    """The first of the ranking, in scope or not."""
    confidence: float
    out_of_scope: float
    spans: tuple[Span, ...]


def figures(examples: Sequence[Example], judged: Sequence[Judged]) -> dict[str, float]:
    """What `bench.nlu` reports too. A figure that no sentence bears on is left out."""
    pairs = list(zip(examples, judged, strict=True))
    single = [(example, one) for example, one in pairs if len(example.intents) == 1]
    found = {
        "intent_accuracy": _mean(one.best == example.intents[0] for example, one in single),
        "slot_f1": span_f1((e.spans, j.spans) for e, j in pairs if e.marked),
        "ece": calibration_error([(one.confidence, one.best == example.intents[0]) for example, one in single]),
        "oos_auroc": auroc([(one.out_of_scope, not example.intents) for example, one in pairs]),
        "two_intent_f1": set_f1((set(e.intents), set(j.intents)) for e, j in pairs if len(e.intents) == 2),
        "kept_in_scope": _mean(bool(one.intents) for example, one in pairs if example.intents),
        "kept_out": _mean(not one.intents for example, one in pairs if not example.intents),
    }
    return {name: round(value, 4) for name, value in found.items() if value is not None}


def by_language(
    examples: Sequence[Example], understand: Callable[[Sequence[str]], Sequence[Judged]]
) -> Mapping[str, object]:
    """The figures of each language, and of all."""
    judged = understand([example.text for example in examples])
    groups: dict[str, Mapping[str, float]] = {}
    for language in ("zh", "en"):
        places = [place for place, example in enumerate(examples) if example.language == language]
        groups[language] = figures([examples[at] for at in places], [judged[at] for at in places])
    return {**groups, "all": figures(examples, judged)}


def merit(held_out: object) -> float:
    """Intent accuracy and slot F1, together one figure; 0 where there was nothing to tell."""
    everything = held_out.get("all") if isinstance(held_out, Mapping) else None
    if not isinstance(everything, Mapping):
        return 0.0
    return sum(float(everything.get(name, 0.0)) for name in ("intent_accuracy", "slot_f1")) / 2


def span_f1(pairs: Iterable[tuple[Iterable[Span], Iterable[Span]]]) -> float | None:
    """Micro F1 over spans that agree in name and place, as seqeval counts them."""
    return _f1((set(right), set(found)) for right, found in pairs)


def set_f1(pairs: Iterable[tuple[set[str], set[str]]]) -> float | None:
    """Micro F1 of sets of intents."""
    return _f1(pairs)


def _f1(pairs: Iterable[tuple[Set[T], Set[T]]]) -> float | None:
    hits = right_all = found_all = 0
    for right, found in pairs:
        hits += len(right & found)
        right_all += len(right)
        found_all += len(found)
    return 2 * hits / (right_all + found_all) if right_all else None


def calibration_error(sure: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error in 15 bins of equal width (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    if not sure:
        return None
    confidence = np.array([one for one, _ in sure])
    right = np.array([float(one) for _, one in sure])
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))


def auroc(scores: Sequence[tuple[float, bool]]) -> float | None:
    """The chance that one that is so scores above one that is not; equals count half."""
    yes = np.array([score for score, is_so in scores if is_so])
    no = np.array([score for score, is_so in scores if not is_so])
    if not len(yes) or not len(no):
        return None
    above = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
    return float(above)


def _mean(values: Iterable[bool]) -> float | None:
    told = list(values)
    return sum(told) / len(told) if told else None
