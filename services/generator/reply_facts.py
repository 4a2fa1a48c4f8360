"""The facts of a reply under the names that its wordings know, whatever the caller called them."""

import re
from collections.abc import Sequence

from services.generator.facts import Fact

ITEM = 3
"""Products that a reply names at most; cards show the others."""
NAMES = ("query", "reason", "attribute", "value", "stock", "preference", "quantity", "shop", "can", "count")
_NUMBERED = re.compile(r"(.+)_(\d+)")
_LISTS = ("recommend-products", "search-results", "compare-products")
_USED = {
    "greet": ("shop",),
    "help": ("can",),
    "recommend-products": ("title", "price", "reason"),
    "search-results": ("query", "title", "price"),
    "no-results": ("query",),
    "answer-attribute": ("title", "attribute", "value"),
    "answer-price": ("title", "price"),
    "answer-stock": ("title", "stock"),
    "compare-products": ("title", "price"),
    "acknowledge-preference": ("preference",),
    "added-to-cart": ("title", "quantity", "price"),
}
"""What the wordings of an act can state."""


def numbered(name: str) -> tuple[str, int]:
    """`title_2` as (title, 2); the number is 0 where there is none, and of those that a reply leaves out."""
    found = _NUMBERED.fullmatch(name)
    if found is None or not 1 <= int(found.group(2)) <= ITEM:
        return (found.group(1) if found else name), 0
    return found.group(1), int(found.group(2))


def stateable(act: str, facts: Sequence[Fact]) -> tuple[Fact, ...] | None:
    """The facts that the model is to state, each once; None where an answer would leave out what was asked for."""
    known = _renamed(act, [fact for fact in facts if not _beyond(fact.name)])
    used = _USED.get(act, ())
    kept = [fact for fact in known if numbered(fact.name)[0] in used and (act in _LISTS) >= (numbered(fact.name)[1] > 0)]
    left = [fact for fact in known if fact not in kept]
    if act.startswith(("answer-", "compare-")) and (left or not kept):
        return None
    return tuple(dict.fromkeys(kept))


def _beyond(name: str) -> bool:
    """Of a fourth product and further."""
    found = _NUMBERED.fullmatch(name)
    return found is not None and int(found.group(2)) > ITEM


def _renamed(act: str, facts: Sequence[Fact]) -> list[Fact]:
    """`material: linen` answers a question for an attribute as `attribute: material`, `value: linen`."""
    names = {fact.name for fact in facts}
    if act == "answer-attribute" and "value" not in names:
        others = [fact for fact in facts if fact.name not in ("title", "attribute", "product_id")]
        if len(others) == 1:
            label = [] if "attribute" in names else [Fact("attribute", others[0].name.replace("_", " "))]
            kept = [fact for fact in facts if fact not in others]
            return [*kept, *label, Fact("value", others[0].value)]
    if act == "acknowledge-preference" and "preference" not in names and len(facts) == 1:
        return [Fact("preference", facts[0].value)]
    return list(facts)
