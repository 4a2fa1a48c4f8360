"""Which language a sentence is in: by its script, counted in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.nlu.text import Token

CHARACTERS_PER_WORD = 1.6
"""Of Chinese, on the average."""
_NAMES = frozenset(
    {"sk", "s", "m", "l", "xl", "xxl", "xxxl", "xs", "x", "cm", "mm", "kg", "ml", "g", "w", "rmb", "cny", "usb", "ok"}
    | {"vip", "app", "pdf", "hi", "hello", "bye", "id", "wifi"}
)
"""Latin words that stand in Chinese sentences without making them mixed."""


@dataclass(frozen=True)
class Language:
    """`code` is `zh` or `en`: the one to answer in."""

    code: str
    mixed: bool


def language_of(tokens: Sequence[Token]) -> Language:
    """Sentences without letters (numbers, order numbers, marks) are taken for English."""
    chinese = sum(token.is_cjk for token in tokens) / CHARACTERS_PER_WORD
    words = [token.word for token in tokens if token.word.isalpha() and not token.is_cjk]
    english = sum(word not in _NAMES for word in words)
    return Language("zh" if chinese and chinese >= english else "en", bool(chinese and english))
