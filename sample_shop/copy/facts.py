"""What may be said of a product: its facts, in one language, in the words that copy uses."""

import re
from collections.abc import Sequence

from sample_shop.copy.pair import Fact, Language
from shopkeeper.catalog.v1.catalog_pb2 import Product

TELLING = (
    *("fill", "steel", "shade", "flavour", "scent", "roast", "cocoa", "skin_type", "protection", "genre", "format"),
    *("storage", "memory", "power", "switch", "capacity", "volume", "weight", "pack", "pieces", "edition", "wash"),
    *("season", "sport", "connection", "network", "compatible_model", "thickness", "comfort", "height", "age"),
    *("players", "audience", "size", "waist"),
)
"""After brand, material and colour: which attribute tells more of the product than the next."""
BASIC = ("brand", "material", "colour")
NOT_ATTRIBUTES = ("title", "category", "brand", "price", "detail")

GROUPS = {
    ("Clothing", "服装"): "clothing",
    ("Shoes", "鞋靴"): "shoes",
    ("Home", "家居"): "home",
    ("Phones & Electronics", "手机数码"): "electronics",
    ("Food", "食品"): "food",
    ("Beauty", "美妆个护"): "beauty",
    ("Books", "图书"): "books",
    ("Bags & Accessories", "箱包配饰"): "bags",
    ("Sport & Outdoors", "运动户外"): "sport",
    ("Toys", "玩具"): "toys",
    ("Pets", "宠物用品"): "pets",
    ("Appliances", "家用电器"): "appliances",
}

WRITTEN_AS_THEY_ARE = frozenset({"title", "category", "brand", "price", "compatible_model", "connection", "network"})
PROPER = frozenset({"Damascus"})
DETAIL_ZH = re.compile(r"(?:[配带后可含附].{1,3}|.{1,3}[装用]|\d+(?:升|米|毫升|件|只|片))$")
AROUND_VALUES = {"", "适用", "舒适温标", "Comfort"}


def facts_of(product: Product, language: Language) -> tuple[Fact, ...]:
    """Title without the brand and the values that stand behind it, category, brand, attributes, price."""
    words = next((one for one in product.localizations if one.language_code == language), product)
    attributes = {one.name: list(one.values) for one in words.attributes}
    values = [value for several in attributes.values() for value in several]
    title, details = short_title(words.title, words.brand, values, language)
    facts = [("title", title), ("category", next(iter(words.categories), "")), ("brand", words.brand)]
    facts += [
        (name, listed([plain(name, v, language) for v in several], language)) for name, several in attributes.items()
    ]
    facts += [("detail", plain("detail", detail, language)) for detail in details]
    facts.append(("price", price_of(product, language)))
    return tuple(Fact(name, value) for name, value in facts if value)


def plain(name: str, value: str, language: Language) -> str:
    """A value as it stands within an English sentence: `Sage Green` is sage green there, `EVA Foam` EVA foam."""
    if language != "en" or name in WRITTEN_AS_THEY_ARE:
        return value
    return re.sub(r"\b[A-Z][a-z]+\b", lambda word: word[0] if word[0] in PROPER else word[0].lower(), value)


def listed(values: Sequence[str], language: Language) -> str:
    """`XS, S and M`; in Chinese `XS、S、M`."""
    if language == "zh" or len(values) < 2:
        return "、".join(values)
    return f"{', '.join(values[:-1])} and {values[-1]}"


def is_list(value: str) -> bool:
    return "、" in value or ", " in value or " and " in value


def price_of(product: Product, language: Language) -> str:
    """Empty: it has none."""
    amount = product.price.units + product.price.nanos / 1e9
    if not amount:
        return ""
    number = f"{amount:.2f}".removesuffix(".00")
    number = number[:-1] if "." in number and number.endswith("0") and product.price.currency_code == "CNY" else number
    if language == "zh" and product.price.currency_code == "CNY":
        return f"{number}元"
    return {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€"}.get(product.price.currency_code, "") + number


def short_title(title: str, brand: str, values: Sequence[str], language: Language) -> tuple[str, tuple[str, ...]]:
    """The title without what other facts say, and what hung on it: `Crew-Neck T-Shirt` and `Two-Pack`."""
    title = title.removeprefix(brand).strip() if brand and title != brand else title
    title = _without_values(
        re.sub(r"\s*[(（]([^()（）]*)[)）]$", r" \1" if language == "zh" else r", \1", title), values, language
    )
    separator = ", " if language == "en" else " "
    head, _, last = title.rpartition(separator)
    hangs_on = head and (DETAIL_ZH.match(last) if language == "zh" else not re.match(r"[a-z]|and ", last))
    return (head, (last,)) if hangs_on and ":" not in title else (title, ())


def _without_values(title: str, values: Sequence[str], language: Language) -> str:
    shorter = _without_last_value(title, values, language)
    return title if shorter == title else _without_values(shorter, values, language)


def _without_last_value(title: str, values: Sequence[str], language: Language) -> str:
    head, _, last = title.rpartition(", " if language == "en" else " ")
    if head and any(value in last and last.replace(value, "").strip() in AROUND_VALUES for value in values):
        return head
    for value in values:
        shorter = title.removesuffix(" " + value)
        counts = language == "zh" or (re.search(r"\d", value) and not re.search(r" (in|of|for|with)$", shorter))
        if counts and shorter != title and shorter:
            return shorter
    return title


def is_plural(title: str) -> bool:
    """Whether an English title names several things: `Running Shoes for Speed`."""
    noun = re.split(r" (?:in|for|with|of|from|on|by|to) |,", title.lower())[0].split()[-1:]
    if not noun or not takes_article(title):
        return False
    return (bool(re.search(r"[a-z]{2}s$", noun[0])) and not re.search(r"(ss|us|is|ens)$", noun[0])) or noun == ["pens"]


def takes_article(title: str) -> bool:
    """`the Wrap Dress`, but not `the The Ferry at Dusk`."""
    return not re.match(r"(?:The|A|An|My|Your|Our)\b", title) and ":" not in title and "?" not in title


def group_of(category: str) -> str:
    """The part of the grammar that a category path belongs to; empty: none."""
    top = category.split(" > ")[0]
    return next((group for names, group in GROUPS.items() if top in names), "")
