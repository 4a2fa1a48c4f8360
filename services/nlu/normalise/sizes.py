"""A size's words -> its one form: S to XXXL, a number, or dimensions with their unit."""

import re

from services.nlu.normalise.numerals import chinese, numbers

_LETTERS = re.compile(r"(?<![a-z])(?:(\d)\s*x|(x{0,4}))\s*([sml])(?![a-z])")
_WORDS = (
    (r"extra[\s-]*large|\bx-?large|加大|特大", "XL"),
    (r"extra[\s-]*small|\bx-?small|加小", "XS"),
    (r"\bsmall(?:er|est)?\b|小码|小号|小一码", "S"),
    (r"\bmedium\b|中码|中号", "M"),
    (r"\blarge[rst]*\b|\bbig(?:ger|gest)?\b|大码|大号", "L"),
    (r"均码|one[\s-]size|free[\s-]size", "ONE SIZE"),
)
_UNITS = (
    ("cm", r"cm|厘米|公分|centi\w+"),
    ("mm", r"mm|毫米"),
    ("in", r"inch(?:es)?|英寸|寸|\"|″|\bin\b"),
    ("m", r"m\b|米|met(?:re|er)s?"),
)
_BETWEEN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:x|×|\*|乘|by)\s*(\d+(?:\.\d+)?)")
_METRES = re.compile(r"(\d+|[一二两三])\s?米\s?([\d一二三四五六七八九]\d?)")


def size(text: str) -> str | None:
    """`text` normalised. None where there is no size in it."""
    if between := _BETWEEN.search(text):
        return f"{_number(between[1])}x{_number(between[2])}{_unit(text)}"
    if metres := _METRES.search(text):
        return f"{_digit(metres[1])}.{_digit(metres[2])} m"
    named = next((name for pattern, name in _WORDS if re.search(pattern, text)), None)
    letters = _LETTERS.search(text)
    if letters and not re.search(r"\d", text[: letters.start()]):
        return _letters(letters)
    found = numbers(text)
    if found:
        return f"{_number(str(found[0]))}{_unit(text)}"
    return named


def _letters(match: re.Match[str]) -> str:
    times = int(match[1]) if match[1] else len(match[2] or "")
    return "X" * times + match[3].upper()


def _number(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _digit(text: str) -> str:
    return text if text.isdigit() else str(chinese(text))


def _unit(text: str) -> str:
    return next((f" {unit}" for unit, pattern in _UNITS if re.search(rf"(?:\d|[一-鿿]|\s)(?:{pattern})", text)), "")
