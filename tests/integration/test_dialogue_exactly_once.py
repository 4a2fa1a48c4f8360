"""A real process, killed between a shopper's yes and the action, twenty times: nothing is lost, nothing done twice."""

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import DialogueServiceStub
from tests.running_dialogue import Dialogue, DialogueProcess, dialogue_at, ordered

KILLS = 20
LATEST_SECONDS = 0.030
"""A turn with an action takes some 20 ms here: the kills fall before, between and after its two writes."""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[DialogueProcess]:
    running = DialogueProcess(tmp_path)
    yield running
    running.end()


def _asked_to_confirm(dialogue: Dialogue, order_id: str) -> tuple[str, str]:
    """(conversation, confirmation) of a return that waits for its yes."""
    dialogue.has_ordered(ordered(order_id, ("kettle", "Electric Kettle", 199)))
    answer = dialogue.say(f"I want to return {order_id} because it leaks")
    assert answer.confirmation is not None
    return answer.conversation_id, answer.confirmation.confirmation_id


def _confirm_and_kill(process: DialogueProcess, address: str, asked: tuple[str, str], delay: float) -> bool:
    """Presses yes and kills the process `delay` seconds later. Whether the answer still came."""
    with grpc.insecure_channel(address) as channel:
        pressed = pb.ConfirmationAnswer(confirmation_id=asked[1], accepted=True)
        request = pb.ConverseRequest(confirmation=pressed, conversation_id=asked[0], visitor_id="ann")
        stub = DialogueServiceStub(channel)
        stub.GetConversation(pb.GetConversationRequest(conversation_id=asked[0]))
        call = stub.Converse(request, timeout=10)
        time.sleep(delay)
        process.kill()
        try:
            return any(response.HasField("done") for response in call)
        except grpc.RpcError:
            return False


def _told(dialogue: Dialogue, conversation_id: str) -> list[str]:
    read = dialogue.dialogue.GetConversation(pb.GetConversationRequest(conversation_id=conversation_id))
    return [one.text for one in read.utterances if one.speaker == pb.SPEAKER_STAFF]


def test_twenty_kills_lose_no_action_and_do_none_twice(process: DialogueProcess) -> None:
    address, met = process.start(), {"before": 0, "after": 0}
    for kill in range(KILLS):
        order_id = f"SK320000{kill:02d}"
        with grpc.insecure_channel(address) as channel:
            asked = _asked_to_confirm(dialogue_at(address, channel), order_id)
        answered = _confirm_and_kill(process, address, asked, LATEST_SECONDS * kill / KILLS)
        address = process.start()
        with grpc.insecure_channel(address) as channel:
            dialogue = dialogue_at(address, channel)
            heard = len(_told(dialogue, asked[0])) > 1
            cases = dialogue.order(order_id).cases
            # What was agreed to and written is done and told by the restart; what never arrived is not done.
            assert [case.kind for case in cases] == [commerce.CASE_KIND_RETURN] * heard
            assert heard or not answered
            if not heard:
                again = dialogue.press(asked[1], True, asked[0])
                assert again.text.startswith("Done: the return")
            met["after" if heard else "before"] += 1
            assert len(dialogue.order(order_id).cases) == 1
            done = [text for text in _told(dialogue, asked[0]) if text.startswith("Done: the return")]
            assert len(done) == 1
    assert sum(met.values()) == KILLS
