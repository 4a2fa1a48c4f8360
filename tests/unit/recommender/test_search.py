"""A shopper looks for things, and finds them."""

import threading
from collections.abc import Sequence

import pytest

from services.recommender.catalogue import Product, Wording
from services.recommender.filters import Filter
from services.recommender.search import SearchAnswer, SearchAsk, SearchIndex


def thing(
    product_id: str,
    title: str,
    zh: str = "",
    *,
    path: str = "",
    path_zh: str = "",
    brand: str = "",
    description: str = "",
    price: float = 10.0,
    stock: int | None = 5,
    published: int = 0,
    **attributes: str,
) -> Product:
    values = {name: (value,) for name, value in attributes.items()}
    wordings = {"en": Wording(title, description, brand, (path,) if path else (), values)}
    if zh:
        wordings["zh"] = Wording(zh, "", "", (path_zh,) if path_zh else (), {})
    return Product(product_id, wordings, price, "CNY", stock, publish_time_ms=published)


PHONE = {"path": "Electronics > Phones", "path_zh": "数码 > 手机"}
CASE = {"path": "Electronics > Phone Cases", "path_zh": "数码 > 手机壳"}
SHOP = [
    thing(
        "phone-1", "Aurora Phone", "极光 手机 黑色", price=1999.0, brand="Aurora", published=3, colour="Black", **PHONE
    ),
    thing("phone-2", "Comet Phone", "彗星 手机", price=999.0, published=1, colour="Red", **PHONE),
    thing("case-1", "Phone Case for Aurora", "手机壳 红色", price=29.0, published=2, colour="Red", **CASE),
    thing("case-2", "Slim Phone Case", "轻薄手机壳", price=19.0, stock=0, colour="Black", **CASE),
    thing("bag-1", "Canvas Bag", "帆布包", path="Bags > Totes", description="Room for a phone and keys.", price=59.0),
    thing("85123A", "White Hanging Heart T-Light Holder", price=2.55),
]


@pytest.fixture
def index() -> SearchIndex:
    made = SearchIndex()
    for product in SHOP:
        made.put(product)
    return made


def ids(answer: SearchAnswer) -> list[str]:
    return [product.product_id for product, _ in answer.hits]


def found(index: SearchIndex, query: str, **wanted: object) -> list[str]:
    return ids(index.search(SearchAsk(query, Filter(**wanted))))  # type: ignore[arg-type]


def test_who_asks_for_a_phone_gets_phones_before_cases(index: SearchIndex) -> None:
    assert set(found(index, "phone")[:2]) == {"phone-1", "phone-2"}
    assert set(found(index, "手机")[:2]) == {"phone-1", "phone-2"}
    assert found(index, "phone case") == ["case-1"]
    assert found(index, "手机壳") == ["case-1"]


def test_a_word_said_in_passing_is_no_answer_where_others_are_named_so(index: SearchIndex) -> None:
    assert "bag-1" not in found(index, "phone")
    assert found(index, "keys") == ["bag-1"]


def test_english_words_are_found_in_any_form(index: SearchIndex) -> None:
    assert found(index, "hearts hang") == ["85123A"]
    assert set(found(index, "PHONES")) >= {"phone-1", "phone-2"}


def test_slips_of_the_finger_and_half_words_are_understood(index: SearchIndex) -> None:
    for slip in ("canvs bag", "cavnas bag", "canvass bag", "cqnvas bag", "canv"):
        assert found(index, slip) == ["bag-1"], slip


def test_chinese_in_other_words_than_the_catalogue_has(index: SearchIndex) -> None:
    index.put(thing("skirt-1", "Pleated Skirt", "百褶半身裙"))
    assert found(index, "裙子") == ["skirt-1"]
    assert found(index, "我想买一条裙子") == ["skirt-1"]
    assert found(index, "红色的手机壳") == ["case-1"]


def test_a_product_id_finds_its_product_first(index: SearchIndex) -> None:
    assert found(index, "85123A") == ["85123A"]
    assert found(index, " 85123a ") == ["85123A"]
    index.put(thing("other", "Card 85123 A"))
    index.put(thing("85123a", "White Heart"))
    assert found(index, "85123A")[0] == "85123A"
    assert found(index, "85123a")[0] == "85123a"


def test_nothing_is_found_for_what_the_shop_has_not(index: SearchIndex) -> None:
    answer = index.search(SearchAsk("submarine"))
    assert (answer.hits, answer.total, answer.facets) == ([], 0, [])


def test_words_the_shop_does_not_know_count_too(index: SearchIndex) -> None:
    assert set(found(index, "zyxel phone")[:2]) == {"phone-1", "phone-2"}
    assert found(index, "zyxel submarine phone periscope engine") == []
    assert set(found(index, "富安娜手机")[:2]) == {"phone-1", "phone-2"}
    assert found(index, "福田五星红双缸机原装化油器") == []


def test_what_is_asked_for_stands_at_the_end_in_both_languages(index: SearchIndex) -> None:
    index.put(thing("strap-1", "Phone Strap", "手机 挂绳", path="Electronics > Straps", path_zh="数码 > 挂绳"))
    assert found(index, "phone strap")[0] == "strap-1"
    assert found(index, "手机挂绳")[0] == "strap-1"
    assert found(index, "phone")[0] in ("phone-1", "phone-2")


def test_what_is_out_of_stock_is_shown_only_when_asked_for(index: SearchIndex) -> None:
    assert "case-2" in found(index, "phone case", include_out_of_stock=True)
    assert "case-2" not in found(index, "phone case")


def test_filters_hold_and_count_in_any_language(index: SearchIndex) -> None:
    assert found(index, "phone", max_price=1000.0, min_price=100.0) == ["phone-2"]
    assert found(index, "phone", attributes={"colour": ("black",)}) == ["phone-1"]
    assert found(index, "phone", brands=("aurora",)) == ["phone-1"]
    assert set(found(index, "", categories=("数码 > 手机",))) == {"phone-1", "phone-2"}
    assert found(index, "手机", exclude_product_ids=frozenset({"phone-1"}))[0] == "phone-2"


def test_a_category_is_a_path_and_not_the_beginning_of_a_word(index: SearchIndex) -> None:
    assert found(index, "", categories=("Electronics > Phone",)) == []
    assert len(found(index, "", categories=("Electronics",))) == 3


def test_orders(index: SearchIndex) -> None:
    def ordered(order: str) -> list[str]:
        return ids(index.search(SearchAsk("", Filter(categories=("Electronics",)), order)))  # type: ignore[arg-type]

    assert ordered("price-ascending") == ["case-1", "phone-2", "phone-1"]
    assert ordered("price-descending") == ["phone-1", "phone-2", "case-1"]
    assert ordered("newest") == ["phone-1", "case-1", "phone-2"]


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    index = SearchIndex()
    for number in range(57):
        index.put(thing(f"mug-{number:02d}", f"Stoneware Mug {number}", price=1.0 + number))
    pages = [index.search(SearchAsk("mug", offset=offset, size=20)) for offset in (0, 20, 40, 60)]
    assert [len(page.hits) for page in pages] == [20, 20, 17, 0]
    assert {page.total for page in pages} == {57}
    assert len({product_id for page in pages for product_id in ids(page)}) == 57


def test_facets_count_all_matches_in_the_language_asked_for(index: SearchIndex) -> None:
    for language in ("zh", "zh-CN"):
        answer = index.search(SearchAsk("", Filter(categories=("Electronics",)), language_code=language, size=1))
        by_name = {facet.name: {value.value: value.count for value in facet.values} for facet in answer.facets}
        assert by_name["category"] == {"数码 > 手机": 2, "数码 > 手机壳": 1}
    answer = index.search(SearchAsk("", Filter(categories=("Electronics",)), size=1))
    by_name = {facet.name: {value.value: value.count for value in facet.values} for facet in answer.facets}
    assert by_name["category"] == {"Electronics > Phones": 2, "Electronics > Phone Cases": 1}
    assert by_name["colour"] == {"Red": 2, "Black": 1}
    assert by_name["brand"] == {"Aurora": 1}


def test_price_ranges_hold_every_product_once() -> None:
    index = SearchIndex()
    prices = [3.5, 4.9, 12.0, 19.9, 25.0, 49.0, 75.0, 120.0, 260.0, 999.0]
    for number, price in enumerate(prices):
        index.put(thing(f"cup-{number}", f"Cup {number}", price=price))
    ranges = next(facet for facet in index.search(SearchAsk("cup")).facets if facet.name == "price").values
    assert sum(value.count for value in ranges) == len(prices)
    assert len(ranges) >= 3
    for value in ranges:
        wanted = Filter(min_price=value.min_price, max_price=value.max_price)
        assert index.search(SearchAsk("cup", wanted)).total == value.count
        assert value.currency == "CNY"


def test_a_product_that_changes_or_goes_is_found_by_its_new_words_only(index: SearchIndex) -> None:
    index.put(thing("bag-1", "Leather Satchel", "皮书包", path="Bags > Satchels"))
    assert found(index, "canvas") == []
    assert found(index, "satchel") == ["bag-1"]
    assert found(index, "stachel") == ["bag-1"]
    index.remove("bag-1")
    index.remove("never was there")
    assert found(index, "satchel") == []
    assert found(index, "书包") == []


def test_taste_turns_around_only_what_answers_equally_well(index: SearchIndex) -> None:
    def likes(product_id: str) -> SearchAsk:
        def taste(products: Sequence[Product]) -> list[float]:
            return [1.0 if product.product_id == product_id else 0.0 for product in products]

        return SearchAsk("phone", taste=taste)

    assert ids(index.search(likes("phone-1")))[0] == "phone-1"
    assert ids(index.search(likes("phone-2")))[0] == "phone-2"
    assert ids(index.search(likes("case-1")))[0] != "case-1"


class OneMeaning:
    """Knows that a tablet lies near the phones and far from bags."""

    def nearest(self, query: str, count: int) -> Sequence[tuple[str, float]]:
        near = [("phone-2", 0.9), ("gone", 0.8), ("phone-1", 0.7), ("bag-1", 0.1)]
        return near[:count] if query in ("tablet", "phone") else []


def test_meaning_fills_up_where_words_find_little_and_orders_what_they_find() -> None:
    index = SearchIndex(OneMeaning())
    for product in SHOP:
        index.put(product)
    assert found(index, "tablet") == ["phone-2", "phone-1"]
    assert found(index, "phone")[0] == "phone-2"
    assert found(index, "submarine") == []


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"phone',
        "phone'; DROP TABLE words; --",
        "NEAR(phone case, 2)",
        "title : phone",
        "phone AND",
        "NOT phone",
        "phone*",
        "^phone",
        "(((",
        "{}[]()+-^:*",
        "。，！？",
        "🎁📱",
        "📱 phone",
        "\x00phone\x00",
        "phone " * 166,
        "手机" * 500,
        "а́бв привет",
        "a",
        "的",
        "１２８ＧＢ　ｐｈｏｎｅ",
        "\ud800",
    ],
)
def test_no_query_breaks_it(index: SearchIndex, query: str) -> None:
    answer = index.search(SearchAsk(query))
    assert answer.total >= len(answer.hits)


def test_full_width_letters_and_signs_around_words_change_nothing(index: SearchIndex) -> None:
    assert found(index, "ｐｈｏｎｅ！") == found(index, "phone") == found(index, "📱 phone ?")


def test_many_may_search_while_products_come_and_go(index: SearchIndex) -> None:
    failures: list[Exception] = []

    def search() -> None:
        try:
            for _ in range(100):
                assert set(found(index, "phone")[:2]) == {"phone-1", "phone-2"}
        except Exception as error:
            failures.append(error)

    def change() -> None:
        for number in range(100):
            index.put(thing(f"lamp-{number}", f"Lamp {number}"))
            index.remove(f"lamp-{number}")

    threads = [threading.Thread(target=work) for work in (search, search, search, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_price_range_among_the_facets_is_empty() -> None:
    prices = (279, 299, 320, 340, 559, 600, 650, 669)
    index = SearchIndex()
    for number, price in enumerate(prices):
        index.put(thing(f"cooker-{number}", "Rice Cooker", price=float(price)))
    (ranges,) = [facet.values for facet in index.search(SearchAsk("rice cooker")).facets if facet.name == "price"]
    assert sum(each.count for each in ranges) == len(prices)
    assert all(each.count for each in ranges)
