"""The bench tells copy that keeps to the facts from copy that does not."""

import pytest

from bench.copy_checker import CopyChecker, coverage, forbidden
from sample_shop.copy.pair import Fact, Language
from sample_shop.products import products

DRESS = {
    "en": {
        "title": "Linden & Lark Wrap Midi Dress in Linen, Sage Green",
        "category": "Clothing > Women > Dresses",
        "brand": "Linden & Lark",
        "material": "Linen",
        "colour": "Sage Green",
        "size": "XS, S, M, L and XL",
        "season": "Spring and summer",
        "audience": "Women",
        "price": "¥349",
    },
    "zh": {
        "title": "林雀 亚麻裹身中长连衣裙 鼠尾草绿",
        "category": "服装 > 女装 > 连衣裙",
        "brand": "林雀",
        "material": "亚麻",
        "colour": "鼠尾草绿",
        "size": "XS、S、M、L、XL",
        "season": "春夏",
        "audience": "女士",
        "price": "349元",
    },
}
HONEY = {
    "en": {"title": "Tang Yuan Acacia Honey, 500 g Jar", "brand": "Tang Yuan", "weight": "500 g Jar", "price": "¥79"},
    "zh": {"title": "棠园 洋槐蜂蜜 500克瓶装", "brand": "棠园", "weight": "500克瓶装", "price": "79元"},
}
LAPTOP = {
    "en": {
        "title": "Halden Feather 14 Laptop 16 GB RAM, Silver",
        "brand": "Halden",
        "memory": "16 GB RAM",
        "storage": "1 TB",
        "colour": "Silver",
    },
    "zh": {
        "title": "海登 羽翼 14 轻薄笔记本 16GB内存 银色",
        "brand": "海登",
        "memory": "16GB内存",
        "storage": "1TB",
        "colour": "银色",
    },
}
GOODS = {"dress": DRESS, "honey": HONEY, "laptop": LAPTOP}

TRUE = [
    ("dress", "en", "Linden & Lark makes this wrap midi dress of linen, in sage green. For women, sizes XS to XL."),
    ("dress", "en", "A linen dress for spring and summer mornings, in sage green. ¥349."),
    ("dress", "en", "Out of the blue, a dress in sage green: raise a glass to slow days."),
    ("dress", "en", "One dress, one walk, and fresh air."),
    ("dress", "zh", "林雀这款亚麻连衣裙，鼠尾草绿，XS到XL都有，女士春夏穿。"),
    ("dress", "zh", "一天结束，换上它出门走走，349元带走。"),
    ("dress", "zh", "一年四季都想穿裙子，白天黑夜都好心情。"),
    ("honey", "en", "Acacia honey by Tang Yuan, 500g in the jar, ¥79."),
    ("honey", "en", "Half a kilo would say it too: 0.5 kg of acacia honey."),
    ("honey", "zh", "棠园洋槐蜂蜜，500克一瓶，泡一杯慢慢喝。"),
    ("honey", "zh", "一斤的洋槐蜂蜜，棠园的，79元。"),
    ("laptop", "en", "The Feather 14 Laptop by Halden: 16 GB RAM, 1 TB of storage, in silver."),
    ("laptop", "en", "Every cloud has a silver lining, and this one has 16GB RAM."),
    ("laptop", "zh", "海登羽翼 14，16GB内存配1TB存储，银色机身。"),
]
FALSE = [
    ("dress", "en", "A wrap dress in navy.", ("colour", "navy")),
    ("dress", "en", "Made of organic linen.", ("claim", "organic")),
    ("dress", "en", "A cotton dress in sage green.", ("material", "cotton")),
    ("dress", "en", "A Mo Ran dress in linen.", ("brand", "Mo Ran")),
    ("dress", "en", "With two pockets for cold hands.", ("number", "two")),
    ("dress", "en", "Falls to 110 cm.", ("number", "110 cm")),
    ("dress", "en", "Now ¥299 instead of ¥349.", ("number", "¥299")),
    ("dress", "en", "For autumn and winter.", ("value", "autumn")),
    ("dress", "en", "Breathable and machine washable.", ("claim", "breathable")),
    ("dress", "en", "For men who like linen.", ("value", "men")),
    ("dress", "en", "Free shipping on every order.", ("claim", "free shipping")),
    ("dress", "en", "Imported from afar.", ("claim", "imported")),
    ("dress", "zh", "林雀真丝连衣裙。", ("material", "真丝")),
    ("dress", "zh", "酒红色也好看。", ("colour", "酒红色")),
    ("dress", "zh", "素野这款连衣裙。", ("brand", "素野")),
    ("dress", "zh", "两侧各有两个口袋。", ("number", "两")),
    ("dress", "zh", "亚麻透气，夏天穿。", ("claim", "透气")),
    ("dress", "zh", "全场五折，今天包邮。", ("number", "五折")),
    ("dress", "zh", "男士也能穿。", ("value", "男士")),
    ("dress", "zh", "秋冬穿刚好。", ("value", "秋冬")),
    ("honey", "en", "A 250 g jar of honey.", ("number", "250 g")),
    ("honey", "en", "500 ml of honey.", ("number", "500 ml")),
    ("honey", "en", "Sugar-free and delicious.", ("claim", "sugar-free")),
    ("honey", "zh", "一千克洋槐蜂蜜。", ("number", "一千克")),
    ("honey", "zh", "无添加，产自深山。", ("claim", "无添加")),
    ("honey", "zh", "五公斤装，够吃一年。", ("number", "五公斤")),
    ("laptop", "en", "With 32 GB RAM.", ("number", "32 GB")),
    ("laptop", "en", "In silver or charcoal.", ("colour", "charcoal")),
    ("laptop", "zh", "512GB存储。", ("number", "512GB")),
    ("laptop", "zh", "重1.2公斤，续航12小时。", ("number", "1.2公斤")),
]


@pytest.fixture(scope="module")
def checkers() -> dict[Language, CopyChecker]:
    shop = products()
    return {"en": CopyChecker(shop, "en"), "zh": CopyChecker(shop, "zh")}


def facts(goods: str, language: Language) -> list[Fact]:
    return [Fact(name, value) for name, value in GOODS[goods][language].items()]


@pytest.mark.parametrize(("goods", "language", "text"), TRUE)
def test_what_the_facts_say_may_be_said(
    checkers: dict[Language, CopyChecker], goods: str, language: Language, text: str
) -> None:
    assert checkers[language].unfaithful(facts(goods, language), text) == []


@pytest.mark.parametrize(("goods", "language", "text", "found"), FALSE)
def test_what_the_facts_do_not_say_is_found(
    checkers: dict[Language, CopyChecker], goods: str, language: Language, text: str, found: tuple[str, str]
) -> None:
    told = [(kind, said.lower()) for kind, said in checkers[language].unfaithful(facts(goods, language), text)]
    assert (found[0], found[1].lower()) in told, told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The best dress of the year.", ["best"]),
        ("Best before: see the label.", []),
        ("Clinically proven, guaranteed results!", ["Clinically proven", "guaranteed results"]),
        ("A bestial storm; the chesty cough passed.", []),
        ("最近很火的连衣裙", []),
        ("品质最佳，销量第一", ["最佳", "第一"]),
        ("第一次穿就喜欢", []),
        ("顶级面料，国家级品质", ["顶级", "国家级"]),
        ("喝了能减肥抗癌", ["减肥", "抗癌"]),
    ],
)
def test_forbidden_words_are_found_and_harmless_ones_are_not(text: str, words: list[str]) -> None:
    assert forbidden(text) == words


def test_a_title_may_hold_what_a_text_may_not() -> None:
    assert forbidden("Perfect Pitch Tuner by Tern", [Fact("title", "Perfect Tuner")]) == []
    assert forbidden("Perfect Tuner, the perfect gift", [Fact("title", "Perfect Tuner")]) == ["perfect"]


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("en", "Linden & Lark, linen, sage green, for women, spring & summer, XS–XL", 1.0),
        ("en", "Linden & Lark in linen", 2 / 6),
        ("en", "Sizes XS, S, M, L and XL for ladies", 2 / 6),
        ("zh", "林雀亚麻鼠尾草绿，女款，春夏穿，XS到XL", 1.0),
        ("zh", "林雀的裙子", 1 / 6),
        ("zh", "", 0.0),
    ],
)
def test_coverage_is_the_share_of_what_matters(language: Language, text: str, share: float) -> None:
    assert coverage(facts("dress", language), text, language) == pytest.approx(share)


def test_nothing_to_say_is_said() -> None:
    assert coverage([Fact("title", "Lamp"), Fact("price", "¥9")], "A lamp.", "en") == 1.0
