"""Text to terms, the same for articles and questions: words for what is said, pieces of words for how it is spelled.

Chinese is written without spaces: its words are all characters and all pairs of neighbours, its pieces are the threes.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_RUNS = re.compile(rf"[{_CJK}]+|\d+(?:\.\d+)?|[^\W\d_{_CJK}]+(?:'[^\W\d_{_CJK}]+)?")
_PIECE = (3, 4)
"""Letters in a piece of a Latin word, its edges included."""
_DOUBLED = re.compile(r"([bdgmnprt])\1$")
_SHORTEST_STEM = 3


class Unit(NamedTuple):
    """The smallest that is said: an English word's stem, a number, a Chinese character."""

    text: str
    words: tuple[str, ...]
    """The words that begin here: of a character also the pair with its neighbour."""
    telling: tuple[str, ...]
    """The longest words that it is part of."""


def units(text: str) -> list[Unit]:
    return [unit for run in _runs(text) for unit in _units(run)]


def words(text: str) -> list[str]:
    """`parcels shipped 包邮` -> `parcel`, `ship`, `包`, `包邮`, `邮`."""
    return [word for unit in units(text) for word in unit.words]


def pieces(text: str) -> list[str]:
    """What two spellings of a word still share: `parcel` and `parcle` have `<pa`, `par`, `<par` and more."""
    return [piece for run in _runs(text) for piece in _pieces(run)]


def _units(run: str) -> Iterator[Unit]:
    if not _is_cjk(run) or len(run) == 1:
        word = _stem(run)
        yield Unit(word, (word,), (word,))
        return
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    for at, character in enumerate(run):
        yield Unit(character, (character, *pairs[at : at + 1]), tuple(pairs[max(at - 1, 0) : at + 1]))


def _pieces(run: str) -> Iterator[str]:
    text, lengths = (run, (3,)) if _is_cjk(run) else (f"<{run}>", _PIECE)
    for length in lengths:
        for at in range(len(text) - length + 1):
            yield text[at : at + length]


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def _is_cjk(run: str) -> bool:
    return "\u3040" <= run[0] <= "\u9fff" or "\uac00" <= run[0] <= "\ud7af"


def _stem(word: str) -> str:
    """An English word without its ending: `companies`, `company`; `shipped`, `shipping`, `ships`, `ship`."""
    word = word.removesuffix("'s")
    if word.endswith(("ies", "ied")) and len(word) > _SHORTEST_STEM + 1:
        return word[:-3] + "y"
    for ending in ("ing", "ed", "es", "s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and not (ending == "s" and stem[-1] in "su"):
            return _DOUBLED.sub(r"\1", stem) if ending in ("ing", "ed") else stem.removesuffix("e")
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word
