"""Words that advertising law forbids, from `forbidden/*.toml`."""

import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from importlib import resources

_CHINESE = re.compile(r"[㐀-鿿]")


class ForbiddenWords:
    """Finds them, but not inside a phrase that is harmless (`最近`, `best before`)."""

    def __init__(self, words: tuple[str, ...], harmless: tuple[str, ...]) -> None:
        self._words, self._harmless = words, harmless

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _any_of(self._words)

    @cached_property
    def _spared(self) -> re.Pattern[str]:
        return _any_of(self._harmless)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """(start, end) of each."""
        spared = [found.span() for found in self._spared.finditer(text)]
        for found in self._pattern.finditer(text):
            if not any(start <= found.start() and found.end() <= end for start, end in spared):
                yield found.span()


def load() -> ForbiddenWords:
    """Both languages: copy in one may hold words of the other."""
    words: list[str] = []
    harmless: list[str] = []
    folder = resources.files(__package__).joinpath("forbidden")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            told = tomllib.loads(file.read_text(encoding="utf-8"))
            words += [word for group in told["groups"] for word in group["words"]]
            harmless += told["harmless"]
    return ForbiddenWords(tuple(words), tuple(harmless))


def _any_of(terms: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(set(terms), key=lambda term: (-len(term), term))
    return re.compile("|".join(_one(term) for term in ordered) or r"(?!)", re.IGNORECASE)


def _one(term: str) -> str:
    escaped = re.escape(term).replace(r"\ ", r"\s+")
    return escaped if _CHINESE.search(term) else rf"(?<![\w-]){escaped}(?![\w-])"
