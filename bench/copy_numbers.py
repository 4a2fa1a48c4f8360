"""Numbers as copy states them: digits and number words, with their units, in English and Chinese."""

import re
from collections.abc import Iterator
from typing import NamedTuple

UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("g", "gram", "grams", "克"), ("g", 1.0)),
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms", "公斤", "千克"), ("g", 1000.0)),
    "斤": ("g", 500.0),
    **dict.fromkeys(("ml", "millilitres", "毫升"), ("ml", 1.0)),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters", "升"), ("ml", 1000.0)),
    **dict.fromkeys(("mm", "毫米"), ("mm", 1.0)),
    **dict.fromkeys(("cm", "厘米"), ("mm", 10.0)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters", "米"), ("mm", 1000.0)),
    **dict.fromkeys(("inch", "inches", "寸", "英寸"), ("inch", 1.0)),
    **dict.fromkeys(("毫安时",), ("mah", 1.0)),
    **dict.fromkeys(("元", "块", "块钱", "yuan", "¥", "rmb"), ("money", 1.0)),
    **dict.fromkeys(("小时", "hour", "hours"), ("hour", 1.0)),
    **dict.fromkeys(("天", "日", "day", "days"), ("day", 1.0)),
    **dict.fromkeys(("年", "year", "years"), ("year", 1.0)),
    **dict.fromkeys(("岁",), ("age", 1.0)),
    **dict.fromkeys(("折",), ("discount", 1.0)),
    **dict.fromkeys(("℃", "°c", "度"), ("degree", 1.0)),
}
UNITS |= {unit: (unit, 1.0) for unit in ("gb", "tb", "mah", "w", "%")}
UP_TO_TWELVE = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
EN_WORDS = {
    **{word: number for number, word in enumerate(UP_TO_TWELVE, 2)},
    **{word: 10 * number for number, word in enumerate(TENS, 2)},
    **{"dozen": 12, "dozens": 12, "fifteen": 15, "eighteen": 18},
    **{"hundred": 100, "hundreds": 100, "thousand": 1000, "million": 1_000_000},
}
ZH_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
ZH_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
MEASURES = (
    "毫安时|平方米|立方米|公斤|千克|毫升|厘米|毫米|英寸|小时|分钟|块钱|个月|个半|件|只|个|双|条|款|色|种|层|块|片|支|瓶|盒|袋|包|份|人|岁|年|月|天|周|秒|克|斤|升|米|寸|折|倍|元|档|段|组|套|本|页|码|孔|核|张"
    "|位|台|口|道|重|代|度|成"
)
MEASURED_ONE = "公斤|千克|毫升|厘米|毫米|英寸|克|斤|升|寸|折"
"""What makes 一 a figure; otherwise it is an article: 一件, 一天."""

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_UNIT = re.compile(r"[ -]?(" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")(?![a-z])", re.I)
_EN = re.compile(rf"(?<![\w-])({'|'.join(EN_WORDS)})(?!\w)", re.I)
_ZH = re.compile(
    rf"(?:百分之[零一二两三四五六七八九十百]+|(?!一(?!{MEASURED_ONE}))[一二两三四五六七八九十百千万]+(?=余?(?:{MEASURES})))"
)


class Number(NamedTuple):
    """`unit` is empty where none is known. `value` counts in the unit's base, `bare` as the text does."""

    value: float
    unit: str
    bare: float
    said: str


def numbers(text: str) -> Iterator[Number]:
    for found in _DIGITS.finditer(text):
        digits = re.sub(r",(?=\d{3}(?!\d))", "", found[0]).replace(",", ".")
        if digits.count(".") < 2:
            yield _with_unit(float(digits), found[0], text, found.start(), found.end())
    for found in _EN.finditer(text):
        yield _with_unit(float(EN_WORDS[found[1].lower()]), found[0], text, found.start(), found.end())
    for found in _ZH.finditer(text):
        value = _chinese(found[0].removeprefix("百分之"))
        unit = "%" if found[0].startswith("百分之") else ""
        yield (
            Number(value, unit, value, found[0])
            if unit
            else _with_unit(value, found[0], text, found.start(), found.end())
        )


def _with_unit(value: float, said: str, text: str, start: int, end: int) -> Number:
    if start and text[start - 1] in "¥￥":
        return Number(value, "money", value, text[start - 1 : end])
    unit = _UNIT.match(text, end)
    if not unit:
        return Number(value, "", value, said)
    base, factor = UNITS[unit[1].lower()]
    return Number(value * factor, base, value, text[start : unit.end()])


def _chinese(word: str) -> float:
    total, digit = 0, 0
    for letter in word:
        if letter in ZH_SCALES:
            total += max(1, digit) * ZH_SCALES[letter] if letter != "万" or not total else total * 9_999
            digit = 0
        else:
            digit = ZH_DIGITS[letter]
    return float(total + digit)
