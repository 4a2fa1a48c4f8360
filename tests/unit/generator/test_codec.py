"""Products as facts, and copy as a product again."""

import pytest

from sample_shop.copy.facts import facts_of
from sample_shop.copy.pair import LANGUAGES
from sample_shop.products import products
from services.generator import codec
from services.generator.titles import readable
from shopkeeper.catalog.v1.catalog_pb2 import Localization, Product
from tests.unit.generator.shelf import SHIRT


def facts(product: Product, language: str) -> dict[str, str]:
    return {fact.name: fact.value for fact in codec.source(product, language).facts}


def test_the_facts_of_a_product_in_english() -> None:
    assert facts(SHIRT, "en") == {
        "title": "Boxy Shirt in Linen",
        "category": "Clothing > Men > Shirts",
        "brand": "Linden",
        "colour": "sage green",
        "material": "linen",
        "size": "S, M and L",
        "detail": "two-pack",
        "price": "¥129.9",
    }


def test_what_has_no_chinese_words_keeps_the_product_s_own() -> None:
    chinese = facts(SHIRT, "zh")
    assert (chinese["title"], chinese["brand"], chinese["colour"]) == ("宽松亚麻衬衫", "林间", "鼠尾草绿")
    assert (chinese["size"], chinese["price"]) == ("S、M、L", "129.9元")


def test_serving_sees_the_facts_that_training_saw() -> None:
    for product in products():
        for language in LANGUAGES:
            seen = [(fact.name, fact.value) for fact in codec.source(product, language).facts]
            assert seen == [(fact.name, fact.value) for fact in facts_of(product, language)]


def test_a_product_with_a_title_alone_has_one_fact() -> None:
    assert facts(Product(product_id="21", title="SET OF 6 T-LIGHTS SANTA"), "en") == {
        "title": "Set of 6 T-Lights Santa"
    }


@pytest.mark.parametrize(
    ("shouted", "said"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("BOX OF VINTAGE ALPHABET BLOCKS", "Box of Vintage Alphabet Blocks"),
        ("CHILDREN'S APRON  DOLLY GIRL", "Children's Apron Dolly Girl"),
        ("iPhone 14 Case", "iPhone 14 Case"),
        ("TV", "TV"),
    ],
)
def test_a_shouted_title_is_said_with_the_same_words(shouted: str, said: str) -> None:
    assert readable(shouted) == said
    assert said.lower() == " ".join(shouted.split()).lower()


def test_copy_goes_where_its_language_and_channel_belong() -> None:
    english = codec.with_copy(SHIRT, "en", "product-page", "New words.")
    assert (english.description, english.title) == ("New words.", SHIRT.title)
    chinese = codec.with_copy(SHIRT, "zh", "title", "新标题")
    assert (chinese.localizations[0].title, chinese.title) == ("新标题", SHIRT.title)
    assert codec.current_text(chinese, "zh", "title") == "新标题"


def test_a_language_that_the_product_lacks_becomes_a_localization() -> None:
    only_english = Product(product_id="a", title="A", language_code="en")
    changed = codec.with_copy(only_english, "zh", "product-page", "中文")
    assert list(changed.localizations) == [Localization(language_code="zh", description="中文")]
    assert codec.current_text(only_english, "zh", "product-page") == ""
