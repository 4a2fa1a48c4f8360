"""The shopper's conversation with the shop's staff: the dialogue's calls, made for who asks and for nobody else."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Protocol, TypeVar

from gateway.identity import Caller
from servicekit.errors import DeadlineExceeded, Unavailable
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.gateway.v1 import gateway_pb2 as gateway

T = TypeVar("T")

DIALOGUE_UNAVAILABLE = "dialogue-unavailable"
_ABSENT = (Unavailable, DeadlineExceeded)


class Dialogue(Protocol):
    """The dialogue as the chat needs it. Errors are `servicekit.errors`."""

    def converse(self, request: dialogue.ConverseRequest) -> AsyncGenerator[dialogue.ConverseResponse, None]: ...

    async def get_conversation(self, request: dialogue.GetConversationRequest) -> dialogue.GetConversationResponse: ...

    async def submit_feedback(self, request: dialogue.SubmitFeedbackRequest) -> dialogue.SubmitFeedbackResponse: ...


class Chat:
    """A visitor's conversations. Without the dialogue every call raises Unavailable (`DIALOGUE_UNAVAILABLE`), and
    `on_degradation` is told."""

    def __init__(self, peer: Dialogue, on_degradation: Callable[[str], None]) -> None:
        self._peer = peer
        self._on_degradation = on_degradation

    async def chat(self, caller: Caller, request: gateway.ChatRequest) -> AsyncGenerator[gateway.ChatResponse, None]:
        """One turn, event by event. Who stops reading ends the turn's call too."""
        asked = dialogue.ConverseRequest(
            conversation_id=request.conversation_id,
            visitor_id=caller.visitor(request.visitor_id),
            user_id=caller.user(request.user_id),
            request_id=request.request_id,
            language_code=_spoken(caller.language(request.language_code)),
            context_product_id=request.context_product_id,
        )
        if request.WhichOneof("input") == "text":
            asked.text = request.text
        elif request.WhichOneof("input") == "confirmation":
            asked.confirmation.CopyFrom(request.confirmation)
        try:
            async with aclosing(self._peer.converse(asked)) as events:
                async for event in events:
                    yield gateway.ChatResponse(event=event)
        except _ABSENT as error:
            raise self._missed(error) from error

    async def get_chat(self, caller: Caller, request: gateway.GetChatRequest) -> gateway.GetChatResponse:
        asked = dialogue.GetConversationRequest(
            conversation_id=request.conversation_id,
            visitor_id=caller.visitor(request.visitor_id),
            user_id=caller.user(request.user_id),
            after_index=request.after_index,
        )
        found = await self._there(self._peer.get_conversation(asked))
        return gateway.GetChatResponse(conversation=found.conversation, utterances=found.utterances)

    async def submit_chat_feedback(
        self, caller: Caller, request: gateway.SubmitChatFeedbackRequest
    ) -> gateway.SubmitChatFeedbackResponse:
        asked = dialogue.SubmitFeedbackRequest(
            conversation_id=request.conversation_id,
            visitor_id=caller.visitor(request.visitor_id),
            user_id=caller.user(request.user_id),
            index=request.index,
            rating=request.rating,
            comment=request.comment,
        )
        await self._there(self._peer.submit_feedback(asked))
        return gateway.SubmitChatFeedbackResponse()

    async def _there(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except _ABSENT as error:
            raise self._missed(error) from error

    def _missed(self, error: Unavailable | DeadlineExceeded) -> Unavailable | DeadlineExceeded:
        self._on_degradation(DIALOGUE_UNAVAILABLE)
        if isinstance(error, DeadlineExceeded):
            return error
        return Unavailable("the shop's staff are away; the shelves are open", "DIALOGUE_UNAVAILABLE")


def _spoken(language: str) -> str:
    """The one of the staff's two languages that is nearest: `zh-CN` -> `zh`, `fr` -> `en`."""
    return "zh" if language.lower().split("-")[0] == "zh" else "en"
