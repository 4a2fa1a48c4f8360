"""What rules read off a sentence."""

import pytest

from services.dialogue import keywords, matching, scan, seeking, texts
from services.dialogue.ports import Vocabulary
from services.dialogue.sizes import next_size, same_size
from services.dialogue.state import Wanted
from services.dialogue.understanding import PriceRange


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("under 200 yuan", PriceRange(high=20_000)),
        ("200块以内的", PriceRange(high=20_000)),
        ("between 100 and 250", PriceRange(10_000, 25_000)),
        ("100到200块", PriceRange(10_000, 20_000)),
        ("over ¥1,500", PriceRange(low=150_000)),
        ("something cheaper", PriceRange(direction=-1)),
        ("贵一点的", PriceRange(direction=1)),
        ("within 30 days", None),
        ("10 kg or less", None),
        ("7天内能退吗", None),
    ],
)
def test_prices(text: str, range_: PriceRange | None) -> None:
    assert scan.price(text) == range_


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes please", True),
        ("好的", True),
        ("可以", True),
        ("OK, do it", True),
        ("no", False),
        ("不是这个", False),
        ("no, the other one", False),
        ("no problem", None),
        ("不好意思", None),
        ("对了，运费多少", None),
        ("I am not sure", None),
        ("可以便宜点吗", None),
    ],
)
def test_yes_and_no(text: str, answer: bool | None) -> None:
    assert scan.yes_or_no(text) is answer


@pytest.mark.parametrize(
    ("text", "size"),
    [("size 42", "42"), ("42码", "42"), ("XL please", "XL"), ("it's", ""), ("I'm fine", ""), ("大码的", "大码")],
)
def test_sizes(text: str, size: str) -> None:
    assert scan.size(text) == size


def test_numbers_and_places() -> None:
    assert scan.order_number("order sk 2093-8475 please") == "SK20938475"
    assert scan.order_number("SK123456789") == ""
    assert scan.ordinals("compare the first and number 3") == (1, 3)
    assert scan.ordinals("第二个和最后一个") == (2, -1)
    assert scan.quantity("第二个看起来不错") is None
    assert scan.quantity("来两台") == 2
    assert scan.after_no("no, I meant the kettle") == "the kettle"
    assert scan.after_greeting("hello there") == ""
    assert scan.after_greeting("hi, my kettle leaks a lot") == "my kettle leaks a lot"


def test_sizes_in_order() -> None:
    assert same_size("XXL", "2xl")
    assert next_size("M", ["S", "M", "L"], 1) == "L"
    assert next_size("L", ["S", "M", "L"], 1) == ""
    assert next_size("41", ["40", "41", "42"], -1) == "40"


def test_what_a_search_names() -> None:
    assert keywords.product_in("looking for a red dress under 500 yuan") == "dress"
    assert keywords.product_in("想买个水壶，200以内") == "水壶"


def test_names_of_things() -> None:
    titles = [["Trail Running Shoes, Black", "越野跑鞋"], ["Road Running Shoes, Red", "公路跑鞋"], ["Stoneware Mug"]]
    assert list(matching.best("trail shoes", titles)) == [0]
    assert list(matching.best("running shoes", titles)) == [0, 1]
    assert list(matching.best("跑鞋", titles)) == [0, 1]
    assert list(matching.best("umbrella", titles)) == []
    assert list(matching.mentioned("could the mug be swapped", titles)) == [2]
    assert list(matching.mentioned("nothing of the kind", titles)) == []


def test_the_catalogues_own_words() -> None:
    words = Vocabulary(
        frozenset({"Kestrel"}),
        frozenset({"Shoes > Boots > Ankle Boots", "Clothing > Women > Dresses"}),
        {
            "material": frozenset({"Leather", "Vegan Leather", "Merino Wool"}),
            "colour": frozenset({"Navy", "Sky Blue", "Forest Green"}),
        },
    )
    assert seeking.categories_of("dress", words.categories) == ["Clothing > Women > Dresses"]
    assert seeking.categories_of("boots", words.categories) == ["Shoes > Boots"]
    first = next(seeking.attempts(Wanted(product="boots", material="leather", colour="green"), words))
    assert first.conditions.attributes == {"material": ["Leather"], "colour": ["Forest Green"]}
    given_up = [attempt.dropped for attempt in seeking.attempts(Wanted(product="boots", size="38", high=100), words)]
    assert given_up == [(), (), ("size",), ("price",), ("size", "price")]
    assert texts.colour_in("navy", "zh") == "藏青色"
