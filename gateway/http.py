"""The HTTP door: every RPC with an HTTP rule, the page, and what happens around each request, in visible lists."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import openapi, passing, peers, transcoding
from gateway.buying import Buying
from gateway.chat import Chat
from gateway.demo import DemoLogin
from gateway.http_calls import DoorPolicy, HttpDoor, StreamVerb, Verb
from gateway.http_errors import plain_error
from gateway.identity import Caller
from gateway.middleware import Meter, RequestScope, SecurityHeaders
from gateway.pages import Pages
from gateway.storefront import Storefront
from servicekit.metrics import Metrics
from shopkeeper.gateway.v1 import gateway_pb2

STOREFRONT = gateway_pb2.DESCRIPTOR.services_by_name["StorefrontService"]
SERVICES = (STOREFRONT, *(each.service for each in passing.PASSED))


@dataclass(frozen=True)
class Verbs:
    """What answers each RPC by its full name: with one message, or with a stream of them."""

    unary: Mapping[str, Verb]
    streams: Mapping[str, StreamVerb]


def create_app(verbs: Verbs, policy: DoorPolicy, demo: DemoLogin, metrics: Metrics) -> Starlette:
    door = HttpDoor(policy)
    pages = Pages(policy.identities, policy.cookies, openapi.document(SERVICES))
    routes = [
        Route(route.path, _endpoint(door, verbs, route), methods=[route.verb])
        for service in SERVICES
        for route in transcoding.routes(service)
    ]
    return Starlette(
        routes=[*routes, *demo.routes(door), *pages.routes()],
        middleware=[
            Middleware(RequestScope),
            Middleware(Meter, metrics=metrics),
            Middleware(SecurityHeaders),
            *_cors(policy.origins),
        ],
        exception_handlers={HTTPException: _without_route(pages)},
    )


def _endpoint(door: HttpDoor, verbs: Verbs, route: transcoding.Route) -> Callable[[Request], Awaitable[Response]]:
    name = route.method.full_name
    return door.stream(route, verbs.streams[name]) if name in verbs.streams else door.endpoint(route, verbs.unary[name])


def verbs_of(storefront: Storefront, chat: Chat, buying: Buying, raw: Mapping[str, peers.RawPeer]) -> Verbs:
    """Everything that the door serves; `raw` are the peers by name."""
    own: Mapping[str, Callable[..., Any]] = {
        "GetHomePage": storefront.get_home_page,
        "GetProductPage": storefront.get_product_page,
        "Search": storefront.search,
        "Recommend": storefront.recommend,
        "PublishEvents": storefront.publish_events,
        "GetVisitorProfile": storefront.get_visitor_profile,
        "DeleteVisitorProfile": storefront.delete_visitor_profile,
        "GetChat": chat.get_chat,
        "SubmitChatFeedback": chat.submit_chat_feedback,
        "Buy": buying.buy,
        "ListMyOrders": buying.list_my_orders,
    }
    talk: Callable[..., Any] = chat.chat
    unary = {STOREFRONT.methods_by_name[name].full_name: verb for name, verb in own.items()}
    streams: dict[str, StreamVerb] = {STOREFRONT.methods_by_name["Chat"].full_name: talk}
    for passed in passing.PASSED:
        for method in passed.service.methods:
            if method.server_streaming:
                streams[method.full_name] = _passed_stream(method, raw[passed.peer])
            else:
                unary[method.full_name] = _passed_through(method, raw[passed.peer])
    return Verbs(unary, streams)


def _passed_through(method: MethodDescriptor, peer: peers.RawPeer) -> Verb:
    async def verb(caller: Caller, request: Message) -> Message:
        if not passing.for_everyone(method):
            caller.require_team()
        return await peer.message(method, request)

    return verb


def _passed_stream(method: MethodDescriptor, peer: peers.RawPeer) -> StreamVerb:
    async def verb(caller: Caller, request: Message) -> AsyncGenerator[Message, None]:
        if not passing.for_everyone(method):
            caller.require_team()
        async with aclosing(peer.messages(method, request)) as answers:
            async for answer in answers:
                yield answer

    return verb


def _cors(origins: Sequence[str]) -> Sequence[Middleware]:
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_credentials="*" not in origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type", "x-request-id"],
            expose_headers=["x-request-id", "retry-after"],
            max_age=600,
        )
    ]


def _without_route(pages: Pages) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if error.status_code == 404 and wants_page:
            return await pages.page(request, 404)
        message = f"{request.method} {request.url.path[:200]}: {error.detail}; /openapi.json lists what there is"
        return plain_error(error.status_code, message, error.headers)

    return answer
