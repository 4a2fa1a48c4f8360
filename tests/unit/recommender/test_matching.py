"""Whether a product is what a shopper spoke of in a chat, in either language."""

import pytest

from services.recommender.catalogue import Product, Wording
from services.recommender.matching import lacks_size, rule_of


def product(english: Wording, chinese: Wording, **more: object) -> Product:
    return Product("p", {"en": english, "zh": chinese}, **more)  # type: ignore[arg-type]


DRESS = product(
    Wording(
        "Pleated Stretch Cotton Dress, Sage Green",
        brand="Plainfield",
        categories=("Clothing > Women > Dresses",),
        attributes={
            "colour": ("Sage Green",),
            "material": ("Stretch Cotton",),
            "size": ("S", "M", "2XL"),
            "season": ("Summer",),
        },
    ),
    Wording(
        "弹力棉百褶连衣裙 鼠尾草绿",
        brand="素野",
        categories=("服装 > 女装 > 连衣裙",),
        attributes={"colour": ("鼠尾草绿",), "material": ("弹力棉",), "size": ("S", "M", "2XL"), "season": ("夏季",)},
    ),
    tags=("gift",),
)
SHOES = product(
    Wording("Mesh Trainers", categories=("Shoes > Sports Shoes > Running",), attributes={"size": ("38", "39", "40")}),
    Wording("网面运动鞋", categories=("鞋靴 > 运动鞋 > 跑步鞋",), attributes={"size": ("38", "39", "40")}),
)
TEA = product(
    Wording("Spring Green Tea, 100 g Tin", categories=("Food > Drinks > Tea",), attributes={"weight": ("100 g",)}),
    Wording("明前绿茶 100克", categories=("食品 > 饮品 > 茶叶",), attributes={"weight": ("100克",)}),
)
BAG = Product("85099B", {"en": Wording("JUMBO BAG RED RETROSPOT")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "green"),
        ("colour", "Green"),
        ("color", "sage green"),
        ("colour", "绿色"),
        ("colour", "绿"),
        ("colour", "鼠尾草绿"),
        ("Colour", "绿色系"),
        ("material", "cotton"),
        ("material", "棉"),
        ("material", "棉质"),
        ("material", "弹力棉的"),
        ("brand", "PLAINFIELD"),
        ("brand", "素野"),
        ("category", "Clothing > Women"),
        ("category", "dress"),
        ("category", "dresses"),
        ("category", "women's dresses"),
        ("category", "裙子"),
        ("category", "连衣裙"),
        ("size", "XXL"),
        ("size", "M码"),
        ("season", "summer"),
        ("season", "夏季"),
        ("words", "pleated dress"),
        ("words", "百褶"),
        ("words", "gift"),
    ],
)
def test_it_is_what_was_spoken_of(name: str, value: str) -> None:
    assert rule_of(name, value)(DRESS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("colour", "红色"),
        ("colour", "mint"),
        ("material", "wool"),
        ("material", "羊毛"),
        ("material", "纯棉"),
        ("brand", "Plain"),
        ("category", "shoes"),
        ("category", "Women > Clothing > Coats"),
        ("size", "L"),
        ("season", "winter"),
        ("words", "pleated skirt"),
        ("words", "!?"),
        ("mood", "cheerful"),
    ],
)
def test_it_is_not_what_was_spoken_of(name: str, value: str) -> None:
    assert not rule_of(name, value)(DRESS)


@pytest.mark.parametrize("value", ["running shoes", "跑鞋", "跑步鞋", "鞋子", "Shoes"])
def test_a_kind_is_found_by_the_way_to_it(value: str) -> None:
    assert rule_of("category", value)(SHOES)
    assert not rule_of("category", value)(DRESS)


def test_green_tea_is_not_green_but_a_red_bag_without_attributes_is_red() -> None:
    assert not rule_of("colour", "green")(TEA)
    assert not rule_of("colour", "绿色")(TEA)
    assert rule_of("colour", "red")(BAG)
    assert rule_of("colour", "红色")(BAG)
    assert not rule_of("colour", "blue")(BAG)


@pytest.mark.parametrize(
    ("value", "lacking"),
    [("L", [DRESS]), ("m", []), ("XXL", []), ("42", [SHOES]), ("39", []), ("28", []), ("160x200 cm", [])],
)
def test_a_size_is_lacking_only_among_sizes_of_its_kind(value: str, lacking: list[Product]) -> None:
    rule = lacks_size(value)
    assert [each for each in (DRESS, SHOES, TEA, BAG) if rule(each)] == lacking
