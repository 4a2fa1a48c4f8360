"""Whether a product is what a shopper spoke of: words of a chat against the words of a product, in any language.

Looser than a filter: `green` is also sage green and 橄榄绿, `cotton` also stretch cotton, `running shoes` also what
lies in `Shoes > Sports Shoes > Running`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from services.recommender.catalogue import Product, Wording, attribute_key
from services.recommender.terms import is_cjk, normalize, runs

Rule = Callable[[Product], bool]
Says = Callable[[str], bool]

COLOURS: Mapping[str, tuple[str, str]] = {
    "red": ("red burgundy crimson scarlet maroon wine", "红"),
    "orange": ("orange tangerine", "橙橘"),
    "yellow": ("yellow mustard lemon", "黄"),
    "green": ("green olive mint sage emerald lime", "绿"),
    "blue": ("blue navy denim indigo cobalt azure", "蓝青靛"),
    "purple": ("purple lilac lavender violet plum", "紫"),
    "pink": ("pink blush fuchsia", "粉"),
    "brown": ("brown camel chocolate coffee tan", "棕褐咖驼"),
    "grey": ("grey gray charcoal", "灰"),
    "white": ("white ivory", "白"),
    "black": ("black", "黑"),
}
"""Who names a colour alone means all its shades: English words, and characters that stand in its Chinese names."""
_COLOUR_NAMES = frozenset({"colour", "shade", "wash"})
_MATERIAL_NAMES = frozenset({"material", "fill", "steel"})
_SIZE_NAMES = frozenset({"size"})
_ENDINGS_ZH = re.compile(r"(?:色系|色|面料|材质|质地|质|料|制|的|类|系|款|味|(?<=[裙鞋裤帽袜靴椅桌杯袋箱盒瓶被])子)+$")
_LETTERS = re.compile(r"(?:xs|s|m|l|xl|\d?xl)")
_NEAR_SIZES = 3
"""Numbers of one measure lie so near to each other: a 42 is a shoe's size where 36 to 40 are sold, a 28 is not."""


def rule_of(name: str, value: str) -> Rule:
    """A test of one product. Names as in a chat-preference; one that is none of them is an attribute's."""
    made = _RULES.get(attribute_key(name))
    return made(value) if made else _attribute(name, value)


def lacks_size(value: str) -> Rule:
    """Whether a product is sold in sizes of that kind, but not in this one."""
    wanted = _size(value)

    def rule(product: Product) -> bool:
        sizes = _sizes(product)
        return wanted not in sizes and any(_comparable(wanted, each) for each in sizes)

    return rule


def _brand(value: str) -> Rule:
    asked = normalize(value).strip()
    return lambda product: any(normalize(wording.brand).strip() == asked for wording in product.wordings.values())


def _category(value: str) -> Rule:
    says = _says(value)
    loosely = _in_order(value)

    def rule(product: Product) -> bool:
        paths = [path for wording in product.wordings.values() for path in wording.categories]
        return any(map(says, paths)) or any(map(loosely, paths)) or any(map(says, _titles(product)))

    return rule


def _colour(value: str) -> Rule:
    says = _shades(value) or _says(value)
    return lambda product: any(map(says, _coloured(product)))


def _coloured(product: Product) -> Iterator[str]:
    """The title tells it only of a product without attributes: green tea has no colour."""
    told = False
    for wording in product.wordings.values():
        told = told or bool(wording.attributes)
        yield from _named(wording, _COLOUR_NAMES)
    if not told:
        yield from _titles(product)


def _shades(value: str) -> Says | None:
    """Of a colour named alone; None for a shade such as navy."""
    bare = _ENDINGS_ZH.sub("", normalize(value).strip())
    for name, (english, chinese) in COLOURS.items():
        if bare == name or (len(bare) == 1 and bare in chinese):
            words = frozenset(english.split())
            return lambda text: bool(words & _stems(text)) or any(sign in text for sign in chinese)
    return None


def _material(value: str) -> Rule:
    says = _says(value)

    def rule(product: Product) -> bool:
        named = (each for wording in product.wordings.values() for each in _named(wording, _MATERIAL_NAMES))
        return any(map(says, named)) or any(map(says, _titles(product)))

    return rule


def _size_offered(value: str) -> Rule:
    wanted = _size(value)
    return lambda product: wanted in _sizes(product)


def _sizes(product: Product) -> set[str]:
    return {_size(each) for wording in product.wordings.values() for each in _named(wording, _SIZE_NAMES)}


def _attribute(name: str, value: str) -> Rule:
    says, names = _says(value), frozenset({attribute_key(name)})
    return lambda product: any(says(each) for wording in product.wordings.values() for each in _named(wording, names))


def _words(value: str) -> Rule:
    says = _says(value)
    return lambda product: any(map(says, _whole(product)))


def _whole(product: Product) -> Iterator[str]:
    yield " ".join(product.tags)
    for wording in product.wordings.values():
        values = (value for told in wording.attributes.values() for value in told)
        yield " ".join((wording.title, wording.brand, *wording.categories, *values))


_RULES: Mapping[str, Callable[[str], Rule]] = {
    "brand": _brand,
    "category": _category,
    "colour": _colour,
    "material": _material,
    "size": _size_offered,
    "words": _words,
}


def _titles(product: Product) -> Iterable[str]:
    return (wording.title for wording in product.wordings.values())


def _named(wording: Wording, names: frozenset[str]) -> Iterator[str]:
    for name, values in wording.attributes.items():
        if attribute_key(name) in names:
            yield from values


def _says(value: str) -> Says:
    """Whether a text has all the words; Chinese as it stands, but for endings such as 的 and 色."""
    english = frozenset(_stem(run) for run in runs(value) if not is_cjk(run))
    chinese = [_ENDINGS_ZH.sub("", run) or run for run in runs(value) if is_cjk(run)]
    if not english and not chinese:
        return lambda text: False
    return lambda text: english <= _stems(text) and all(run in text for run in chinese)


def _in_order(value: str) -> Says:
    """Whether a part of a path has the Chinese characters in this order: 跑鞋 is 跑步鞋."""
    signs = "".join(run for run in runs(value) if is_cjk(run))
    if len(signs) < 2 or len(signs) != len(value.strip()):
        return lambda text: False
    pattern = re.compile("[^>]*".join(map(re.escape, signs)))
    return lambda text: pattern.search(text) is not None


@lru_cache(maxsize=50_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(run) for run in runs(text))


def _stem(word: str) -> str:
    """Without the plural's ending."""
    if len(word) <= 3 or word.endswith("ss"):
        return word
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def _size(value: str) -> str:
    """XXL and 2XL are one, as are `size M` and M码."""
    bare = normalize(value).strip().removeprefix("size").removesuffix("码").removesuffix("号").strip()
    return f"{bare.count('x')}xl" if re.fullmatch("x{2,}l", bare) else bare


def _comparable(one: str, other: str) -> bool:
    if _LETTERS.fullmatch(one):
        return bool(_LETTERS.fullmatch(other))
    return one.isdigit() and other.isdigit() and abs(int(one) - int(other)) <= _NEAR_SIZES
