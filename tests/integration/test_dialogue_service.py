"""The dialogue over gRPC, composed as its process is, with a recommender beside it and no NLU: by keywords."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from tests.running_dialogue import Dialogue, ordered, running_dialogue
from tests.running_recommender import Recommender, refused, running_recommender, small_shop, until


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def recommender(home: Path) -> Iterator[Recommender]:
    with running_recommender(home) as running:
        running.put(small_shop())
        yield running


@pytest.fixture(scope="module")
def dialogue(home: Path, recommender: Recommender) -> Iterator[Dialogue]:
    with running_dialogue(home, recommender_address=recommender.address) as running:
        yield running


def test_a_question_is_answered_with_its_source(dialogue: Dialogue) -> None:
    english = dialogue.say("how long does delivery take?")
    assert english.citations == ["shipping-time"]
    assert english.deltas > 1
    assert english.done.degradations == ["nlu-unavailable"]
    chinese = dialogue.say("发货时间要几天到？", english.conversation_id)
    assert chinese.language == "zh"
    assert chinese.turn == 2
    assert chinese.citations[0].startswith("shipping")


def test_products_are_found_put_into_the_cart_and_ordered(dialogue: Dialogue, recommender: Recommender) -> None:
    found = dialogue.say("looking for a red shirt", visitor_id="carl")
    assert found.products
    assert all(result.product_id.startswith("shirt-red") for result in found.products)
    assert found.products[0].product.title
    conversation_id = found.conversation_id
    dialogue.say("add the first one to my cart", conversation_id, "carl")
    wanted = found.products[0].product_id
    until(lambda: recommender.profile("carl").cart_items, lambda items: [one.product_id for one in items] == [wanted])
    asked = dialogue.say("check out", conversation_id, "carl")
    assert asked.confirmation is not None
    assert asked.confirmation.action == "place-order"
    told = dialogue.press(asked.confirmation.confirmation_id, True, conversation_id, "carl")
    assert [line.product_id for line in told.orders[0].lines] == [wanted]
    until(lambda: recommender.profile("carl").order_count, lambda count: count == 1)
    assert not recommender.profile("carl").cart_items


def test_preferences_said_in_chat_reach_the_profile(dialogue: Dialogue, recommender: Recommender) -> None:
    dialogue.say("find me a blue kettle under 100 yuan", visitor_id="dora")
    until(lambda: [event.event_type for event in recommender.profile("dora").recent_events], bool)
    assert "chat-preference" in {event.event_type for event in recommender.profile("dora").recent_events}


def test_a_return_is_confirmed_done_and_found_by_the_order_service(dialogue: Dialogue) -> None:
    dialogue.has_ordered(ordered("SK31000001", ("kettle-red-0", "red steel kettle", 30), visitor_id="eve"))
    asked = dialogue.say("我要退货 SK31000001，因为漏水", visitor_id="eve")
    assert asked.confirmation is not None
    assert asked.confirmation.order_id == "SK31000001"
    assert "漏水" in asked.confirmation.text
    request_id = str(uuid.uuid4())
    press = (asked.confirmation.confirmation_id, True, asked.conversation_id, "eve")
    told = dialogue.press(*press, request_id=request_id)
    again = dialogue.press(*press, request_id=request_id)
    assert told.text == again.text
    assert told.turn == again.turn
    [case] = dialogue.order("SK31000001", "eve").cases
    assert case.kind == commerce.CASE_KIND_RETURN
    assert case.reason == "漏水"


def test_a_conversation_is_read_by_its_shopper_alone(dialogue: Dialogue) -> None:
    said = dialogue.say("hello", visitor_id="finn")
    asked = pb.GetConversationRequest(conversation_id=said.conversation_id, visitor_id="finn")
    read = dialogue.dialogue.GetConversation(asked)
    assert [one.speaker for one in read.utterances] == [pb.SPEAKER_SHOPPER, pb.SPEAKER_STAFF]
    assert read.utterances[1].text == said.text
    assert read.utterances[1].events[-1].HasField("done")
    asked.visitor_id = "gina"
    assert refused(lambda: dialogue.dialogue.GetConversation(asked)).code is grpc.StatusCode.NOT_FOUND
    asked.visitor_id, asked.after_index = "", 1
    assert len(dialogue.dialogue.GetConversation(asked).utterances) == 1


def test_conversations_come_page_by_page(dialogue: Dialogue) -> None:
    ids = [dialogue.say("hello", visitor_id="hugo").conversation_id for _ in range(3)]
    first = dialogue.dialogue.ListConversations(pb.ListConversationsRequest(page_size=2, visitor_id="hugo"))
    rest = dialogue.dialogue.ListConversations(
        pb.ListConversationsRequest(page_size=2, visitor_id="hugo", page_token=first.next_page_token)
    )
    assert sorted(one.conversation_id for one in [*first.conversations, *rest.conversations]) == sorted(ids)
    assert rest.next_page_token == ""
    wrong = pb.ListConversationsRequest(page_token="nonsense")
    assert refused(lambda: dialogue.dialogue.ListConversations(wrong)).fields == ("page_token",)


def test_a_person_takes_over_and_gives_back(dialogue: Dialogue) -> None:
    handed = dialogue.say("我要找人工", visitor_id="ida")
    assert handed.handoff is not None
    queue = dialogue.handoffs.ListHandoffs(pb.ListHandoffsRequest()).handoffs
    [waiting] = [one for one in queue if one.conversation_id == handed.conversation_id]
    assert (waiting.state, waiting.reason, waiting.language_code) == (pb.HANDOFF_STATE_WAITING, "asked", "zh")
    claim = pb.ClaimHandoffRequest(handoff_id=waiting.handoff_id, agent="mei")
    assert dialogue.handoffs.ClaimHandoff(claim).handoff.agent == "mei"
    claim.agent = "tom"
    refusal = refused(lambda: dialogue.handoffs.ClaimHandoff(claim))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CLAIMED")
    reply = pb.ReplyToHandoffRequest(handoff_id=waiting.handoff_id, agent="mei", text="您好，我是小梅")
    said = dialogue.handoffs.ReplyToHandoff(reply).utterance
    read = pb.GetConversationRequest(
        conversation_id=handed.conversation_id, visitor_id="ida", after_index=said.index - 1
    )
    told = dialogue.dialogue.GetConversation(read)
    assert [(one.speaker, one.text, one.agent) for one in told.utterances] == [
        (pb.SPEAKER_AGENT, "您好，我是小梅", "mei")
    ]
    assert told.conversation.handed_off
    dialogue.handoffs.ResolveHandoff(pb.ResolveHandoffRequest(handoff_id=waiting.handoff_id, agent="mei"))
    assert dialogue.say("运费多少", handed.conversation_id, "ida").citations


def test_feedback_is_for_answers(dialogue: Dialogue) -> None:
    said = dialogue.say("hello", visitor_id="jan")
    good = pb.SubmitFeedbackRequest(conversation_id=said.conversation_id, visitor_id="jan", index=2, rating=1)
    dialogue.dialogue.SubmitFeedback(good)
    good.rating = 5
    assert refused(lambda: dialogue.dialogue.SubmitFeedback(good)).fields == ("rating",)
    good.rating, good.index = 1, 1
    assert refused(lambda: dialogue.dialogue.SubmitFeedback(good)).code is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ConverseRequest(text="hello"), "visitor_id"),
        (pb.ConverseRequest(visitor_id="ann"), "text"),
        (pb.ConverseRequest(visitor_id="ann", text="  "), "text"),
        (pb.ConverseRequest(visitor_id="ann", text="x" * 1001), "text"),
        (pb.ConverseRequest(visitor_id="ann", text="hi", request_id="1"), "request_id"),
    ],
)
def test_bad_requests_name_the_field(dialogue: Dialogue, request_: pb.ConverseRequest, field: str) -> None:
    refusal = refused(lambda: list(dialogue.dialogue.Converse(request_)))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.fields == (field,)


def test_a_conversation_that_is_not_there(dialogue: Dialogue) -> None:
    request = pb.ConverseRequest(visitor_id="ann", text="hi", conversation_id="nowhere")
    assert refused(lambda: list(dialogue.dialogue.Converse(request))).code is grpc.StatusCode.NOT_FOUND


def test_without_a_recommender_questions_are_still_answered(tmp_path: Path) -> None:
    with running_dialogue(tmp_path) as alone:
        searched = alone.say("looking for a red shirt")
        assert searched.done.degradations == ["nlu-unavailable", "recommender-unavailable"]
        assert alone.say("how long does delivery take?").citations == ["shipping-time"]
