"""Shoppers who look for something: search, refinement, questions, cart, order. Each test is one conversation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicekit.errors import Unavailable
from tests.fakes_dialogue import Shop, new_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = new_shop(tmp_path)
    yield made
    made.executor.shutdown()
    made.engine.dispose()


async def test_search_refine_the_second_one_into_the_cart_and_order(shop: Shop) -> None:
    ann = shop.shopper()
    heard = await ann.says("show me [running shoes](product) [under 400 yuan](price)", "search-product")
    assert heard.products == ["trail-shoes", "road-shoes", "light-shoes"]
    heard = await ann.says("in [red](colour)", "refine-search")
    assert heard.products == ["road-shoes", "light-shoes"]
    heard = await ann.says("how much is the [second](ordinal) one?", "ask-price")
    assert "(answer-price)" in heard.text
    heard = await ann.says("put the [second](ordinal) one into my cart, size [41](size)", "add-to-cart")
    assert shop.products.carts == {"ann": {"light-shoes": 1}}
    heard = await ann.says("check out please", "place-order")
    assert heard.confirms == "place-order"
    assert "¥259" in heard.text
    assert shop.orders.orders == {}
    heard = await ann.says("yes", "affirm")
    [order] = shop.orders.orders.values()
    assert [(line.product_id, line.size) for line in order.lines] == [("light-shoes", "41")]
    assert order.order_id in heard.text


async def test_cheaper_is_below_what_was_shown(shop: Shop) -> None:
    ann = shop.shopper(language="zh")
    await ann.says("想买[跑鞋](product)", "search-product")
    await ann.says("[红色](colour)的", "refine-search")
    heard = await ann.says("[便宜点](price)的", "refine-search")
    assert "没有更便宜的" in heard.text
    assert heard.products[0] == "light-shoes"


async def test_a_condition_that_nothing_meets_is_left_aside_and_said(shop: Shop) -> None:
    ann = shop.shopper()
    heard = await ann.says("a [scarf](product) in [red](colour)", "search-product")
    assert heard.products == ["scarf"]
    assert "leave aside the colour red" in heard.text


async def test_materials_are_found_by_a_part_of_their_name(shop: Shop) -> None:
    heard = await shop.shopper().says("anything in [wool](material)?", "search-product")
    assert heard.products == ["scarf"]
    assert shop.products.asked[-1][1].attributes == {"material": ["Merino Wool"]}


async def test_what_was_wanted_becomes_a_preference(shop: Shop) -> None:
    ann = shop.shopper(language="zh")
    await ann.says("想买[红色](colour)的[跑鞋](product)，[400以内](price)", "search-product")
    await ann.says("我对[羊毛](material)过敏", "state-preference")
    assert {("colour", "red", 1.0), ("words", "跑鞋", 1.0), ("max_price", "400", 1.0), ("material", "羊毛", -1.0)} <= (
        shop.outbox.preferences()
    )


async def test_it_is_the_product_talked_about(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("do you have [running shoes](product)?", "search-product")
    await ann.says("tell me about the [first](ordinal) one", "ask-product")
    await ann.says("I'll take it", "add-to-cart")
    assert shop.products.carts["ann"] == {"trail-shoes": 1}
    heard = await ann.says("what is in my cart?", "view-cart")
    assert "Trail Running Shoes" in heard.text
    await ann.says("take the [shoes](product) out again", "remove-from-cart")
    assert shop.products.carts["ann"] == {}


async def test_the_open_page_is_this_one(shop: Shop) -> None:
    heard = await shop.shopper().says("how much is this?", "ask-price", page="kettle")
    assert shop.writer is not None
    assert ("title", "Gooseneck Electric Kettle") in shop.writer.wishes[-1].facts
    assert heard.products == ["kettle"] or "(answer-price)" in heard.text


async def test_an_attribute_and_one_that_nobody_wrote_down(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("what is the [scarf](product) [made of](attribute)?", "ask-product")
    assert shop.writer is not None
    assert ("material", "Merino Wool") in shop.writer.wishes[-1].facts
    heard = await ann.says("can it go in the [dryer](attribute)?", "ask-product")
    assert "does not tell its dryer" in heard.text


async def test_two_products_side_by_side(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("[running shoes](product)", "search-product")
    heard = await ann.says("compare the [first](ordinal) and the [third](ordinal)", "compare-products")
    assert "Trail" in heard.text
    assert "Light" in heard.text
    assert "¥140 cheaper" in heard.text


async def test_a_size_that_it_does_not_come_in(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("[running shoes](product)", "search-product")
    heard = await ann.says("do you have the [third](ordinal) in size [43](size)?", "check-stock")
    assert "does not come in size 43" in heard.text


async def test_a_question_about_a_product_in_the_middle_of_a_return(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    await ann.says("I want to return my [kettle](product)", "return-item")
    heard = await ann.says("do you have [running shoes](product)?", "search-product")
    assert heard.products
    assert heard.asks == "reason"


async def test_the_language_follows_the_shopper(shop: Shop) -> None:
    ann = shop.shopper()
    assert (await ann.says("how long does shipping take?", "ask-shipping")).text == "Shipping takes two to four days."
    heard = await ann.says("快递要几天？", "ask-shipping")
    assert heard.served.language == "zh"
    assert heard.text == "快递两到四天送达。"


async def test_a_question_that_nobody_can_answer(shop: Shop) -> None:
    heard = await shop.shopper().says("do you know the way to the moon?")
    assert heard.done.unknown
    assert heard.citations == []
    assert heard.handoff is None
    assert "I want to talk to a person" in heard.replies


async def test_the_cart_is_empty(shop: Shop) -> None:
    heard = await shop.shopper().says("place the order", "place-order")
    assert heard.confirms == ""
    assert "empty" in heard.text


async def test_words_come_from_the_generator_with_the_history(shop: Shop) -> None:
    ann = shop.shopper()
    assert (await ann.says("hello", "greet")).text == "(greet)"
    await ann.says("thanks", "thank")
    assert shop.writer is not None
    assert [(said.by_shopper, said.act) for said in shop.writer.histories[-1]] == [(True, ""), (False, "greet")]


async def test_without_the_generator_templates_say_it(shop: Shop) -> None:
    assert shop.writer is not None
    shop.writer.failure = Unavailable("down")
    heard = await shop.shopper().says("[running shoes](product) please", "search-product")
    assert heard.text == "I found 3 for running shoes; here are some:"
    assert heard.done.degradations == ["generator-unavailable"]
    assert shop.counts.degradations == ["generator-unavailable"]


async def test_without_the_recommender_what_was_popular(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("[running shoes](product) please", "search-product")
    shop.products.failure = Unavailable("down")
    heard = await ann.says("a [kettle](product)", "search-product")
    assert heard.done.degradations == ["recommender-unavailable"]
    assert heard.products == ["trail-shoes", "road-shoes", "light-shoes"]
    heard = await ann.says("what is in my cart?", "view-cart")
    assert heard.done.degradations == ["recommender-unavailable"]
    assert "cannot look up" in heard.text


async def test_without_understanding_keywords_and_a_menu(shop: Shop) -> None:
    assert shop.nlu is not None
    shop.nlu.failure = Unavailable("down")
    shop.orders.put("SK30000101", "trail-shoes")
    ann = shop.shopper()
    heard = await ann.says("hello")
    assert heard.done.degradations[0] == "nlu-unavailable"
    assert heard.replies
    heard = await ann.says("looking for red running shoes under 300 yuan")
    assert heard.products == ["light-shoes"]
    heard = await ann.says("I want to return my trail shoes because they are too tight")
    assert heard.confirms == "request-return"
    await ann.says("yes")
    assert list(shop.orders.changes.values()) == ["return SK30000101 trail-shoes"]
    heard = await ann.says("怎么配送，几天到")
    assert heard.citations == ["shipping"]


async def test_a_question_that_lacks_its_product_is_answered_once_it_is_named(shop: Shop) -> None:
    ann = shop.shopper()
    heard = await ann.says("how much does it cost", "ask-price")
    assert heard.asks == "product"
    await ann.says("the [kettle](product)", "inform")
    assert shop.writer is not None
    assert ("price", "¥199") in shop.writer.wishes[-1].facts
