"""When a person is needed, and what a conversation survives. Each test is one conversation."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from servicekit.errors import Conflict, NotFound, Unavailable
from services.dialogue.handoffs import HandoffRecords
from tests.fakes_dialogue import NOW, Shop, new_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = new_shop(tmp_path)
    yield made
    made.executor.shutdown()
    made.engine.dispose()


async def test_handed_over_answered_by_a_person_and_handed_back(shop: Shop) -> None:
    handoffs = HandoffRecords(shop.engine)
    ann = shop.shopper()
    await ann.says("where do I find the blue one", "search-product")
    heard = await ann.says("I want to talk to somebody", "talk-to-person")
    assert heard.handoff is not None
    assert heard.handoff.reason == "asked"
    [waiting] = handoffs.page(("waiting", "claimed"), 10, None)
    assert "talk to somebody" in waiting.summary
    assert "colleague" in (await ann.says("hello?", "greet")).text
    assert (await ann.says("still there?", "greet")).text == ""
    handoffs.claim(waiting.handoff_id, "mei", NOW)
    with pytest.raises(Conflict, match="claimed"):
        handoffs.claim(waiting.handoff_id, "tom", NOW)
    with pytest.raises(Conflict, match="not claimed by 'tom'"):
        handoffs.reply(waiting.handoff_id, "tom", "hi", "", NOW)
    request_id = str(uuid.uuid4())
    _, said = handoffs.reply(waiting.handoff_id, "mei", "Hello, this is Mei.", request_id, NOW)
    _, again = handoffs.reply(waiting.handoff_id, "mei", "Hello, this is Mei.", request_id, NOW)
    assert said.place == again.place
    assert handoffs.resolve(waiting.handoff_id, "mei", "told her", NOW).state == "resolved"
    assert (await ann.says("thank you", "thank")).text == "(thank)"
    told = shop.records.utterances(ann.conversation_id)
    assert [one.speaker for one in told[-3:]] == ["agent", "shopper", "staff"]
    assert [one.place for one in told] == list(range(1, len(told) + 1))


async def test_two_misunderstandings_offer_a_person_three_bring_one(shop: Shop) -> None:
    ann = shop.shopper()
    assert (await ann.says("blub")).handoff is None
    heard = await ann.says("blab blub")
    assert heard.handoff is None
    assert "Shall I ask a colleague" in heard.text
    heard = await ann.says("bla")
    assert heard.handoff is not None
    assert heard.handoff.reason == "trouble"
    assert shop.counts.handoffs == ["trouble"]


async def test_a_yes_to_the_offer_brings_a_person(shop: Shop) -> None:
    ann = shop.shopper()
    await ann.says("blub")
    await ann.says("blab blub")
    heard = await ann.says("yes please", "affirm")
    assert heard.handoff is not None


async def test_being_understood_in_between_counts_anew(shop: Shop) -> None:
    ann = shop.shopper()
    for _ in range(3):
        await ann.says("blub")
        heard = await ann.says("hello", "greet")
    assert heard.handoff is None


async def test_a_complaint_is_heard_and_a_person_offered_not_forced(shop: Shop) -> None:
    ann = shop.shopper()
    heard = await ann.says("this is the third time my parcel is late!", "complain")
    assert heard.handoff is None
    assert "I want to talk to a person" in heard.replies
    assert shop.writer is not None
    assert shop.writer.wishes[-1].mood == "upset"
    heard = await ann.says("yes, get me somebody", "affirm")
    assert heard.handoff is not None
    assert heard.handoff.reason == "complaint"


async def test_the_same_request_is_answered_as_before_and_done_once(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    await ann.says("return the [kettle](product), [it leaks](reason)", "return-item")
    request_id = str(uuid.uuid4())
    first = await ann.says("yes", "affirm", request_id=request_id)
    again = await ann.says("yes", "affirm", request_id=request_id)
    assert again.text == first.text
    assert again.served.turn == first.served.turn
    assert len(shop.orders.changes) == 1
    assert len(shop.records.utterances(ann.conversation_id)) == 4


async def test_a_conversation_survives_a_restart(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    await ann.says("return the [kettle](product)", "return-item")
    shop.open()
    heard = await ann.says("[it leaks](reason)", "inform")
    assert heard.confirms == "request-return"


async def test_what_was_agreed_to_is_done_once_orders_are_back(shop: Shop) -> None:
    shop.orders.put("SK30000101", "kettle")
    ann = shop.shopper()
    await ann.says("return the [kettle](product), [it leaks](reason)", "return-item")
    shop.orders.failure = Unavailable("down")
    heard = await ann.presses(True)
    assert heard.done.degradations == ["orders-unavailable"]
    assert shop.orders.changes == {}
    shop.orders.failure = None
    shop.open()
    assert await shop.conversing.recover() == 1
    assert list(shop.orders.changes.values()) == ["return SK30000101 kettle"]
    told = shop.records.utterances(ann.conversation_id)[-1]
    assert told.speaker == "staff"
    assert told.text.startswith("Done: the return")
    assert await shop.conversing.recover() == 0


async def test_nobody_else_reads_or_goes_on_with_a_conversation(shop: Shop) -> None:
    ann, bob = shop.shopper(), shop.shopper("bob")
    await ann.says("hello", "greet")
    bob.conversation_id = ann.conversation_id
    with pytest.raises(NotFound):
        await bob.says("hello", "greet")
