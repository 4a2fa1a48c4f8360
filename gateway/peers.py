"""The recommender over gRPC, for the storefront (typed) and for passing through (bytes)."""

from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from servicekit import status
from servicekit.clients import PeerPolicy
from shopkeeper.recommender.v1 import recommender_pb2 as recommender
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

T = TypeVar("T")

NAME = "recommender"
SERVICE = recommender.DESCRIPTOR.services_by_name["RecommenderService"]
PUBLIC = frozenset({"GetProduct", "ListProducts"})
"""What the shop shows to everyone; the service's other calls are for teams."""
POLICY = PeerPolicy(
    NAME,
    timeout_seconds=4.0,
    idempotent=tuple(
        f"{SERVICE.full_name}/{method}"
        for method in (
            "Recommend",
            "Search",
            "GetProduct",
            "ListProducts",
            "DeleteProduct",
            "GetProfile",
            "DeleteProfile",
        )
    ),
)


async def translated(call: Awaitable[T]) -> T:
    """A peer's answer; its errors as ours."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise status.from_rpc_error(error, NAME) from error


class RecommenderPeer:
    """The calls that the storefront makes. Errors are `servicekit.errors`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RecommenderServiceStub(channel)

    async def recommend(self, request: recommender.RecommendRequest) -> recommender.RecommendResponse:
        return await translated(self._stub.Recommend(request))

    async def search(self, request: recommender.SearchRequest) -> recommender.SearchResponse:
        return await translated(self._stub.Search(request))

    async def get_product(self, request: recommender.GetProductRequest) -> recommender.GetProductResponse:
        return await translated(self._stub.GetProduct(request))

    async def get_profile(self, request: recommender.GetProfileRequest) -> recommender.GetProfileResponse:
        return await translated(self._stub.GetProfile(request))

    async def delete_profile(self, request: recommender.DeleteProfileRequest) -> recommender.DeleteProfileResponse:
        return await translated(self._stub.DeleteProfile(request))


class RawPeer:
    """Any method of a service as bytes or as messages known by descriptor, without knowing what they say."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def unary(self, method: MethodDescriptor, request: bytes) -> bytes:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_path(method))
        return await translated(call(request))

    async def client_stream(self, method: MethodDescriptor, requests: AsyncIterator[bytes]) -> bytes:
        call: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(_path(method))
        return await translated(call(requests))

    async def message(self, method: MethodDescriptor, request: Message) -> Message:
        answer = await self.unary(method, request.SerializeToString())
        return GetMessageClass(method.output_type).FromString(answer)


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"
