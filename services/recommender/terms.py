"""Text to search terms, the same for products and queries: Latin words, numbers; of Chinese, characters and pairs.

Chinese is written without spaces, so a run of it is indexed by its characters and by each pair of neighbours (Nie et
al., "On the use of words and n-grams for Chinese information retrieval", 2000). English endings are left to the
index's Porter stemmer.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
LONGEST_WORD = 8
"""Characters of a Chinese word that is looked up in the lexicon."""

HEAD_PAIRS = 2
"""At the end of a Chinese phrase; they say what is asked for."""
OFTEN_REPEATED = 60
"""Characters; shorter texts (brands, categories, values) come again in many products."""

_RUNS = re.compile(rf"[{CJK}]+|\d+(?:\.\d+)?|[^\W\d_{CJK}]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_POSSESSIVE = re.compile(r"['’]s\b")
_FILLERS_ZH = re.compile("我想买|我要买|我想要|有没有|想要|想买|给我|来一|一件|一双|一条|一个|一款|适合|的|吗|呢|和")
_STOP_WORDS_EN = """
a an and any are at by can do for from have i in is it like me my need of on or show some that the this to want we
with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS_EN.split())


def normalize(text: str) -> str:
    """Lower case, full width to half width, no accents."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)))


def runs(text: str) -> list[str]:
    """Words, numbers and unbroken runs of Chinese, in order: `500ml 连衣裙` -> `500`, `ml`, `连衣裙`."""
    return _RUNS.findall(_POSSESSIVE.sub("", normalize(text)))


def is_cjk(run: str) -> bool:
    return "\u3040" <= run[0] <= "\u9fff" or "\uac00" <= run[0] <= "\ud7af"


def pairs(run: str) -> list[str]:
    """`连衣裙` -> `连衣`, `衣裙`; a single character stays itself."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def indexed(text: str) -> str:
    """The text as it is given to the index: terms parted by spaces."""
    return _indexed_again(text) if len(text) <= OFTEN_REPEATED else " ".join(_indexed(text))


@lru_cache(maxsize=20_000)
def _indexed_again(text: str) -> str:
    return " ".join(_indexed(text))


def _indexed(text: str) -> Iterator[str]:
    for run in runs(text):
        if is_cjk(run):
            yield from run
            if len(run) > 1:
                yield from pairs(run)
        else:
            yield run


class Asked(NamedTuple):
    """A word of a query and how much it counts beside the others."""

    word: str
    weight: float


def asked(query: str, lexicon: Mapping[str, int]) -> list[Asked]:
    """What a query asks for, each once: words and numbers, Chinese cut by the lexicon and the rest of it in pairs."""
    weights: dict[str, float] = {}
    for run in runs(query):
        for word, weight in _cut(run, lexicon):
            weights[word] = max(weight, weights.get(word, 0.0))
    telling = [Asked(word, weight) for word, weight in weights.items() if word not in STOP_WORDS]
    return telling or [Asked(word, weight) for word, weight in weights.items()]


def _cut(run: str, lexicon: Mapping[str, int]) -> Iterator[Asked]:
    if not is_cjk(run):
        yield Asked(run, 1.0)
        return
    for part in filter(None, _FILLERS_ZH.split(run)) if _FILLERS_ZH.sub("", run) else [run]:
        yield from _segment(part, lexicon)


def _segment(run: str, lexicon: Mapping[str, int]) -> Iterator[Asked]:
    """Longest words of the lexicon first, from the left; what lies between them in pairs."""
    at = unknown = 0
    while at < len(run):
        length = _longest_at(run, at, lexicon)
        if length == 0:
            at += 1
            continue
        yield from _between(run[unknown:at], at_end=False)
        yield Asked(run[at : at + length], 1.0)
        at = unknown = at + length
    yield from _between(run[unknown:], at_end=True)


def _longest_at(run: str, at: int, lexicon: Mapping[str, int]) -> int:
    sizes = range(min(LONGEST_WORD, len(run) - at), 1, -1)
    return next((size for size in sizes if run[at : at + size] in lexicon), 0)


def _between(run: str, *, at_end: bool) -> list[Asked]:
    """Pairs overlap, so each counts half; but what is asked for stands at the end of a Chinese phrase."""
    found = pairs(run) if run else []
    heads = len(found) - HEAD_PAIRS if at_end else len(found)
    return [Asked(pair, 1.0 if place >= heads else 0.5) for place, pair in enumerate(found)]
