"""The sample shop reads like a shop, in both languages."""

import re
from collections import Counter

import pytest

from contracts.products import check
from sample_shop.items import items
from sample_shop.kinds import kinds
from sample_shop.products import products
from shopkeeper.catalog.v1.catalog_pb2 import Localization, Product

FORBIDDEN_ZH = re.compile(
    "最|第一|首选|首个|首家|顶级|顶尖|极致|极品|极佳|唯一|独一无二|国家级|世界级|全国|全球|冠军|王牌|万能|绝对|永久|特效|根治|100%|驰名|绝无仅有"
    "|治疗|疗效|美白|祛斑|抗癌|减肥"
)
FORBIDDEN_EN = re.compile(r"\b(best|number one|no\. ?1|perfect|unique|ultimate|world-class|cures?|guaranteed)\b", re.I)
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    return products()


def chinese(product: Product) -> Localization:
    (words,) = product.localizations
    assert words.language_code == "zh"
    return words


def test_there_is_enough_to_choose_from(shop: list[Product]) -> None:
    assert len(shop) >= 600
    top = Counter(product.categories[0].split(" > ")[0] for product in shop)
    assert len(top) >= 10
    assert min(top.values()) >= 30


def test_every_product_is_good_for_the_catalogue(shop: list[Product]) -> None:
    assert {product.product_id: check(product) for product in shop if check(product)} == {}


def test_no_two_products_have_one_name(shop: list[Product]) -> None:
    for names in ([product.title for product in shop], [chinese(product).title for product in shop]):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_both_languages_say_the_same_about_every_product(shop: list[Product]) -> None:
    for product in shop:
        words = chinese(product)
        assert [a.name for a in words.attributes] == [a.name for a in product.attributes]
        assert [len(a.values) for a in words.attributes] == [len(a.values) for a in product.attributes]
        depths = [[path.count(" > ") for path in paths] for paths in (product.categories, words.categories)]
        assert depths[0] == depths[1]
        assert CHINESE.search(words.title), words.title
        assert CHINESE.search(words.brand), words.brand
        english = " ".join([product.title, product.description, product.brand, *product.categories])
        assert not CHINESE.search(english), english


def test_descriptions_are_two_to_five_sentences(shop: list[Product]) -> None:
    for product in shop:
        assert 2 <= len(re.findall(r"[.!?](?= |$)", product.description)) <= 5, product.description
        assert 2 <= len(re.findall("[。！？]", chinese(product).description)) <= 5, chinese(product).description


def test_nothing_is_left_unsaid_or_unfilled(shop: list[Product]) -> None:
    for product in shop:
        for text in (product.title, product.description, chinese(product).title, chinese(product).description):
            assert "{" not in text
            assert "  " not in text


def test_advertising_law_is_kept(shop: list[Product]) -> None:
    for product in shop:
        words = chinese(product)
        for text in (words.title, words.description):
            assert not FORBIDDEN_ZH.search(text), text
        for text in (product.title, product.description):
            assert not FORBIDDEN_EN.search(text), text


def test_prices_are_what_such_things_cost(shop: list[Product]) -> None:
    price = {product.product_id: product.price.units + product.price.nanos / 1e9 for product in shop}
    for item in items():
        low, high = item.kind.price
        assert low <= price[item.product_id] <= high, item.product_id
    usual = {kind.key: sum(price[i.product_id] for i in items() if i.kind == kind) / kind.count for kind in kinds()}
    assert usual["socks"] < usual["jeans"] < usual["down-coat"] < usual["laptop"]
    assert usual["noodles"] < usual["green-tea"] < usual["coffee-machine"]
    assert usual["phone-case"] < usual["earbuds"] < usual["smartphone"]


def test_more_of_the_same_costs_more(shop: list[Product]) -> None:
    """Of one design, the larger size of a consumable is on average dearer."""
    rice = {item.product_id: item for item in items() if item.kind.key == "rice"}
    by_weight: dict[str, list[float]] = {}
    for item in rice.values():
        by_weight.setdefault(item.values["weight"].words.en, []).append(item.price)
    assert max(by_weight["2.5 kg"]) < min(by_weight["5 kg"])


def test_some_things_are_reduced_sold_out_or_not_counted(shop: list[Product]) -> None:
    reduced = [product for product in shop if product.HasField("original_price")]
    assert 0.1 < len(reduced) / len(shop) < 0.35
    assert all(product.original_price.units > product.price.units for product in reduced)
    sold_out = sum(product.HasField("stock") and product.stock.value == 0 for product in shop)
    unknown = sum(not product.HasField("stock") for product in shop)
    assert 5 <= sold_out <= 0.08 * len(shop)
    assert 5 <= unknown <= 0.1 * len(shop)


def test_a_named_model_has_one_maker(shop: list[Product]) -> None:
    makers: dict[tuple[str, str], set[str]] = {}
    for item in items():
        if item.kind.one_brand_per_variant:
            makers.setdefault((item.kind.key, item.variant.title.en), set()).add(item.brand.words.en)
    assert makers
    assert all(len(names) == 1 for names in makers.values())


def test_the_shop_is_the_same_every_time(shop: list[Product]) -> None:
    assert products() == shop
    assert len({product.product_id for product in shop}) == len(shop)


def test_what_goes_with_what_names_kinds_that_exist() -> None:
    keys = {kind.key for kind in kinds()}
    for kind in kinds():
        assert set(kind.goes_with) <= keys, kind.key
