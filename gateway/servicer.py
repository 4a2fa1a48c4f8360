"""The gRPC door: StorefrontService, and the other services passed through for teams."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from gateway import passing, peers
from gateway.buying import Buying
from gateway.chat import Chat
from gateway.identity import Caller, Identities
from gateway.limits import RateLimits
from gateway.storefront import Storefront
from servicekit import context, identity
from servicekit.server import Mount
from shopkeeper.gateway.v1 import gateway_pb2 as gateway
from shopkeeper.gateway.v1 import gateway_pb2_grpc

Context = grpc.aio.ServicerContext[Any, Any]


class GrpcCallers:
    """Who asks over gRPC, within their rate."""

    def __init__(self, identities: Identities, limits: RateLimits) -> None:
        self._identities = identities
        self._limits = limits

    async def of(self, call: Context) -> Caller:
        metadata = {key: value for key, value in call.invocation_metadata() or () if isinstance(value, str)}
        caller = self._identities.over_grpc(metadata, identity.common_name(call.auth_context()))
        await self._limits.check(caller, call.peer())
        context.set_caller(caller.team)
        return caller


class StorefrontServicer(gateway_pb2_grpc.StorefrontServiceServicer):
    """Each RPC is the verb of the same name."""

    def __init__(self, storefront: Storefront, chat: Chat, buying: Buying, callers: GrpcCallers) -> None:
        self._storefront = storefront
        self._chat = chat
        self._buying = buying
        self._callers = callers

    async def GetHomePage(  # noqa: N802
        self, request: gateway.GetHomePageRequest, context: Context
    ) -> gateway.GetHomePageResponse:
        return await self._storefront.get_home_page(await self._callers.of(context), request)

    async def GetProductPage(  # noqa: N802
        self, request: gateway.GetProductPageRequest, context: Context
    ) -> gateway.GetProductPageResponse:
        return await self._storefront.get_product_page(await self._callers.of(context), request)

    async def Search(self, request: gateway.SearchRequest, context: Context) -> gateway.SearchResponse:  # noqa: N802
        return await self._storefront.search(await self._callers.of(context), request)

    async def Recommend(  # noqa: N802
        self, request: gateway.RecommendRequest, context: Context
    ) -> gateway.RecommendResponse:
        return await self._storefront.recommend(await self._callers.of(context), request)

    async def PublishEvents(  # noqa: N802
        self, request: gateway.PublishEventsRequest, context: Context
    ) -> gateway.PublishEventsResponse:
        return await self._storefront.publish_events(await self._callers.of(context), request)

    async def GetVisitorProfile(  # noqa: N802
        self, request: gateway.GetVisitorProfileRequest, context: Context
    ) -> gateway.GetVisitorProfileResponse:
        return await self._storefront.get_visitor_profile(await self._callers.of(context), request)

    async def DeleteVisitorProfile(  # noqa: N802
        self, request: gateway.DeleteVisitorProfileRequest, context: Context
    ) -> gateway.DeleteVisitorProfileResponse:
        return await self._storefront.delete_visitor_profile(await self._callers.of(context), request)

    async def Chat(  # noqa: N802
        self, request: gateway.ChatRequest, context: Context
    ) -> AsyncIterator[gateway.ChatResponse]:
        async with aclosing(self._chat.chat(await self._callers.of(context), request)) as answers:
            async for answer in answers:
                yield answer

    async def GetChat(self, request: gateway.GetChatRequest, context: Context) -> gateway.GetChatResponse:  # noqa: N802
        return await self._chat.get_chat(await self._callers.of(context), request)

    async def SubmitChatFeedback(  # noqa: N802
        self, request: gateway.SubmitChatFeedbackRequest, context: Context
    ) -> gateway.SubmitChatFeedbackResponse:
        return await self._chat.submit_chat_feedback(await self._callers.of(context), request)

    async def Buy(self, request: gateway.BuyRequest, context: Context) -> gateway.BuyResponse:  # noqa: N802
        return await self._buying.buy(await self._callers.of(context), request)

    async def ListMyOrders(  # noqa: N802
        self, request: gateway.ListMyOrdersRequest, context: Context
    ) -> gateway.ListMyOrdersResponse:
        return await self._buying.list_my_orders(await self._callers.of(context), request)


def storefront_mount(servicer: StorefrontServicer) -> Mount:
    name = gateway.DESCRIPTOR.services_by_name["StorefrontService"].full_name
    return Mount(name, lambda server: gateway_pb2_grpc.add_StorefrontServiceServicer_to_server(servicer, server))


def passed_mounts(raw: Mapping[str, peers.RawPeer], callers: GrpcCallers) -> Sequence[Mount]:
    """Every method of the other services as bytes; `raw` are the peers by name."""
    return [_mount(each, raw[each.peer], callers) for each in passing.PASSED]


def _mount(passed: passing.Passed, peer: peers.RawPeer, callers: GrpcCallers) -> Mount:
    handlers = {method.name: _passed_through(method, peer, callers) for method in passed.service.methods}
    generic = grpc.method_handlers_generic_handler(passed.service.full_name, handlers)
    return Mount(passed.service.full_name, lambda server: server.add_generic_rpc_handlers((generic,)))


def _passed_through(
    method: MethodDescriptor, peer: peers.RawPeer, callers: GrpcCallers
) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def allow(call: Context) -> None:
        caller = await callers.of(call)
        if not passing.for_everyone(method):
            caller.require_team()

    async def unary(request: bytes, call: Context) -> bytes:
        await allow(call)
        return await peer.unary(method, request)

    async def client_stream(requests: AsyncIterator[bytes], call: Context) -> bytes:
        await allow(call)
        return await peer.client_stream(method, requests)

    async def server_stream(request: bytes, call: Context) -> AsyncIterator[bytes]:
        await allow(call)
        async with aclosing(peer.server_stream(method, request)) as answers:
            async for answer in answers:
                yield answer

    if method.client_streaming:
        return grpc.stream_unary_rpc_method_handler(client_stream)
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(server_stream)
    return grpc.unary_unary_rpc_method_handler(unary)
