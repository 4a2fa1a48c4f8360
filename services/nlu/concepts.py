"""Which concepts stand in a sentence: words and phrases that mean the same in a shop, in either language.

A hand-written thesaurus, `concepts.toml`, read when training and carried by the bundle.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.nlu.text import Token, tokenise

FILE = Path(__file__).parent / "concepts.toml"
GAZETTEER = Path(__file__).parent / "gazetteer.toml"
FILLS = "="
"""Before a slot's name: the concept of being one of its words."""
Phrase = tuple[str, ...]


def read(path: Path = FILE) -> dict[str, list[str]]:
    """Words and phrases by concept, as the file has them: words apart by spaces, then phrases apart by `|`."""
    told: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for name, line in told.items():
        words, *phrases = line.split("|")
        chinese = [part for phrase in phrases for part in phrase.split() if not part.isascii()]
        english = [" ".join(part for part in phrase.split() if part.isascii()) for phrase in phrases]
        found[name] = list(dict.fromkeys(one for one in (*words.split(), *english, *chinese) if one))
    return found


def with_slot_words(said: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The thesaurus, the gazetteer, and the words that this shop and its shoppers fill slots with, by slot."""
    general = read(GAZETTEER)
    filled = {name: [*general.get(name, []), *said.get(name, [])] for name in {**general, **said}}
    return {**read(), **{f"{FILLS}{name}": list(dict.fromkeys(words)) for name, words in filled.items()}}


class Concepts:
    """Finds them. Ids go by the order of the names."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self.phrases = {name: tuple(words) for name, words in phrases.items()}
        self.names = tuple(self.phrases)
        self._known: dict[Phrase, list[int]] = {}
        for number, words in enumerate(self.phrases.values()):
            for phrase in words:
                same = self._known.setdefault(tuple(stem(token) for token in tokenise(phrase)), [])
                same += [number] if number not in same else []
        self._longest: dict[str, int] = {}
        for key in self._known:
            self._longest[key[0]] = max(self._longest.get(key[0], 0), len(key))

    def find(self, tokens: Sequence[Token]) -> list[tuple[int, int, list[int]]]:
        """(first token, the one behind the last, concepts), from left to right, the longest phrase at each place."""
        stems = [stem(token) for token in tokens]
        found, at = [], 0
        while at < len(stems):
            most = min(self._longest.get(stems[at], 0), len(stems) - at)
            size = next((n for n in range(most, 0, -1) if tuple(stems[at : at + n]) in self._known), 0)
            if size:
                found.append((at, at + size, self._known[tuple(stems[at : at + size])]))
            at += size or 1
        return found


def stem(token: Token) -> str:
    """An English word without its ending; anything else as it is."""
    word = token.word
    if not word.isascii() or len(word) < 4:
        return word
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lse":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word
