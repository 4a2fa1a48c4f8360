"""Shoppers with an order: returning, exchanging, cancelling, asking where it is. Each test is one conversation."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from servicekit.errors import Unavailable
from services.dialogue.tables import CONVERSATIONS
from tests.fakes_dialogue import Shop, new_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = new_shop(tmp_path)
    yield made
    made.executor.shutdown()
    made.engine.dispose()


async def test_a_return_with_a_question_in_the_middle_and_another_item_after_all(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", "kettle")
    ann = shop.shopper()
    heard = await ann.says("I want to return my [trail shoes](product)", "return-item")
    assert heard.asks == "reason"
    heard = await ann.says("how long do I have for a return?", "ask-return-policy")
    assert heard.citations == ["return-policy"]
    assert heard.asks == "reason"
    heard = await ann.says("too tight", "inform")
    assert heard.confirms == "request-return"
    assert "Trail Running Shoes" in heard.text
    heard = await ann.says("no, I meant the [kettle](product)", "deny")
    assert heard.confirms == "request-return"
    assert "Kettle" in heard.text
    assert shop.orders.changes == {}
    heard = await ann.says("yes, go ahead", "affirm")
    assert list(shop.orders.changes.values()) == ["return SK30000101 kettle"]
    assert heard.orders == ["SK30000101"]
    assert "¥199" in heard.text


async def test_a_return_in_chinese_by_button(shop: Shop) -> None:
    shop.orders.put("SK30000102", "kettle")
    ann = shop.shopper(language="zh")
    heard = await ann.says("这个[水壶](product)我要退，[漏水](reason)", "return-item")
    assert heard.confirms == "request-return"
    assert "漏水" in heard.text
    heard = await ann.presses(True)
    assert list(shop.orders.changes.values()) == ["return SK30000102 kettle"]
    assert heard.text.startswith("退货申请已提交")


async def test_nothing_happens_after_a_no(shop: Shop) -> None:
    shop.orders.put("SK30000102", "kettle")
    ann = shop.shopper()
    await ann.says("send the [kettle](product) back, [it leaks](reason)", "return-item")
    stale = (await ann.presses(False)).served
    assert shop.orders.changes == {}
    heard = await ann.says("yes", "affirm")
    assert shop.orders.changes == {}
    assert heard.confirms == ""
    assert stale.turn == 2


async def test_a_button_of_before_does_nothing(shop: Shop) -> None:
    shop.orders.put("SK30000102", "kettle")
    ann = shop.shopper()
    first = await ann.says("return the [kettle](product), [it leaks](reason)", "return-item")
    assert first.confirmation is not None
    await ann.says("because [it is too loud](reason)", "inform")
    heard = await ann.presses(True, first.confirmation.confirmation_id)
    assert "no longer open" in heard.text
    assert shop.orders.changes == {}


async def test_the_right_order_is_asked_for_with_the_orders_to_choose_from(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes")
    shop.orders.put("SK30000102", "kettle")
    shop.orders.put("SK30000103", "mug", state="shipped")
    ann = shop.shopper()
    heard = await ann.says("I want to send something back", "return-item")
    assert heard.asks == "order_number"
    assert heard.orders == ["SK30000102", "SK30000101"]
    heard = await ann.says("[SK39999999](order_number)", "inform")
    assert "SK39999999" in heard.text
    assert heard.asks == "order_number"
    heard = await ann.says("the [second](ordinal) one", "inform")
    assert heard.asks == "reason"
    heard = await ann.says("I do not like them", "complain")
    assert heard.confirms == "request-return"
    assert heard.confirmation is not None
    assert heard.confirmation.order_id == "SK30000101"


async def test_the_only_suitable_order_is_taken_and_its_items_are_asked_for(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", "kettle")
    shop.orders.put("SK30000103", "mug", state="paid")
    ann = shop.shopper()
    heard = await ann.says("I would like to return something", "return-item")
    assert heard.asks == "product"
    heard = await ann.says("the [kettle](product)", "inform")
    assert heard.asks == "reason"


async def test_an_exchange_asks_for_the_size_and_takes_a_correction(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", size="41")
    ann = shop.shopper()
    heard = await ann.says("the [trail shoes](product) are [too small](reason), swap them please", "exchange-item")
    assert heard.asks == "size"
    heard = await ann.says("[42](size)", "inform")
    assert heard.confirms == "request-exchange"
    assert "42" in heard.text
    heard = await ann.says("actually make it [43](size)", "inform")
    assert heard.confirms == "request-exchange"
    assert "43" in heard.text
    await ann.says("yes please", "affirm")
    [case] = shop.orders.orders["SK30000101"].cases
    assert case.new_size == "43"


async def test_a_size_that_there_is_not_is_said(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", size="41")
    ann = shop.shopper()
    heard = await ann.says("exchange the [shoes](product) for a [47](size)", "exchange-item")
    assert heard.asks == "size"
    assert "47" in heard.text
    assert "41, 42, 43" in heard.text


async def test_a_bigger_one_is_the_next_size(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", size="41")
    ann = shop.shopper(language="zh")
    heard = await ann.says("[跑鞋](product)想换大一码", "exchange-item")
    assert heard.confirms == "request-exchange"
    assert "42" in heard.text


async def test_a_broken_thing_is_exchanged_for_the_same(shop: Shop) -> None:
    shop.orders.put("SK30000102", "mug")
    ann = shop.shopper()
    heard = await ann.says("the [mug](product) [arrived cracked](reason), send me a new one", "exchange-item")
    assert heard.confirms == "request-exchange"


async def test_an_order_that_was_shipped_is_not_cancelled(shop: Shop) -> None:
    shop.orders.put("SK30000103", "mug", state="shipped")
    ann = shop.shopper()
    heard = await ann.says("cancel my order [SK30000103](order_number)", "cancel-order")
    assert heard.confirms == ""
    assert "shipped already" in heard.text
    assert "I want to talk to a person" in heard.replies
    assert shop.orders.tries == 0


async def test_an_order_that_was_shipped_meanwhile_is_told_as_the_shop_refuses(shop: Shop) -> None:
    shop.orders.put("SK30000103", "mug", state="paid")
    ann = shop.shopper(language="zh")
    heard = await ann.says("取消订单", "cancel-order")
    assert heard.confirms == "cancel-order"
    shop.orders.refusal = "ORDER_SHIPPED"
    heard = await ann.says("确认", "affirm")
    assert "已经发货" in heard.text
    assert shop.counts.outcomes[-1] == "refused"


async def test_after_a_delivered_order_cannot_be_cancelled_a_yes_returns_it(shop: Shop) -> None:
    shop.orders.put("SK30000103", "mug")
    ann = shop.shopper()
    await ann.says("cancel the order [SK30000103](order_number)", "cancel-order")
    heard = await ann.says("yes please", "affirm")
    assert heard.done.flow == "return-item"
    assert heard.asks == "reason"


async def test_an_exchange_instead_of_the_return_keeps_the_order(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", size="41")
    shop.orders.put("SK30000102", "kettle")
    ann = shop.shopper()
    heard = await ann.says("return the [trail shoes](product)", "return-item")
    assert heard.asks == "reason"
    heard = await ann.says("or rather exchange them for [42](size)", "exchange-item")
    assert heard.confirms == "request-exchange"
    assert heard.confirmation is not None
    assert heard.confirmation.order_id == "SK30000101"


async def test_another_flow_in_between_is_served_and_the_first_taken_up_again(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes")
    shop.orders.put("SK30000103", "mug", state="shipped")
    ann = shop.shopper()
    await ann.says("return the [trail shoes](product)", "return-item")
    heard = await ann.says("by the way, where is my parcel?", "track-order")
    assert "SK30000103" in heard.text
    assert "Swift Courier" in heard.text
    assert heard.done.flow == "return-item"
    assert heard.asks == "reason"


async def test_leaving_a_flow(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes")
    ann = shop.shopper(language="zh")
    await ann.says("我要退[跑鞋](product)", "return-item")
    heard = await ann.says("算了，不退了", "stop-task")
    assert heard.done.flow == ""
    assert "没有改动" in heard.text


async def test_two_wishes_in_one_sentence_are_both_served(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    heard = await ann.says(
        "I want to return the [kettle](product), and how long do I have?", "return-item", "ask-return-policy"
    )
    assert heard.citations == ["return-policy"]
    assert heard.asks == "reason"


async def test_yes_and_another_wish(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    await ann.says("return the [kettle](product), [it leaks](reason)", "return-item")
    heard = await ann.says("yes, and show me [running shoes](product)", "affirm", "search-product")
    assert list(shop.orders.changes.values()) == ["return SK30000101 kettle"]
    assert "trail-shoes" in heard.products


async def test_a_refund_is_told(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    assert "no refund is under way" in (await ann.says("where is my money", "refund-status")).text
    await ann.says("return the [kettle](product), [it leaks](reason)", "return-item")
    await ann.says("yes", "affirm")
    heard = await ann.says("where is my refund?", "refund-status")
    assert "¥199" in heard.text
    assert heard.orders == ["SK30000101"]


async def test_a_changed_address_is_a_persons_work(shop: Shop) -> None:
    shop.orders.put("SK30000103", "mug", state="paid")
    ann = shop.shopper()
    heard = await ann.says("please send it to 5 Lake Road instead", "change-address")
    assert heard.handoff is not None
    assert heard.handoff.reason == "not-allowed"
    assert "SK30000103" in heard.text


async def test_without_the_order_system_the_flow_waits(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    shop.orders.failure = Unavailable("down")
    ann = shop.shopper()
    heard = await ann.says("return the [kettle](product)", "return-item")
    assert heard.done.degradations == ["orders-unavailable"]
    assert heard.done.flow == "return-item"
    shop.orders.failure = None
    heard = await ann.says("[it leaks](reason)", "inform")
    assert heard.confirms == "request-return"


async def test_what_begins_while_the_order_system_is_away_goes_on_with_whatever_is_said_next(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle", state="paid")
    shop.orders.failure = Unavailable("down")
    ann = shop.shopper()
    await ann.says("cancel my order", "cancel-order")
    shop.orders.failure = None
    heard = await ann.says("thanks", "thank")
    assert heard.confirms == "cancel-order"
    assert "SK30000101" in heard.text


async def test_one_action_that_cannot_be_told_keeps_no_other_from_being_finished(shop: Shop) -> None:
    talkers = [shop.shopper("ann"), shop.shopper("bob")]
    for talker, order_id in zip(talkers, ("SK30000101", "SK30000102"), strict=True):
        shop.orders.put(order_id, "kettle", state="paid", who="ann" if order_id.endswith("1") else "bob")
        await talker.says(f"cancel [{order_id}](order_number)", "cancel-order")
    shop.orders.failure = Unavailable("down")
    for talker in talkers:
        await talker.presses(True)
    shop.orders.failure = None
    broken = CONVERSATIONS.c.conversation_id == talkers[0].conversation_id
    with shop.engine.begin() as connection:
        connection.execute(sa.update(CONVERSATIONS).where(broken).values(state=b"not a state"))
    assert await shop.conversing.recover() == 2
    assert "cancel SK30000102" in shop.orders.changes.values()


async def test_somebody_elses_order_is_unknown(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle", who="bob")
    heard = await shop.shopper().says("cancel [SK30000101](order_number)", "cancel-order")
    assert "cannot find" in heard.text
    assert shop.orders.tries == 0


async def test_a_user_without_orders(shop: Shop) -> None:
    heard = await shop.shopper().says("I want to return something", "return-item")
    assert "cannot find an order" in heard.text
    assert heard.done.flow == ""
    assert heard.handoff is None


async def test_what_was_complained_of_is_what_is_returned(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes")
    shop.orders.put("SK30000102", "kettle")
    ann = shop.shopper()
    heard = await ann.says("my [kettle](product) [leaks](reason), what rubbish!", "complain")
    assert heard.handoff is None
    heard = await ann.says("I want my money back", "return-item")
    assert heard.confirms == "request-return"
    assert heard.confirmation is not None
    assert heard.confirmation.order_id == "SK30000102"
    assert "leaks" in heard.text


async def test_an_item_is_overheard_where_no_slot_names_it(shop: Shop) -> None:
    shop.orders.put("SK30000101", "trail-shoes", size="41")
    shop.orders.put("SK30000102", "kettle")
    heard = await shop.shopper().says("could I get the trail ones a size bigger", "exchange-item")
    assert heard.confirms == "request-exchange"
    assert heard.confirmation is not None
    assert heard.confirmation.order_id == "SK30000101"


async def test_what_follows_a_greeting_counts(shop: Shop) -> None:
    shop.orders.put("SK30000102", "kettle")
    assert shop.nlu is not None
    shop.nlu.expect("my [kettle](product) [leaks](reason), I want to return it", ["return-item"])
    heard = await shop.shopper().says("hello, my [kettle](product) [leaks](reason), I want to return it", "greet")
    assert heard.confirms == "request-return"
