"""Numbers as texts write them, in digits and in words."""

import re
from collections.abc import Iterator
from types import MappingProxyType

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_ENGLISH = MappingProxyType(
    {
        word: str(number)
        for number, word in [
            *enumerate(["two", "three", "four", "five", "six", "seven"], start=2),
            *enumerate(["eight", "nine", "ten", "eleven", "twelve"], start=8),
            (15, "fifteen"), (20, "twenty"), (24, "twenty-four"), (30, "thirty"), (40, "forty"), (50, "fifty"),
            (100, "hundred"), (1000, "thousand"),
        ]
    }
)  # fmt: skip
_EN_WORD = re.compile(
    rf"\b({'|'.join(sorted(_ENGLISH, key=len, reverse=True))})[ -]"
    r"(years?|months?|weeks?|days?|hours?|minutes?|pieces?|packs?|layers?|litres?|liters?|grams?|kilos?|metres?|meters?"
    r"|percent|times|cm|kg|ml|colou?rs|sizes|pockets|speeds)\b",
    re.IGNORECASE,
)
_ZH_DIGIT = MappingProxyType({digit: place for place, digit in enumerate("零一二三四五六七八九十")} | {"两": 2})
_ZH_WORD = re.compile(
    r"[两二三四五六七八九十百千万]+(?=年|个月|天|小时|分钟|层|件套|只装|升|克|公斤|千克|斤|米|厘米|毫升|倍|折|档|种颜色|个口袋|块钱|元)"
)


def in_text(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, number as digits) of each."""
    for found in _DIGITS.finditer(text):
        yield found.start(), found.end(), _plain(found.group())
    for found in _EN_WORD.finditer(text):
        yield found.start(1), found.end(1), _ENGLISH[found.group(1).lower()]
    for found in _ZH_WORD.finditer(text):
        yield found.start(), found.end(), _chinese(found.group())


def values(text: str) -> frozenset[str]:
    return frozenset(number for _, _, number in in_text(text))


def _plain(digits: str) -> str:
    """1,280 and 1280 are one number, as are 4.0 and 4."""
    whole = re.sub(r",(?=\d{3}(?!\d))", "", digits).replace(",", ".")
    return whole.rstrip("0").rstrip(".") if "." in whole else whole.lstrip("0") or "0"


def _chinese(word: str) -> str:
    """Up to 99; a larger one stays as it is written."""
    tens, ten, ones = word.partition("十")
    if len(tens) > 1 or len(ones) > 1 or any(digit not in _ZH_DIGIT for digit in tens + ones):
        return word
    if not ten:
        return str(_ZH_DIGIT[word])
    return str((_ZH_DIGIT[tens] if tens else 1) * 10 + (_ZH_DIGIT[ones] if ones else 0))
