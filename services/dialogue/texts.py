"""The staff's own words: templates and lists that ship with the code, and how values are written in each language."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.dialogue import scan
from services.dialogue.orders.order import Amount, Order, OrderLine

_SYMBOLS = {"CNY": "¥", "EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_SHOP_TIME = timezone(timedelta(hours=8))
_TITLE_LENGTH = 60


@cache
def _tree(name: str) -> Mapping[str, Any]:
    text = resources.files("services.dialogue.words").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    tree: Mapping[str, Any] = yaml.safe_load(text)
    return tree


class _Missing(dict[str, object]):
    """A value that was not given leaves nothing behind."""

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, values: Mapping[str, object]) -> str:
    return template.format_map(_Missing(values))


def say(key: str, language: str, **values: object) -> str:
    """The template of that name with its values. Raises KeyError for one that does not exist."""
    return fill(_tree("texts")[key][language], values)


def known(key: str) -> bool:
    return key in _tree("texts")


def menu(language: str) -> Sequence[str]:
    """What the shopper is offered to say."""
    return list(_tree("texts")["menu"][language])


def keywords() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Words of each intent by language."""
    return _tree("keywords")


@cache
def colours() -> Mapping[str, Sequence[str]]:
    """How shoppers say each colour, by its canonical name, both languages."""
    return {name: [name, *words["zh"], *words["en"]] for name, words in _tree("colours").items()}


def colour_words(name: str) -> Sequence[str]:
    """How a catalogue may call exactly this colour."""
    canonical = canonical_colour(name)
    return [name, *colours().get(canonical, ())]


def near_colours(name: str) -> Sequence[str]:
    """Other colours that come close."""
    found = _tree("colours").get(canonical_colour(name), {})
    others = [each for near in found.get("near", ()) for each in colour_words(near)]
    return list(dict.fromkeys(others))


@cache
def canonical_colour(name: str) -> str:
    """The name of a colour as the list has it; itself if the list has none."""
    folded = name.strip().casefold()
    return next((key for key, words in colours().items() if folded in (word.casefold() for word in words)), folded)


def colour_in(name: str, language: str) -> str:
    """A colour as a shopper reads it."""
    words = _tree("colours").get(canonical_colour(name))
    return str(words[language][0]) if words else name


def kind(product: str) -> str:
    """A product as catalogues call it."""
    return str(_tree("kinds").get(product.strip().casefold(), product))


def kind_in(product: str, language: str) -> str:
    """A kind of product as a shopper reads it, where the staff has its own word for it."""
    key = f"kind-{product}"
    return say(key, language) if known(key) else product


def attribute_of(question: str) -> str:
    """The catalogue's name of the attribute that is asked about; empty if none is known."""
    said = question.casefold()
    found = [
        (len(word), name)
        for name, words in _tree("attributes").items()
        for word in (*words["zh"], *words["en"])
        if word.casefold() in said
    ]
    return max(found)[1] if found else ""


def audience_of(recipient: str) -> str:
    """The catalogue's `audience` of a person; empty if unknown."""
    said = recipient.casefold()
    found = [
        (len(word), name)
        for name, words in _tree("recipients").items()
        for word in (*words["zh"], *words["en"])
        if word in said
    ]
    return max(found)[1] if found else ""


def attribute_name(name: str, language: str) -> str:
    key = f"attribute-{name}"
    return say(key, language) if known(key) else name.replace("_", " ")


def recipient_in(text: str) -> str:
    """The words of the text that name whom something is for; empty if none do."""
    said = text.casefold()
    words = [word for each in _tree("recipients").values() for word in (*each["zh"], *each["en"])]
    named = [word for word in words if scan.says(said, word) and word not in ("him", "her")]
    return max(named, key=len, default="")


def money(amount: Amount) -> str:
    """`¥199`, `¥42.90`, `CHF 10`."""
    symbol = _SYMBOLS.get(amount.currency, f"{amount.currency} " if amount.currency else "")
    whole, cents = divmod(amount.cents, 100)
    return f"{symbol}{whole:,}" if cents == 0 else f"{symbol}{whole:,}.{cents:02d}"


def total(amounts: Sequence[Amount]) -> Amount:
    return Amount(amounts[0].currency if amounts else "", sum(each.cents for each in amounts))


def day(time_ms: int, language: str) -> str:
    """A day in the shop's time."""
    when = datetime.fromtimestamp(time_ms / 1000, _SHOP_TIME)
    return f"{when.month}月{when.day}日" if language == "zh" else f"{when.day} {when:%B}"


def moment(time_ms: int, language: str) -> str:
    when = datetime.fromtimestamp(time_ms / 1000, _SHOP_TIME)
    return f"{day(time_ms, language)} {when:%H:%M}"


def short(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1] + "…"


def joined(parts: Sequence[str], language: str) -> str:
    return say("list-joint", language).join(parts)


def line(one: OrderLine, language: str) -> str:
    return say("title-quantity", language, title=short(one.title or one.product_id), quantity=one.quantity)


def items(order: Order, language: str) -> str:
    """What an order is of: its first lines."""
    shown = [line(one, language) for one in order.lines[:3]]
    return joined(shown, language) + (" …" if len(order.lines) > 3 else "")


def state(order: Order, language: str) -> str:
    return say(f"state-{order.state}", language)
