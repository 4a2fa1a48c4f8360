"""How well the words of a shopper name a thing: an item of an order, a product that was shown."""

import re
from collections.abc import Iterable, Sequence

from services.dialogue import scan

ENOUGH = 0.5
"""Share of the words said that must be found."""
_WORD = re.compile(r"[a-z0-9]+(?:\.\d+)?")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_EMPTY = scan.words("the a an my of one ones in pair some new that this those these it item order i got bought ordered")
_LIGHT = "的子个件双条款这那"


def likeness(said: str, described: Iterable[str]) -> float:
    """Share of the words said that stand in the description, 0 to 1."""
    text = " ".join(described).casefold()
    words = {_stem(word) for word in _WORD.findall(said.casefold()) if word not in _EMPTY}
    known = {_stem(word) for word in _WORD.findall(text)}
    marks = [run.strip(_LIGHT) or run for run in _HAN.findall(said)]
    parts = [1.0 if word in known or _inside(word, known) else 0.0 for word in words]
    parts += [_han_likeness(run, text) for run in marks]
    return sum(parts) / len(parts) if parts else 0.0


def mentioned(text: str, titles: Sequence[Sequence[str]]) -> Sequence[int]:
    """Indexes of the titles most of whose own words stand in a text about anything; empty if none do.

    Words that all the titles share tell nothing.
    """
    folded = text.casefold()
    said = {_stem(word) for word in _WORD.findall(folded)}
    marks = [_marks(" ".join(one).casefold()) for one in titles]
    shared = set.intersection(*marks) if len(marks) > 1 else set()
    counts = [sum(_stands(mark, said, folded) for mark in each - shared) for each in marks]
    top = max(counts, default=0)
    return [i for i, count in enumerate(counts) if count == top] if top else []


def _marks(title: str) -> set[str]:
    """What a title may be known by: longer words, pairs of Chinese characters."""
    words = {_stem(word) for word in _WORD.findall(title) if len(word) > 2 and word.isalpha() and word not in _EMPTY}
    pairs = {run[i : i + 2] for run in _HAN.findall(title) for i in range(len(run) - 1)}
    return words | pairs


def _stands(mark: str, said: set[str], text: str) -> bool:
    return mark in said if mark.isascii() else mark in text


def _inside(word: str, known: Iterable[str]) -> bool:
    """`phone` in `smartphone`, `trail` in `trailrunner`; short words must stand alone."""
    return len(word) > 3 and any(word in other for other in known)


def _stem(word: str) -> str:
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + kept
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _han_likeness(run: str, text: str) -> float:
    if run in text:
        return 1.0
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    by_pairs = sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0
    by_marks = sum(mark in text for mark in run) / len(run)
    return max(by_pairs, by_marks * 0.8)


def best(said: str, described: Sequence[Sequence[str]]) -> Sequence[int]:
    """Indexes of the descriptions that the words name best; empty if they name none well enough."""
    scores = [likeness(said, one) for one in described]
    top = max(scores, default=0.0)
    return [i for i, score in enumerate(scores) if score == top] if top >= ENOUGH else []
