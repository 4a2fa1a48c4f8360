"""The facts of a reply under the names that its wordings know, whatever the caller called them."""

import re
from collections.abc import Callable, Iterator, Sequence

from services.generator.facts import Fact

ITEM = 2
"""Products that a reply names at most; cards show the others."""
NAMES = (
    *("query", "count", "recipient", "reason", "attribute", "value", "stock", "preference", "quantity"),
    *("original_price", "shop", "can"),
    *(f"{name}_{nth}" for nth in range(1, ITEM + 1) for name in ("title", "price", "reason")),
)
_NUMBERED = re.compile(r"(.+)_(\d+)")
_OF_ITEMS = ("title", "price", "reason")
_USED = {
    "greet": ("shop",),
    "help": ("can",),
    "recommend-products": ("recipient",),
    "search-results": ("query", "count"),
    "compare-products": (),
    "no-results": ("query",),
    "answer-attribute": ("title", "attribute", "value"),
    "answer-price": ("title", "price", "original_price"),
    "answer-stock": ("title", "stock"),
    "acknowledge-preference": ("preference",),
    "added-to-cart": ("title", "quantity"),
}
"""What the wordings of an act can state."""
LISTS = ("recommend-products", "search-results", "compare-products")
_ASKED_FOR = {
    "answer-attribute": {"attribute", "value"},
    "answer-price": {"price"},
    "answer-stock": {"stock"},
    "acknowledge-preference": {"preference"},
    "added-to-cart": {"title"},
    "recommend-products": {"title_1"},
    "search-results": {"title_1"},
    "compare-products": {"title_2"},
}
"""Without these the model has nothing to answer with."""


def numbered(name: str) -> tuple[str, int]:
    """`title_2` as (title, 2); the number is 0 where there is none."""
    found = _NUMBERED.fullmatch(name)
    return (found.group(1), int(found.group(2))) if found else (name, 0)


def stateable(act: str, facts: Sequence[Fact], label: Callable[[str], str]) -> tuple[Fact, ...] | None:
    """The facts that the model is to state; None where it has no words for what was asked. `label`: what an attribute
    is called in the shopper's language, "" if nobody told."""
    known = list(_items(facts)) if act in LISTS else _single(act, facts, label)
    names = {fact.name for fact in known}
    if not _ASKED_FOR.get(act, set()) <= names or (act == "compare-products" and _more_to_compare(facts)):
        return None
    kept = [fact for fact in known if fact.name in _USED.get(act, ()) or (act in LISTS and numbered(fact.name)[1])]
    if "query" not in names:
        kept = [fact for fact in kept if fact.name != "count"]
    if act == "answer-price" and "title" not in names:
        kept = [fact for fact in kept if fact.name != "original_price"]
    return tuple(kept)


def _items(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Products numbered from 1, as far as they are named; callers may number them, or begin each with its title.

    What one of them lacks, such as a reason, is not said of the others.
    """
    rows: list[dict[str, str]] = []
    for fact in facts:
        name, nth = numbered(fact.name)
        if name not in _OF_ITEMS:
            yield fact
            continue
        place = nth if nth else len(rows) + (name == "title" or not rows)
        while len(rows) < place:
            rows.append({})
        rows[place - 1].setdefault(name, fact.value)
    shown = rows[:ITEM]
    for nth, row in enumerate(shown, start=1):
        for name in _OF_ITEMS:
            if all(name in other for other in shown):
                yield Fact(f"{name}_{nth}", row[name])


def _single(act: str, facts: Sequence[Fact], label: Callable[[str], str]) -> list[Fact]:
    """`material: linen` answers a question for an attribute as `attribute: material`, `value: linen`."""
    first = list({fact.name: fact for fact in reversed(facts)}.values())
    if act != "answer-attribute" or any(fact.name == "value" for fact in first):
        return first
    others = [fact for fact in first if fact.name != "title"]
    if len(others) != 1 or not label(others[0].name):
        return []
    title = [fact for fact in first if fact.name == "title"]
    return [*title, Fact("attribute", label(others[0].name)), Fact("value", others[0].value)]


def _more_to_compare(facts: Sequence[Fact]) -> bool:
    """Attributes beside title and price are the template's to put side by side."""
    return any(numbered(fact.name)[0] not in ("title", "price") for fact in facts)
