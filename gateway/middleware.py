"""What happens around every HTTP request, each an ASGI middleware with one job. Their order stands in `http.py`."""

import time
from collections.abc import Sequence

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit import context, tracing
from servicekit.metrics import Metrics

REQUEST_ID = "x-request-id"
SECURITY_HEADERS: Sequence[tuple[str, str]] = (
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestScope:
    """Each request has an id (the caller's, or a new one), which the answer carries, and a span below the caller's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        own = given if 0 < len(given) <= 128 and given.isascii() and given.isprintable() else ""
        with context.entered(own), tracing.span(f"HTTP {scope['method']}", headers, SpanKind.SERVER):
            request_id = context.request_id()

            async def named(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message)[REQUEST_ID] = request_id
                await send(message)

            await self._app(scope, receive, named)


class Meter:
    """Counts and times requests by the route that served them."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun, code = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = scope.get("shopkeeper.route", "page")
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            self._metrics.http_requests.labels(route, method, str(code)).inc()
            self._metrics.http_seconds.labels(route).observe(time.perf_counter() - begun)


class SecurityHeaders:
    """What tells a browser to trust nothing but our own files; answers of the API are kept in no cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS:
                    headers[name] = value
                if scope["path"].startswith("/v1/"):
                    headers["cache-control"] = "no-store"
                elif scope["path"].startswith("/web/"):
                    headers["cache-control"] = (
                        "no-cache"  # asked for by ETag, so that modules of two releases never mix
                    )
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
