"""Numbers in digits, English words and Chinese characters. Text comes normalised: half width, lower case."""

import re
from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_SMALL = {word: value for value, word in enumerate(f"{_ONES} eighteen nineteen".split())} | {"a": 1, "an": 1}
_TEN_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS, 2)}
_TIMES = {"hundred": 100, "thousand": 1000}
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2, "俩": 2, "仨": 3, "壹": 1, "贰": 2, "叁": 3, "半": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_SCALE = {"k": 1000, "w": 10_000, "千": 1000, "万": 10_000, "百": 100}

_WORDS = "|".join(sorted([*_SMALL, *_TENS, *_TIMES], key=len, reverse=True))
ENGLISH = rf"\b(?:{_WORDS})(?:(?:[\s-]+|\s+and\s+)(?:{_WORDS}))*\b"
CHINESE = r"[零〇一二两俩三仨四五六七八九十百千万壹贰叁]+"
DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
NUMBER = re.compile(rf"(?P<digits>{DIGITS})\s?(?P<scale>[kw](?![a-z])|[百千万])?|(?P<zh>{CHINESE})|(?P<en>{ENGLISH})")


def numbers(text: str) -> list[Decimal]:
    """All numbers in the text, in order. `1.5k` is 1500, `两千五` 2500."""
    found = (number_of(match) for match in NUMBER.finditer(text))
    return [number for number in found if number is not None]


def whole(text: str) -> int | None:
    """The first number, if it is a whole one."""
    found = numbers(text)
    return int(found[0]) if found and found[0] == int(found[0]) else None


def number_of(match: re.Match[str]) -> Decimal | None:
    """The value of a match of NUMBER; None for words that are no number."""
    if match["digits"]:
        return Decimal(match["digits"].replace(",", "")) * _SCALE.get(match["scale"] or "", 1)
    value = chinese(match["zh"]) if match["zh"] else english(match["en"])
    return None if value is None else Decimal(value)


def english(text: str) -> int | None:
    """`two hundred and fifty` -> 250. An article alone is no number."""
    words = [word for word in re.split(r"[\s-]+", text) if word != "and"]
    if words in (["a"], ["an"]):
        return None
    total = part = 0
    for word in words:
        if word in _TIMES:
            part = max(part, 1) * _TIMES[word]
            if word == "thousand":
                total, part = total + part, 0
        else:
            part += _TENS.get(word, _SMALL.get(word, 0))
    return total + part


def chinese(text: str) -> int | None:
    """`两百五` -> 250, `一百零五` -> 105, `三八` -> 38. A unit alone counts one: `十二` -> 12."""
    if not any(character in _UNITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total = part = digit = 0
    unit, zero = 1, False
    for character in text:
        if character in _DIGITS:
            digit, zero = _DIGITS[character], character in "零〇"
            continue
        unit = _UNITS[character]
        if unit == 10_000:
            total, part, digit = (total + part + digit) * unit, 0, 0
        else:
            part, digit = part + (digit or 1) * unit, 0
    trailing_short = unit > 10 and not zero and text[-1] in _DIGITS and text[-2] in _UNITS
    return total + part + digit * (unit // 10 if trailing_short else 1)
