"""A sentence as tokens that know where they stand: one for each Latin word, number, mark or Chinese character.

Matching is done on a normalised form (NFKC, lower case, so that full-width letters and digits are plain ones); every
character of it remembers the code point it came from, so that spans are exact in the text as it came.
"""

import re
import unicodedata
from dataclasses import dataclass

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_TOKEN = re.compile(rf"[{CJK}]|\d+(?:[.,]\d+)*|['’][^\W\d_{CJK}]+|[^\W\d_{CJK}]+|[^\w\s]|_")
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Plain:
    """`text` is the normalised form; character `i` of it stands for code points `origin[i]` to `ends[i]`."""

    text: str
    origin: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters `start` to `end` of the normalised form stand in the text as it came."""
        return self.origin[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Token:
    """`start` and `end` count code points of the text as it came; `end` is exclusive."""

    word: str
    """Normalised."""
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return _NUMBER.match(self.word) is not None

    @property
    def is_cjk(self) -> bool:
        return is_cjk(self.word)

    @property
    def has_meaning(self) -> bool:
        """Whether it is a letter, a character or a number rather than a mark."""
        return self.word[-1].isalnum()


def is_cjk(text: str) -> bool:
    """Whether the first character is a Chinese one."""
    return re.match(f"[{CJK}]", text) is not None


def plain(text: str) -> Plain:
    """The normalised form. Code points that NFKC makes nothing of stand for themselves."""
    made: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        normal = unicodedata.normalize("NFKC", character).lower()
        made.append(normal)
        origin += [place] * len(normal)
    return Plain("".join(made), tuple(origin), tuple(place + 1 for place in origin))


def tokenise(text: str) -> list[Token]:
    """Tokens in order, without white space."""
    return tokens_of(plain(text))


def tokens_of(normal: Plain) -> list[Token]:
    """Tokens of a normalised form. A code point that became several characters stays in one token, or is named by the
    tokens it became."""
    return [Token(match.group(), *normal.span(*match.span())) for match in _TOKEN.finditer(normal.text)]
