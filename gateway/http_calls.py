"""One RPC over HTTP: who asks, may they, what do they ask; then the same verb as over gRPC, and the answer as JSON."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from gateway import passing, transcoding
from gateway.event_stream import EventStream, begun
from gateway.http_errors import JSON, BodyTooLarge, UnsupportedMediaType, error_response
from gateway.identity import COOKIE, Caller, Identities, Kind
from gateway.limits import RateLimits
from gateway.transcoding import Route
from servicekit import context
from servicekit.errors import DeadlineExceeded, Forbidden, Overloaded

T = TypeVar("T")

Verb = Callable[[Caller, Message], Awaitable[Message]]
"""One call of the domain, whatever the door."""
StreamVerb = Callable[[Caller, Message], AsyncGenerator[Message, None]]
"""One that answers piece by piece."""


@dataclass(frozen=True)
class Cookies:
    """How visitor cookies are set."""

    secure: bool
    days: int

    def set_on(self, response: Response, value: str) -> None:
        response.set_cookie(
            COOKIE, value, max_age=self.days * 86400, path="/", secure=self.secure, httponly=True, samesite="lax"
        )


@dataclass(frozen=True)
class DoorPolicy:
    """What the HTTP door asks of every call."""

    identities: Identities
    limits: RateLimits
    cookies: Cookies
    origins: Sequence[str]
    max_body_bytes: int
    max_concurrent_calls: int
    deadline_seconds: float
    stream_deadline_seconds: float


class HttpDoor:
    """Serves RPCs as endpoints; counts those in progress over all of them."""

    def __init__(self, policy: DoorPolicy) -> None:
        self._policy = policy
        self._in_progress = 0

    def endpoint(self, route: Route, verb: Verb) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            request.scope["shopkeeper.route"] = route.path
            try:
                return await self._serve(route, verb, request)
            except Exception as error:
                return error_response(error)

        return serve

    def stream(self, route: Route, verb: StreamVerb) -> Callable[[Request], Awaitable[Response]]:
        """As `endpoint`, answered as server-sent events. What fails before the first is an ordinary error."""

        async def serve(request: Request) -> Response:
            request.scope["shopkeeper.route"] = route.path
            try:
                return await self._serve_stream(route, verb, request)
            except Exception as error:
                return error_response(error)

        return serve

    async def _serve(self, route: Route, verb: Verb, request: Request) -> Response:
        self._admit()
        try:
            caller, message = await self._in_time(self._asked(route, request), self._policy.deadline_seconds)
            left = max(context.remaining_seconds() or 0.0, passing.patience_seconds(route.method))
            answer = await self._in_time(verb(caller, message), left)
        finally:
            self._leave()
        response = Response(transcoding.encode(route, answer), media_type=JSON)
        self._give_cookie(route, caller, response)
        return response

    async def _serve_stream(self, route: Route, verb: StreamVerb, request: Request) -> Response:
        self._admit()
        try:
            caller, message = await self._in_time(self._asked(route, request), self._policy.deadline_seconds)
            context.set_timeout(self._policy.stream_deadline_seconds)
            answers = await begun(verb(caller, message))
        except BaseException:
            self._leave()
            raise
        response = EventStream(answers, lambda answer: transcoding.encode(route, answer), at_end=self._leave)
        self._give_cookie(route, caller, response)
        return response

    async def _asked(self, route: Route, request: Request) -> tuple[Caller, Message]:
        caller = await self.caller(request)
        body = await self._body(route, request)
        return caller, transcoding.decode(route, request.path_params, request.query_params.multi_items(), body)

    def _admit(self) -> None:
        limit = self._policy.max_concurrent_calls
        if self._in_progress >= limit:
            raise Overloaded(f"{limit} calls are in progress, which is the limit", "TOO_MANY_CALLS")
        self._in_progress += 1

    def _leave(self) -> None:
        self._in_progress -= 1

    async def caller(self, request: Request) -> Caller:
        """Who asks, within their rate. Raises what refuses them."""
        caller = self._policy.identities.over_http(request.headers, request.cookies.get(COOKIE, ""))
        if caller.kind is Kind.BROWSER:
            self._refuse_other_sites(request)
        await self._policy.limits.check(caller, request.client.host if request.client else "")
        context.set_caller(caller.team)
        return caller

    def _refuse_other_sites(self, request: Request) -> None:
        """A cookie comes along without the shopper's will; so what changes things must come from our own pages."""
        origin = request.headers.get("origin")
        if request.method == "GET" or origin is None or origin in self._policy.origins:
            return
        if urlsplit(origin).netloc != request.headers.get("host"):
            raise Forbidden(f"calls from {origin[:200]} are not allowed", "CROSS_SITE")

    async def _body(self, route: Route, request: Request) -> bytes:
        if not route.body:
            return b""
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(f"content-type must be application/json, not {media_type[:100]!r}")
        limit = self._policy.max_body_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise BodyTooLarge(f"the body has {declared} bytes, the limit is {limit}")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge(f"the body has more than {limit} bytes, the limit")
        return bytes(body)

    async def _in_time(self, work: Awaitable[T], seconds: float) -> T:
        """The body's arrival counts too: one that drips in holds its place no longer than any other call."""
        context.set_timeout(seconds)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineExceeded(f"not answered within {seconds:.2g} s") from None

    def _give_cookie(self, route: Route, caller: Caller, response: Response) -> None:
        """To a browser on first contact; and a new one to a browser that was forgotten, so that nothing links them."""
        forgotten = route.method.name == "DeleteVisitorProfile"
        if caller.kind is Kind.BROWSER and (caller.is_new or forgotten):
            visitor_id = str(uuid.uuid4()) if forgotten else caller.visitor_id
            self._policy.cookies.set_on(response, self._policy.identities.cookie_for(visitor_id))
