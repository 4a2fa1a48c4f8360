"""How copy is to be: channel, style, length, language; and how long it may get."""

from dataclasses import dataclass
from types import MappingProxyType

from services.generator.facts import BRAND, CATEGORY, DETAIL, PRICE, TITLE, Fact

CHANNELS = ("product-page", "social", "title", "email", "live")
STYLES = ("plain", "warm", "lively", "premium")
LENGTHS = ("short", "medium", "long")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Controls:
    channel: str = "product-page"
    style: str = "plain"
    length: str = "medium"
    language: str = "en"


_BOUNDS = MappingProxyType(
    {
        ("title", "en"): (3, 200),
        ("title", "zh"): (2, 100),
        ("social", "en"): (10, 700),
        ("social", "zh"): (5, 300),
        ("product-page", "en"): (15, 1600),
        ("product-page", "zh"): (6, 700),
        ("email", "en"): (20, 2000),
        ("email", "zh"): (8, 900),
        ("live", "en"): (15, 1600),
        ("live", "zh"): (6, 700),
    }
)
_TELLING = MappingProxyType({"short": 0, "medium": 3, "long": 99})
"""How many facts beside title, brand, material and colour have to be mentioned."""
_BASIC = ("material", "colour")
ORDER = (
    *("fill", "steel", "shade", "flavour", "scent", "roast", "cocoa", "skin_type", "protection", "genre", "format"),
    *("storage", "memory", "power", "switch", "capacity", "volume", "weight", "pack", "pieces", "edition", "wash"),
    *("season", "sport", "connection", "network", "compatible_model", "thickness", "comfort", "height", "age"),
    *("players", "audience", "size", "waist"),
)
"""Which attribute tells more of a product than the next; others stand in the middle."""


def bounds(controls: Controls) -> tuple[int, int]:
    """Fewest and most code points."""
    return _BOUNDS[controls.channel, controls.language]


def important(facts: tuple[Fact, ...], controls: Controls) -> tuple[Fact, ...]:
    """The facts that copy of this kind has to mention, in the order of the facts.

    Title and brand always. Short copy has one attribute more, and so has a title; medium copy has material, colour and
    three others, long copy all of them and the detail that the title ends with. Price and category never: the page
    shows them.
    """
    basic = [fact for fact in facts if fact.name in _BASIC]
    others = [fact for fact in facts if fact.name not in (TITLE, BRAND, PRICE, CATEGORY, DETAIL, *_BASIC)]
    others.sort(key=lambda fact: ORDER.index(fact.name) if fact.name in ORDER else len(ORDER) / 2)
    if controls.length == "short" or controls.channel == "title":
        kept = (basic + others)[:1]
    else:
        kept = basic + others[: _TELLING[controls.length]]
    if controls.length == "long" and controls.channel != "title":
        kept += [fact for fact in facts if fact.name == DETAIL]
    return tuple(fact for fact in facts if fact.name in (TITLE, BRAND) or fact in kept)
