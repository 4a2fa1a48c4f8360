"""Copy pairs keep to their facts, in sentences that a reader of each language would write."""

import itertools
import re
from collections import Counter

import pytest

from bench.copy_checker import CopyChecker, coverage, forbidden
from sample_shop.copy.facts import NOT_ATTRIBUTES, facts_of, is_plural, plain, price_of, short_title, takes_article
from sample_shop.copy.pair import CHANNELS, LANGUAGES, LENGTHS, STYLES, CopyPair, Fact, Ref, Text
from sample_shop.copy.pairs import held_out, pairs
from sample_shop.copy.templates import grammar
from sample_shop.items import items
from sample_shop.products import products
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Product

EVERY = 9
"""Not all of the products are read, for time."""
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def some() -> list[CopyPair]:
    return list(pairs(1, products()[::EVERY]))


def test_there_are_thousands_of_different_texts_in_all_manners(some: list[CopyPair]) -> None:
    assert len(some) * EVERY > 3000
    assert len({pair.text for pair in some}) > 0.97 * len(some)
    manners = {(pair.language, pair.channel, pair.style, pair.length) for pair in some}
    assert manners == set(itertools.product(LANGUAGES, CHANNELS, STYLES, LENGTHS))
    assert {pair.product_id for pair in some} == {product.product_id for product in products()[::EVERY]}


def test_the_same_seed_gives_the_same_pairs() -> None:
    few = products()[:3]
    assert list(pairs(5, few)) == list(pairs(5, few))
    assert list(pairs(5, few)) != list(pairs(6, few))


def test_pieces_say_which_words_are_copied() -> None:
    facts = (Fact("title", "Mug"), Fact("colour", "sage green"))
    pair = CopyPair("mug-1", "en", "title", "plain", "short", facts, (Ref(0), Text(" in "), Ref(1)))
    assert pair.text == "Mug in sage green"


def test_every_text_names_the_product_and_leaves_no_place_unfilled(some: list[CopyPair]) -> None:
    for pair in some:
        assert any(isinstance(piece, Ref) and pair.facts[piece.fact].name == "title" for piece in pair.target)
        assert not any(isinstance(piece, Text) and not piece.value for piece in pair.target)
        assert not re.search(r"[{}<>|]|\s\s|。。|，。|\.\.| [,.!?]", pair.text.replace(" | ", " ")), pair.text
        assert all(fact.value for fact in pair.facts)


def test_no_text_says_more_than_its_facts(some: list[CopyPair]) -> None:
    checkers = {language: CopyChecker(products(), language) for language in LANGUAGES}
    for pair in some:
        assert checkers[pair.language].unfaithful(pair.facts, pair.text) == [], pair.text
        assert forbidden(pair.text, pair.facts) == [], pair.text


def test_medium_and_long_texts_say_all_that_matters(some: list[CopyPair]) -> None:
    for pair in some:
        if pair.length != "short" and pair.channel in ("product-page", "email", "live"):
            names = [fact.name for fact in pair.facts]
            known = len(names) == len(set(names)) and "title" in names
            assert known
            assert coverage(pair.facts, pair.text, pair.language) == 1.0, pair.text


def test_short_texts_say_an_attribute_where_there_is_one(some: list[CopyPair]) -> None:
    silent = total = 0
    for pair in some:
        attributes = [fact.value for fact in pair.facts if fact.name not in NOT_ATTRIBUTES]
        if pair.length == "short" and pair.channel in ("product-page", "live") and attributes:
            total += 1
            silent += not any(value.casefold() in pair.text.casefold() for value in attributes)
    assert total > 100
    assert silent == 0


def test_texts_are_as_long_as_their_channel_wants(some: list[CopyPair]) -> None:
    for pair in some:
        if pair.channel == "title":
            assert "\n" not in pair.text
            assert len(pair.text) <= 120
        assert (pair.text.count("\n") == 1) == (pair.channel == "email")
    mean = {
        length: sum(len(p.text) for p in some if p.length == length) / sum(p.length == length for p in some)
        for length in LENGTHS
    }
    assert mean["short"] < mean["medium"] < mean["long"]


def test_english_sentences_begin_with_a_capital_and_chinese_ones_are_chinese(some: list[CopyPair]) -> None:
    for pair in some:
        if pair.language == "en":
            assert not CHINESE.search(pair.text), pair.text
            assert not re.search(r"(?:^|[.!] |\n)[a-z]", pair.text.replace("No. ", "")), pair.text
            assert not re.search(r"\ba [aeiou]|\ban (?!hour)[^aeiouAEIOU]|\bthe [Tt]he\b", pair.text), pair.text
        else:
            assert CHINESE.search(pair.text)
            assert not re.search("[\u4e00-\u9fff][,.!?]", pair.text), pair.text


def test_several_things_are_they() -> None:
    shoes = list(pairs(2, [p for p in products() if p.product_id.startswith("running-shoes")]))
    english = [pair.text for pair in shoes if pair.language == "en"]
    assert any(re.search(r"Shoes.* (are|come) ", text) for text in english)
    assert not any(
        re.search(r"\b[Ii]t (is|comes|has)\b|Shoes[^.!?:\n]*\b(is|comes|wants|has)\b", text) for text in english
    )


@pytest.mark.parametrize(
    ("title", "several"),
    [
        ("Straight-Leg Jeans", True),
        ("Light Mesh Running Shoes for Speed", True),
        ("Tassel Loafers in Suede", True),
        ("Washable Felt Pens", True),
        ("Square-Neck Dress with Puff Sleeves", False),
        ("Pair of Stoneware Mugs", False),
        ("Borosilicate Glass", False),
        ("Canals and Kings: A History of Water", False),
        ("Screen Lens", False),
    ],
)
def test_the_number_of_a_title(title: str, several: bool) -> None:
    assert is_plural(title) == several


def test_titles_are_shortened_to_what_other_facts_do_not_say() -> None:
    linen = "Linden & Lark Wrap Midi Dress in Linen, Sage Green"
    assert short_title(linen, "Linden & Lark", ["Linen", "Sage Green"], "en") == ("Wrap Midi Dress in Linen", ())
    chinese = short_title("林雀 亚麻衬衫式连衣裙 配腰带 鼠尾草绿", "林雀", ["亚麻", "鼠尾草绿"], "zh")
    assert chinese == ("亚麻衬衫式连衣裙", ("配腰带",))
    assert short_title("Bramble Rice Cooker 4 L, White", "Bramble", ["4 L", "White"], "en") == ("Rice Cooker", ())
    assert short_title("光子 9 5G手机 256GB 黑色", "", ["256GB", "黑色", "5G"], "zh") == ("光子 9 5G手机", ())
    assert short_title("WHITE HANGING HEART T-LIGHT HOLDER", "", [], "en") == ("WHITE HANGING HEART T-LIGHT HOLDER", ())
    assert not takes_article("The Ferry at Dusk: A Novel")


def test_facts_are_the_catalogues_in_the_words_of_running_text() -> None:
    product = Product(product_id="x", title="Bowl, Sage Green", language_code="en")
    product.attributes.extend(
        [Attribute(name="colour", values=["Sage Green"]), Attribute(name="size", values=["S", "M"])]
    )
    product.price.currency_code, product.price.units = "GBP", 3
    assert [(fact.name, fact.value) for fact in facts_of(product, "en")] == [
        ("title", "Bowl"),
        ("colour", "sage green"),
        ("size", "S and M"),
        ("price", "£3"),
    ]
    assert plain("material", "EVA Foam", "en") == "EVA foam"
    assert plain("steel", "Damascus Steel", "en") == "Damascus steel"
    assert price_of(products()[0], "zh").endswith("元")


def test_all_products_of_a_design_are_held_out_or_none() -> None:
    ways: dict[tuple[str, str], set[bool]] = {}
    for item in items():
        ways.setdefault((item.kind.key, item.variant.title.en), set()).add(held_out(item.product_id))
    assert all(len(found) == 1 for found in ways.values())
    assert 0.08 < sum(held_out(item.product_id) for item in items()) / len(items()) < 0.22
    assert held_out("85123A") == held_out("85123B") == held_out("85123")


def test_the_grammar_has_enough_to_choose_from() -> None:
    for language in LANGUAGES:
        words = grammar(language)
        for style in STYLES:
            assert len(words.openers[style]) >= 12
            assert len(words.closers[style]) >= 12
            assert min(len(words.channels[part][style]) for part in ("title", "subject", "hook", "live")) >= 12
        for name, forms in words.attributes.items():
            assert len(set(forms["clauses"])) >= 12, (language, name)
        assert len(words.groups) == 12
        lines = [one.words for parts in words.groups.values() for kind in parts.values() for one in kind]
        assert [line for line, count in Counter(lines).items() if count > 2] == []
