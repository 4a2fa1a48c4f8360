"""The one door to the kinds: which of them makes a slot's words into a value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.nlu.normalise.colours import colour
from services.nlu.normalise.counts import ordinal, quantity
from services.nlu.normalise.dates import day_range
from services.nlu.normalise.money import amounts
from services.nlu.normalise.orders import order_number
from services.nlu.normalise.sizes import size
from services.nlu.normalise.values import Canonical, Number, Value
from services.nlu.text import plain


@dataclass(frozen=True)
class Surroundings:
    """What a value may depend on beside its own words."""

    today: date
    before: str = ""
    """What stands before it in the sentence, and behind it."""
    after: str = ""
    currency: str = "CNY"


def value_of(kind: str, words: str, around: Surroundings, colours: Mapping[str, str]) -> Value | None:
    """`words` as they came. None where they cannot be made into a value of that kind."""
    text = re.sub(r"\s+", " ", plain(words).text).strip()
    if kind == "text":
        return Canonical(re.sub(r"\s+", " ", words).strip())
    if kind == "money":
        return amounts(text, plain(around.before).text, plain(around.after).text, around.currency)
    if kind == "date":
        return day_range(text, around.today, plain(around.before).text)
    if kind in ("quantity", "ordinal"):
        number = quantity(text) if kind == "quantity" else ordinal(text)
        return None if number is None else Number(number)
    made = _NAMED[kind](text) if kind in _NAMED else colour(text, colours) if kind == "colour" else None
    return None if made is None else Canonical(made)


_NAMED = {"size": size, "order": order_number}
