"""What counts as a success of a scripted conversation, and what as a wrong action."""

from pathlib import Path

import pytest

from bench.conversation_judge import Answer, Ending, misses, unreached, wrong_actions
from bench.conversations import order_message
from bench.script import conversations
from sample_shop.products import products
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

CATALOGUE = {product.product_id: product for product in products()}
BELT = CATALOGUE["belt-01"]
NOBODY = commerce.Shopper(visitor_id="nobody")


def order(order_id: str, **kwargs: object) -> commerce.Order:
    return commerce.Order(order_id=order_id, state=commerce.ORDER_STATE_DELIVERED, **kwargs)  # type: ignore[arg-type]


def ending(orders: list[commerce.Order], before: list[commerce.Order], **kwargs: object) -> Ending:
    told = {"profile": recommender.Profile(), "handed_off": False, "met": [True], **kwargs}
    return Ending(
        orders={each.order_id: each for each in orders},
        before={each.order_id: each for each in before},
        **told,  # type: ignore[arg-type]
    )


def test_every_card_must_fit() -> None:
    answer = Answer(products=["belt-01"])
    assert misses({"products": {"category": "Bags & Accessories", "colour": "Black"}}, answer, CATALOGUE) == []
    assert misses({"products": {"category": "Bags"}}, answer, CATALOGUE)  # not a whole step of the path
    assert misses({"products": {"max_price": 148}}, answer, CATALOGUE)
    assert misses({"products": {"at_least": 2}}, answer, CATALOGUE) == ["shows 1 products, not 2"]


def test_what_an_answer_asks_cites_and_says() -> None:
    answer = Answer(text="It is Leather.", cited=["return-window"], done=dialogue.TurnDone(requested_slot="reason"))
    met = {"asks_for": "reason", "cites": ["return-how-to", "return-window"], "says_any": ["leather"]}
    assert misses(met, answer, CATALOGUE) == []
    assert misses({"unknown": True}, answer, CATALOGUE) == ["does not say that it does not know"]
    assert misses({"confirms": "request-return"}, answer, CATALOGUE)
    assert misses({"handoff": True}, answer, CATALOGUE)


def test_a_return_counts_once_and_only_of_that_product() -> None:
    goal = [{"return": {"order_id": "SK1", "product_id": "belt-01"}}]
    case = commerce.ServiceCase(kind=commerce.CASE_KIND_RETURN, product_id="belt-01")
    once = ending([order("SK1", cases=[case])], [order("SK1")])
    twice = ending([order("SK1", cases=[case, case])], [order("SK1")])
    assert unreached(goal, once, CATALOGUE) == []
    assert unreached(goal, twice, CATALOGUE)
    assert unreached(goal, ending([order("SK1")], [order("SK1")]), CATALOGUE)
    assert list(wrong_actions(goal, once)) == []
    assert list(wrong_actions([], once)) == ["SK1 was changed"]


def test_an_order_nobody_asked_for_is_a_wrong_action() -> None:
    made = ending([order("SK2", lines=[commerce.OrderLine(product_id="belt-01", quantity=2)])], [])
    assert list(wrong_actions([], made)) == ["SK2 was placed"]
    assert list(wrong_actions([{"new_order": {"lines": 1}}], made)) == []
    assert unreached([{"new_order": {"lines": 1}}], made, CATALOGUE) == []


def test_a_handoff_where_none_was_needed_fails() -> None:
    assert unreached([], ending([], [], handed_off=True), CATALOGUE) == ["handed over where that was no goal"]
    assert unreached([{"handoff": True}], ending([], [], handed_off=True), CATALOGUE) == []


def test_the_cart_is_judged_as_a_whole() -> None:
    items = [recommender.CartItem(product_id="belt-01", quantity=2)]
    held = ending([], [], profile=recommender.Profile(cart_items=items))
    assert unreached([{"cart": [{"category": BELT.categories[0], "quantity": 2}]}], held, CATALOGUE) == []
    assert unreached([{"cart": [{"product_id": "belt-01"}]}], held, CATALOGUE)
    assert unreached([{"cart_empty": True}], held, CATALOGUE)


def test_scripts_are_read_and_their_orders_can_be_made() -> None:
    for language in ("en", "zh"):
        read = conversations(language)
        assert len(read) >= 20
        assert sum(script.kind != "plain" for script in read) * 3 >= len(read)
        for script in read:
            for given in script.orders:
                made = order_message(given, NOBODY, CATALOGUE)
                assert made.HasField("deliver_time") == (given["state"] == "delivered")
                if made.HasField("deliver_time"):
                    assert made.place_time.seconds < made.ship_time.seconds < made.deliver_time.seconds


def test_a_script_with_an_unknown_word_is_named(tmp_path: Path) -> None:
    path = tmp_path / "en.yaml"
    path.write_text("- {id: x, kind: plain, shopper: guest, turns: [{say: hi, expect: {sings: true}}], goal: []}\n")
    with pytest.raises(ValueError, match=r"en\.yaml: x: expect: \['sings'\] not known"):
        conversations("en", path)
