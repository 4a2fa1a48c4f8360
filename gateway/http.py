"""The HTTP door: every RPC with an HTTP rule, the page, and what happens around each request, in visible lists."""

from collections.abc import Callable, Mapping, Sequence
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

from gateway import openapi, peers, transcoding
from gateway.http_calls import DoorPolicy, HttpDoor, Verb
from gateway.http_errors import plain_error
from gateway.identity import Caller
from gateway.middleware import Meter, RequestScope, SecurityHeaders
from gateway.pages import Pages
from gateway.storefront import Storefront
from servicekit.metrics import Metrics
from shopkeeper.gateway.v1 import gateway_pb2

STOREFRONT = gateway_pb2.DESCRIPTOR.services_by_name["StorefrontService"]
SERVICES = (STOREFRONT, peers.SERVICE)


def create_app(storefront: Storefront, peer: peers.RawPeer, policy: DoorPolicy, metrics: Metrics) -> Starlette:
    door = HttpDoor(policy)
    verbs = {**storefront_verbs(storefront), **passed_through(peer)}
    pages = Pages(policy.identities, policy.cookies, openapi.document(SERVICES))
    routes = [
        Route(route.path, door.endpoint(route, verbs[route.method.full_name]), methods=[route.verb])
        for service in SERVICES
        for route in transcoding.routes(service)
    ]
    return Starlette(
        routes=[*routes, *pages.routes()],
        middleware=[
            Middleware(RequestScope),
            Middleware(Meter, metrics=metrics),
            Middleware(SecurityHeaders),
            *_cors(policy.origins),
        ],
        exception_handlers={HTTPException: _without_route(pages)},
    )


def storefront_verbs(storefront: Storefront) -> Mapping[str, Verb]:
    """The storefront's verbs by the RPC that they answer."""
    verbs: Mapping[str, Callable[..., Any]] = {
        "GetHomePage": storefront.get_home_page,
        "GetProductPage": storefront.get_product_page,
        "Search": storefront.search,
        "Recommend": storefront.recommend,
        "PublishEvents": storefront.publish_events,
        "GetVisitorProfile": storefront.get_visitor_profile,
        "DeleteVisitorProfile": storefront.delete_visitor_profile,
    }
    return {STOREFRONT.methods_by_name[name].full_name: verb for name, verb in verbs.items()}


def passed_through(peer: peers.RawPeer) -> Mapping[str, Verb]:
    """The recommender's own calls: for teams, but for what every shopper may see."""
    return {method.full_name: _for_teams(method, peer) for method in peers.SERVICE.methods}


def _for_teams(method: MethodDescriptor, peer: peers.RawPeer) -> Verb:
    async def verb(caller: Caller, request: Message) -> Message:
        if method.name not in peers.PUBLIC:
            caller.require_team()
        return await peer.message(method, request)

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
