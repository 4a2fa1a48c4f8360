"""A budget's words -> a range of amounts."""

import re
from decimal import Decimal

from services.nlu.normalise.numerals import numbers
from services.nlu.normalise.values import Amounts

ABOUT = Decimal("0.1")
"""About 300 is 270 to 330."""

_CURRENCIES = (
    ("USD", r"\$|\bus[d$]|dollars?|bucks|美元|美金"),
    ("EUR", r"€|\beur|euros?\b|欧元"),
    ("GBP", r"£|\bgbp|pounds?\b|英镑"),
    ("HKD", r"\bhkd?\b|港币|港元"),
    ("CNY", r"¥|yuan|rmb|cny|kuai|元|块"),
)
_MOST = re.compile(
    r"不超过|不要超过|别超过|不高于|以内|之内|以下|最多|至多|低于|少于|不到|内$|封顶|上限|no more than|not more than|"
    r"not over|no higher than|under|below|less than|fewer than|up to|at most|\bmax|within|cheaper than|tops|limit|<|≤"
)
_LEAST = re.compile(
    r"不低于|不少于|以上|超过|至少|起步|起$|高于|大于|多于|over|above|more than|at least|from|\bmin|starting|>|≥"
)
_ABOUT = re.compile(
    r"左右|上下|大概|大约|差不多|前后|约|来块|来元|多块|出头|around|about|roughly|approx|or so|-?ish\b|circa|near|~"
)
_MORE = re.compile(
    r"贵一?点|更贵|高端|高档|好一?点|再贵|dearer|pricier|more expensive|higher|upmarket|premium|fancier|splurge"
)
_LESS = re.compile(
    r"便宜|实惠|划算|平价|低一?点|太贵|别太贵|不贵|不要太贵|贵了|省钱|cheap|inexpensive|less|lower|affordable|budget|"
    r"(?:too|so|not|very|that) (?:too )?(?:expensive|dear|pricey)|reasonabl|economical"
)


def amounts(text: str, before: str = "", after: str = "", currency: str = "CNY") -> Amounts | None:
    """`text` normalised; `before` and `after` are what stands around it, for a bound said apart: not more than [200].

    An amount without any bound is the most that one would pay.
    """
    found = numbers(_spread(re.sub("一点|一些|一下", "点", text)))
    told = _currency(text, currency)
    if not found:
        direction = 1 if _MORE.search(text) else -1 if _LESS.search(text) else 0
        return Amounts(currency=told, direction=direction) if direction else None
    if len(found) > 1:
        least, most = _range(found)
        return Amounts(least, most, told)
    return _bounded(found[0], _bound(text) or _bound(before[-14:]) or _bound(after[:6]), told)


def _spread(text: str) -> str:
    """`两三百` -> `两百到三百`."""
    return re.sub(r"([一二两三四五六七八九])([二三四五六七八九])([百千万])", r"\1\3到\2\3", text)


def _range(found: list[Decimal]) -> tuple[Decimal, Decimal]:
    """`2到300` is 200 to 300."""
    first, second = found[0], found[1]
    if first < 10 <= second and second % 100 == 0:
        first *= 10 ** (len(str(int(second))) - 1)
    return min(first, second), max(first, second)


def _bounded(amount: Decimal, bound: str, currency: str) -> Amounts:
    if bound == "least":
        return Amounts(amount, None, currency)
    if bound == "about":
        return Amounts(amount * (1 - ABOUT), amount * (1 + ABOUT), currency)
    return Amounts(None, amount, currency)


def _bound(text: str) -> str:
    """`most`, `least` and `about`; most is tried first: `不超过` has `超过` in it."""
    for name, pattern in (("most", _MOST), ("least", _LEAST), ("about", _ABOUT)):
        if pattern.search(text):
            return name
    return ""


def _currency(text: str, default: str) -> str:
    return next((code for code, pattern in _CURRENCIES if re.search(pattern, text)), default)
