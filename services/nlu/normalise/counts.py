"""How many, and which of those shown."""

import re

from services.nlu.normalise.numerals import whole

_QUANTITIES = (
    (r"half (?:a )?dozen|半打", 6),
    (r"dozen|一打", 12),
    (r"\bboth\b|\bcouple\b|俩|一对儿?都", 2),
    (r"\b(?:a|one) (?:more )?pair\b|^pair$|一双|一对", 1),
)
_POSITIONS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_FROM_END = re.compile(r"倒数第?|\b(?:from|to) (?:the )?(?:last|end|bottom)\b|second[\s-]last|last but|next to last")
_LAST = re.compile(r"最后|末尾|最下|\blast\b|\bfinal\b|\bbottom\b|\blatter\b|后者")
_FIRST = re.compile(r"\bformer\b|\btop\b|最上|前者|头一|首")
_MOST = 1_000_000


def quantity(text: str) -> int | None:
    """`text` normalised. `a pair` -> 1, `两` -> 2, `one more` -> 1."""
    for pattern, value in _QUANTITIES:
        if re.search(pattern, text):
            return value
    number = whole(text)
    if number is None and re.match(r"an?\b|another\b|single\b", text):
        number = 1
    return number if number is not None and 0 < number <= _MOST else None


def ordinal(text: str) -> int | None:
    """`text` normalised. `the second one` -> 2, `last` -> -1, `倒数第二` -> -2."""
    number = _position(text)
    if _FROM_END.search(text):
        return -(number or (2 if "last" in text else 1))
    if _LAST.search(text):
        return -1
    if _FIRST.search(text) and number is None:
        return 1
    return number


def _position(text: str) -> int | None:
    named = (place for place, word in enumerate(_POSITIONS, 1) if re.search(rf"\b{word}\b", text))
    number = next(named, None) or whole(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text))
    return number if number is not None and 0 < number <= _MOST else None
