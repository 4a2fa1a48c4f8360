"""DialogueService and HandoffService: protobuf to plain values and back, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

import grpc

from contracts import limits
from services.dialogue import messages, requests
from services.dialogue.conversing import Conversing, owned
from services.dialogue.handoffs import OPEN, HandoffRecords
from services.dialogue.orders.order import Shopper
from services.dialogue.records import ConversationRecords
from services.dialogue.written import Conversation
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import DialogueServiceServicer, HandoffServiceServicer

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
Clock = Callable[[], Awaitable[int]]


class _Threads:
    """What blocks runs there, never on the event loop."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


class DialogueServicer(DialogueServiceServicer):
    """For teams: each request names the shopper."""

    def __init__(self, conversing: Conversing, records: ConversationRecords, executor: Executor, now_ms: Clock) -> None:
        self._conversing, self._records, self._now_ms = conversing, records, now_ms
        self._threads = _Threads(executor)

    async def Converse(  # noqa: N802
        self, request: pb.ConverseRequest, _context: Context
    ) -> AsyncIterator[pb.ConverseResponse]:
        # Shielded: once begun a turn is brought to its end, also for a shopper who has closed the page.
        served = await asyncio.shield(self._conversing.converse(requests.converse(request)))
        yield messages.started(served.conversation_id, served.turn, served.language)
        for response in messages.responses(served.events):
            yield response

    async def GetConversation(  # noqa: N802
        self, request: pb.GetConversationRequest, _context: Context
    ) -> pb.GetConversationResponse:
        found = await self._of(request.conversation_id, Shopper(request.visitor_id, request.user_id))
        said = await self._threads.run(
            partial(self._records.utterances, found.conversation_id, max(0, request.after_index))
        )
        return pb.GetConversationResponse(
            conversation=messages.conversation(found), utterances=[messages.utterance(one) for one in said]
        )

    async def _of(self, conversation_id: str, shopper: Shopper) -> Conversation:
        """Somebody's conversation is there for nobody else; for agents, who name no shopper, all are."""
        requests.named("conversation_id", conversation_id)
        found = await self._threads.run(partial(self._records.read, conversation_id))
        if shopper.visitor_id or shopper.user_id:
            owned(found, shopper)
        return found

    async def ListConversations(  # noqa: N802
        self, request: pb.ListConversationsRequest, _context: Context
    ) -> pb.ListConversationsResponse:
        size, before = requests.page_size(request.page_size, 20), requests.place(request.page_token)
        requests.raise_if_any(limits.text("visitor_id", request.visitor_id, limits.ID_LENGTH))
        found = await self._threads.run(partial(self._records.page, size + 1, before, request.visitor_id))
        last = (found[size - 1].updated_ms, found[size - 1].conversation_id) if len(found) > size else None
        return pb.ListConversationsResponse(
            conversations=[messages.conversation(one) for one in found[:size]], next_page_token=requests.token(last)
        )

    async def SubmitFeedback(  # noqa: N802
        self, request: pb.SubmitFeedbackRequest, _context: Context
    ) -> pb.SubmitFeedbackResponse:
        requests.feedback(request)
        found = await self._of(request.conversation_id, Shopper(request.visitor_id, request.user_id))
        now_ms = await self._now_ms()
        work = partial(
            self._records.feedback, found.conversation_id, request.index, request.rating, request.comment, now_ms
        )
        await self._threads.run(work)
        return pb.SubmitFeedbackResponse()


class HandoffServicer(HandoffServiceServicer):
    """For agents."""

    def __init__(self, handoffs: HandoffRecords, executor: Executor, now_ms: Clock) -> None:
        self._handoffs, self._threads, self._now_ms = handoffs, _Threads(executor), now_ms

    async def ListHandoffs(  # noqa: N802
        self, request: pb.ListHandoffsRequest, _context: Context
    ) -> pb.ListHandoffsResponse:
        size, after = requests.page_size(request.page_size, 50), requests.place(request.page_token)
        named = {number: name for name, number in messages.HANDOFF_STATES.items()}
        wanted = (named[request.state],) if request.state in named else OPEN
        found = await self._threads.run(partial(self._handoffs.page, wanted, size + 1, after))
        last = (found[size - 1].created_ms, found[size - 1].handoff_id) if len(found) > size else None
        return pb.ListHandoffsResponse(
            handoffs=[messages.handoff(one) for one in found[:size]], next_page_token=requests.token(last)
        )

    async def ClaimHandoff(  # noqa: N802
        self, request: pb.ClaimHandoffRequest, _context: Context
    ) -> pb.ClaimHandoffResponse:
        handoff_id, agent = _who(request.handoff_id, request.agent)
        now_ms = await self._now_ms()
        found = await self._threads.run(partial(self._handoffs.claim, handoff_id, agent, now_ms))
        return pb.ClaimHandoffResponse(handoff=messages.handoff(found))

    async def ReplyToHandoff(  # noqa: N802
        self, request: pb.ReplyToHandoffRequest, _context: Context
    ) -> pb.ReplyToHandoffResponse:
        handoff_id, agent = _who(request.handoff_id, request.agent)
        text = requests.named("text", request.text.strip(), requests.REPLY)
        requests.raise_if_any(requests.request_id_violations(request.request_id))
        now_ms = await self._now_ms()
        work = partial(self._handoffs.reply, handoff_id, agent, text, request.request_id.lower(), now_ms)
        found, said = await self._threads.run(work)
        return pb.ReplyToHandoffResponse(handoff=messages.handoff(found), utterance=messages.utterance(said))

    async def ResolveHandoff(  # noqa: N802
        self, request: pb.ResolveHandoffRequest, _context: Context
    ) -> pb.ResolveHandoffResponse:
        handoff_id, agent = _who(request.handoff_id, request.agent)
        requests.raise_if_any(limits.text("note", request.note, requests.NOTE))
        now_ms = await self._now_ms()
        found = await self._threads.run(partial(self._handoffs.resolve, handoff_id, agent, request.note, now_ms))
        return pb.ResolveHandoffResponse(handoff=messages.handoff(found))


def _who(handoff_id: str, agent: str) -> tuple[str, str]:
    return requests.named("handoff_id", handoff_id), requests.named("agent", agent)
