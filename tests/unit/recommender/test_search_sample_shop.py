"""What shoppers of the sample shop type, and what kind of thing they must see for it."""

from datetime import UTC, datetime
from functools import cache

import pytest

from sample_shop.events import events
from sample_shop.products import products
from services.recommender.codec import to_product
from services.recommender.search import SearchAsk, SearchIndex
from shopkeeper.events.v1.events_pb2 import UserEvent

TOP = 5
LEAST_RIGHT = 0.9
"""Of the queries: all of the first five (or of all there are) must be of the kinds expected."""

EXPECTED = {
    "红色连衣裙": {"midi-dress"},
    "亚麻连衣裙": {"midi-dress"},
    "我想买一条裙子": {"midi-dress", "skirt"},
    "女士羽绒服": {"down-coat"},
    "男士白色衬衫": {"oxford-shirt"},
    "牛仔裤": {"jeans"},
    "跑步鞋": {"running-shoes"},
    "黑色高跟鞋": {"heels"},
    "儿童运动鞋": {"kids-trainers"},
    "手机": {"smartphone"},
    "手机壳": {"phone-case"},
    "手机膜": {"screen-protector"},
    "蓝牙耳机": {"earbuds"},
    "充电宝": {"power-bank"},
    "笔记本电脑": {"laptop"},
    "电饭煲": {"rice-cooker"},
    "空气炸锅": {"air-fryer"},
    "口红": {"lipstick"},
    "敏感肌面霜": {"face-cream"},
    "防晒霜": {"sunscreen"},
    "茶叶": {"green-tea"},
    "咖啡豆": {"coffee-beans"},
    "黑巧克力": {"chocolate"},
    "推理小说": {"mystery"},
    "儿童绘本": {"picture-book"},
    "四件套": {"bedding-set"},
    "瑜伽垫": {"yoga-mat"},
    "露营帐篷": {"tent"},
    "羽毛球拍": {"badminton-racket"},
    "积木": {"building-blocks"},
    "行李箱 20寸": {"suitcase"},
    "猫粮 鸡肉味": {"cat-food"},
    "linen dress": {"midi-dress"},
    "red dress": {"midi-dress"},
    "men's shirt": {"oxford-shirt", "t-shirt"},
    "running shoes": {"running-shoes"},
    "phone case": {"phone-case"},
    "wireless earbuds": {"earbuds"},
    "wireles earbuds": {"earbuds"},
    "mechanical keyboard": {"keyboard"},
    "rice cooker": {"rice-cooker"},
    "hair drier": {"hair-dryer"},
    "face cream for dry skin": {"face-cream"},
    "green tea": {"green-tea"},
    "coffee beans": {"coffee-beans"},
    "dark chocolate gift box": {"chocolate"},
    "mystery novel": {"mystery"},
    "cookbook": {"cookbook"},
    "yoga mat": {"yoga-mat"},
    "tent for 4 persons": {"tent"},
    "teddy bear": {"plush-toy"},
    "jigsaw 1000 pieces": {"jigsaw"},
    "dog leash": {"dog-leash"},
    "cat litter": {"cat-litter"},
    "leather wallet": {"wallet"},
}


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    made = SearchIndex()
    for product in products():
        made.put(to_product(product))
    return made


@cache
def stream() -> tuple[UserEvent, ...]:
    return tuple(events(datetime(2026, 11, 23, tzinfo=UTC)))


def kinds(index: SearchIndex, query: str) -> list[str]:
    hits = index.search(SearchAsk(query, size=TOP)).hits
    return [product.product_id.rsplit("-", 1)[0] for product, _ in hits]


def test_shoppers_see_the_kind_of_thing_they_ask_for(index: SearchIndex) -> None:
    seen = {query: kinds(index, query) for query in EXPECTED}
    wrong = {query: seen[query] for query, right in EXPECTED.items() if not seen[query] or set(seen[query]) - right}
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(EXPECTED), wrong


def test_both_languages_find_the_same_things(index: SearchIndex) -> None:
    for english, chinese in (
        ("rice cooker", "电饭煲"),
        ("yoga mat", "瑜伽垫"),
        ("tent", "帐篷"),
        ("cat litter", "猫砂"),
    ):
        in_english, in_chinese = (
            {product.product_id for product, _ in index.search(SearchAsk(query, size=100)).hits}
            for query in (english, chinese)
        )
        assert in_english == in_chinese


def test_brands_are_found_by_both_their_names(index: SearchIndex) -> None:
    for name in ("Linden & Lark", "林雀"):
        hits = index.search(SearchAsk(name, size=100)).hits
        assert len(hits) >= 5
        assert {product.own.brand for product, _ in hits} == {"Linden & Lark"}


def test_what_shoppers_searched_for_is_what_they_were_then_shown(index: SearchIndex) -> None:
    """The first hits are of the kind on the shelf that the shopper's search led to."""
    shelves = {e.page_view_id: e for e in stream() if e.event_type == "impression"}
    searches = [e for e in stream() if e.event_type == "search" and e.page_view_id in shelves]
    assert len(searches) >= 1000
    right = 0
    for search in searches:
        shown = shelves[search.page_view_id].product_details[0].product_id.rsplit("-", 1)[0]
        seen = kinds(index, search.search_query)
        right += seen.count(shown) >= min(2, len(seen)) > 0
    assert right >= 0.95 * len(searches)
