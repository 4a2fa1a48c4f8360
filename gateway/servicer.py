"""The gRPC door: StorefrontService, and the recommender's own service passed through for teams."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from gateway import peers
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
    """Each RPC is the storefront's verb of the same name."""

    def __init__(self, storefront: Storefront, callers: GrpcCallers) -> None:
        self._storefront = storefront
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


def storefront_mount(storefront: Storefront, callers: GrpcCallers) -> Mount:
    name = gateway.DESCRIPTOR.services_by_name["StorefrontService"].full_name
    servicer = StorefrontServicer(storefront, callers)
    return Mount(name, lambda server: gateway_pb2_grpc.add_StorefrontServiceServicer_to_server(servicer, server))


def recommender_mount(peer: peers.RawPeer, callers: GrpcCallers) -> Mount:
    """Every method of RecommenderService as bytes, for teams."""
    handlers = {method.name: _passed_through(method, peer, callers) for method in peers.SERVICE.methods}
    generic = grpc.method_handlers_generic_handler(peers.SERVICE.full_name, handlers)
    return Mount(peers.SERVICE.full_name, lambda server: server.add_generic_rpc_handlers((generic,)))


def _passed_through(method: Any, peer: peers.RawPeer, callers: GrpcCallers) -> "grpc.RpcMethodHandler[bytes, bytes]":
    async def unary(request: bytes, call: Context) -> bytes:
        caller = await callers.of(call)
        if method.name not in peers.PUBLIC:
            caller.require_team()
        return await peer.unary(method, request)

    async def client_stream(requests: AsyncIterator[bytes], call: Context) -> bytes:
        (await callers.of(call)).require_team()
        return await peer.client_stream(method, requests)

    if method.client_streaming:
        return grpc.stream_unary_rpc_method_handler(client_stream)
    return grpc.unary_unary_rpc_method_handler(unary)
