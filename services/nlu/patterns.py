"""Slots that can be told by their form: they stand beside the tagger's, and win where it is unsure.

Order numbers, amounts with a currency or a bound, positions, and colours by the bundle's table. Text is normalised;
places are characters of the normalised form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.nlu.normalise.orders import ORDER
from services.nlu.text import CJK

_ZH_NUMBER = r"[零一二两三四五六七八九十百千万]+"
_AMOUNT = rf"(?:\d+(?:[.,]\d+)*\s?[kw]?|{_ZH_NUMBER})"
_MONEY_ZH = r"(?:块钱|块|元|rmb|人民币)"
_MONEY_EN = r"(?:yuan|rmb|cny|kuai|dollars?|bucks|euros?|pounds?|usd|块|元)"
_ORDINAL_EN = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"


@dataclass(frozen=True)
class Found:
    """A slot by its form. `sure` ones replace whatever the tagger said of these words."""

    name: str
    start: int
    end: int
    sure: bool


_PATTERNS = (
    ("order_number", ORDER.pattern, True),
    ("price", rf"{_AMOUNT}\s?{_MONEY_ZH}?\s?(?:到|至|-|~)\s?{_AMOUNT}\s?{_MONEY_ZH}(?:之间)?", False),
    ("price", rf"(?:不超过|低于|少于|高于|超过|至少|最多|大概|大约)\s?{_AMOUNT}\s?{_MONEY_ZH}", False),
    ("price", rf"{_AMOUNT}\s?{_MONEY_ZH}\s?(?:以内|以下|之内|左右|上下|以上|内)", False),
    (
        "price",
        r"\b(?:under|below|over|above|up to|at most|at least|around|about|less than|(?:not |no )?more than)"
        rf"\s[¥$€£]?\d+(?:[.,]\d+)*\s?{_MONEY_EN}\b",
        False,
    ),
    ("price", rf"\bbetween\s[¥$€£]?\d+\s(?:and|to)\s[¥$€£]?\d+(?:\s?{_MONEY_EN}\b)?", False),
    ("ordinal", r"第(?:[一二三四五六七八九十]|\d{1,2})(?=[个件款双条只把台张套本瓶份包盒])", False),
    ("ordinal", rf"(?<=\bthe )(?:{_ORDINAL_EN})(?= (?:one|item|option|product)\b)", False),
)
_COMPILED = tuple((name, re.compile(pattern), sure) for name, pattern, sure in _PATTERNS)
_PLAIN_COLOUR = re.compile(rf"[{CJK}]{{1,4}}色")


def by_form(text: str, slots: frozenset[str], colours: Mapping[str, str]) -> list[Found]:
    """Slots of these names in normalised text."""
    found = [
        Found(name, match.start(), match.end(), sure)
        for name, pattern, sure in _COMPILED
        if name in slots
        for match in pattern.finditer(text)
    ]
    return found + (list(_colours(text, colours)) if "colour" in slots else [])


def _colours(text: str, colours: Mapping[str, str]) -> list[Found]:
    """Chinese ones that end in 色: without it the words mean too many other things."""
    found = []
    for match in _PLAIN_COLOUR.finditer(text):
        starts = (match.start() + skip for skip in range(len(match.group()) - 1))
        start = next((start for start in starts if text[start : match.end()] in colours), None)
        if start is not None:
            found.append(Found("colour", start, match.end(), False))
    return found
