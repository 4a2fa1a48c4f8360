"""The other services over gRPC, for our own calls (typed) and for passing through (bytes)."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any, NoReturn, TypeVar, cast

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway import passing
from servicekit import status
from servicekit.clients import PeerPolicy
from servicekit.errors import Unavailable
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceStub
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import DialogueServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

T = TypeVar("T")


def _methods(service: ServiceDescriptor, *names: str) -> tuple[str, ...]:
    return tuple(f"{service.full_name}/{name}" for name in names)


POLICIES: Mapping[str, PeerPolicy] = {
    policy.name: policy
    for policy in (
        PeerPolicy(
            passing.RECOMMENDER,
            timeout_seconds=4.0,
            idempotent=_methods(
                passing.RECOMMENDER_SERVICE,
                *("Recommend", "Search", "GetProduct", "ListProducts", "DeleteProduct"),
                *("GetProfile", "DeleteProfile", "ListCurations", "SetCuration"),
            ),
        ),
        PeerPolicy(passing.NLU, timeout_seconds=4.0, idempotent=(passing.NLU_SERVICE.full_name,)),
        PeerPolicy(
            passing.DIALOGUE,
            timeout_seconds=4.0,
            # A turn takes its peers' budgets at most; one that hangs is told while the shopper still waits.
            stream_timeout_seconds=10.0,
            idempotent=(
                *_methods(passing.DIALOGUE_SERVICE, "GetConversation", "ListConversations"),
                *_methods(passing.HANDOFF_SERVICE, "ListHandoffs"),
            ),
        ),
        # Every change of an order carries a request id, so all of it may be sent again.
        PeerPolicy(passing.ORDERS, timeout_seconds=4.0, idempotent=(passing.ORDER_SERVICE.full_name,)),
        PeerPolicy(
            passing.GENERATOR,
            timeout_seconds=passing.WRITING_SECONDS,
            idempotent=(
                passing.GENERATOR_SERVICE.full_name,
                *_methods(passing.DRAFT_SERVICE, "GetDraft", "ListDrafts"),
            ),
        ),
    )
}


class AbsentChannel:
    """Stands in for the channel to a peer that this shop does not have: every call is Unavailable."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def unary_unary(self, method: str, *serializers: Any, **options: Any) -> Any:
        return self._refuse

    unary_stream = stream_unary = stream_stream = unary_unary

    def _refuse(self, *arguments: Any, **options: Any) -> NoReturn:
        raise Unavailable(f"this shop runs without {self._peer}", "PEER_NOT_CONFIGURED", {"peer": self._peer})

    async def close(self, grace: float | None = None) -> None:
        return None


def absent(peer: str) -> grpc.aio.Channel:
    """For a peer whose address is empty."""
    return cast(grpc.aio.Channel, AbsentChannel(peer))


async def translated(call: Awaitable[T], peer: str) -> T:
    """A peer's answer; its errors as ours."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise status.from_rpc_error(error, peer) from error


async def streamed(call: "grpc.aio.UnaryStreamCall[Any, T]", peer: str) -> AsyncGenerator[T, None]:
    """A peer's answers as they come; its errors as ours. Who stops reading ends the call."""
    try:
        async for answer in call:
            yield answer
    except grpc.aio.AioRpcError as error:
        raise status.from_rpc_error(error, peer) from error
    finally:
        call.cancel()


class RecommenderPeer:
    """The recommender's calls that we make ourselves. Errors are `servicekit.errors`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RecommenderServiceStub(channel)

    async def recommend(self, request: recommender.RecommendRequest) -> recommender.RecommendResponse:
        return await translated(self._stub.Recommend(request), passing.RECOMMENDER)

    async def search(self, request: recommender.SearchRequest) -> recommender.SearchResponse:
        return await translated(self._stub.Search(request), passing.RECOMMENDER)

    async def get_product(self, request: recommender.GetProductRequest) -> recommender.GetProductResponse:
        return await translated(self._stub.GetProduct(request), passing.RECOMMENDER)

    async def get_profile(self, request: recommender.GetProfileRequest) -> recommender.GetProfileResponse:
        return await translated(self._stub.GetProfile(request), passing.RECOMMENDER)

    async def delete_profile(self, request: recommender.DeleteProfileRequest) -> recommender.DeleteProfileResponse:
        return await translated(self._stub.DeleteProfile(request), passing.RECOMMENDER)


class DialoguePeer:
    """The dialogue's calls that we make ourselves."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = DialogueServiceStub(channel)

    async def converse(self, request: dialogue.ConverseRequest) -> AsyncGenerator[dialogue.ConverseResponse, None]:
        async with aclosing(streamed(self._stub.Converse(request), passing.DIALOGUE)) as answers:
            async for answer in answers:
                yield answer

    async def get_conversation(self, request: dialogue.GetConversationRequest) -> dialogue.GetConversationResponse:
        return await translated(self._stub.GetConversation(request), passing.DIALOGUE)

    async def submit_feedback(self, request: dialogue.SubmitFeedbackRequest) -> dialogue.SubmitFeedbackResponse:
        return await translated(self._stub.SubmitFeedback(request), passing.DIALOGUE)


class OrdersPeer:
    """The order service's calls that we make ourselves."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = OrderServiceStub(channel)

    async def place_order(self, request: commerce.PlaceOrderRequest) -> commerce.PlaceOrderResponse:
        return await translated(self._stub.PlaceOrder(request), passing.ORDERS)

    async def list_orders(self, request: commerce.ListOrdersRequest) -> commerce.ListOrdersResponse:
        return await translated(self._stub.ListOrders(request), passing.ORDERS)


class RawPeer:
    """Any method of a peer as bytes or as messages known by descriptor, without knowing what they say."""

    def __init__(self, channel: grpc.aio.Channel, name: str) -> None:
        self._channel = channel
        self._name = name

    async def unary(self, method: MethodDescriptor, request: bytes) -> bytes:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_path(method))
        return await translated(call(request), self._name)

    async def client_stream(self, method: MethodDescriptor, requests: AsyncIterator[bytes]) -> bytes:
        call: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(_path(method))
        return await translated(call(requests), self._name)

    async def server_stream(self, method: MethodDescriptor, request: bytes) -> AsyncGenerator[bytes, None]:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(_path(method))
        async with aclosing(streamed(call(request), self._name)) as answers:
            async for answer in answers:
                yield answer

    async def message(self, method: MethodDescriptor, request: Message) -> Message:
        """The answer to one message; where the method takes a stream, to a stream of that one."""
        sent = request.SerializeToString()
        one = self.client_stream(method, _once(sent)) if method.client_streaming else self.unary(method, sent)
        return GetMessageClass(method.output_type).FromString(await one)

    async def messages(self, method: MethodDescriptor, request: Message) -> AsyncGenerator[Message, None]:
        """The answers of a method that streams them."""
        read = GetMessageClass(method.output_type).FromString
        async with aclosing(self.server_stream(method, request.SerializeToString())) as answers:
            async for answer in answers:
                yield read(answer)


async def _once(message: bytes) -> AsyncIterator[bytes]:
    yield message


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"
