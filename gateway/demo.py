"""Signing in as one of the sample shop's shoppers, without a password: off unless the settings name shoppers."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http_calls import HttpDoor
from gateway.http_errors import error_response
from gateway.identity import ShopperTokens
from servicekit.errors import InvalidInput, NotFound, Violation

Endpoint = Callable[[Request], Awaitable[Response]]
TOKEN_SECONDS = 12 * 3600
MAX_BODY_BYTES = 4096


class DemoLogin:
    """`shoppers` are the user ids that may be chosen; without any the list is empty and nobody can sign in."""

    def __init__(self, shoppers: Sequence[str], tokens: ShopperTokens) -> None:
        self._shoppers = shoppers
        self._tokens = tokens

    def routes(self, door: HttpDoor) -> Sequence[Route]:
        return [
            Route("/v1/demo/shoppers", _guarded(door, self.shoppers), methods=["GET"]),
            Route("/v1/demo/login", _guarded(door, self.login), methods=["POST"]),
        ]

    async def shoppers(self, request: Request) -> Response:
        return JSONResponse({"shoppers": [{"userId": each} for each in self._shoppers]})

    async def login(self, request: Request) -> Response:
        user_id = _user_id(await _body(request))
        if user_id not in self._shoppers:
            raise NotFound(f"no demo shopper {user_id[:128]!r}; GET /v1/demo/shoppers lists them", "SHOPPER_NOT_FOUND")
        return JSONResponse({"userId": user_id, "token": self._tokens.issue(user_id, time.time(), TOKEN_SECONDS)})


def _guarded(
    door: HttpDoor, answer: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        request.scope["shopkeeper.route"] = request.url.path
        try:
            await door.caller(request)
            return await answer(request)
        except Exception as error:
            return error_response(error)

    return serve


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise InvalidInput.of(Violation("body", f"has more than {MAX_BODY_BYTES} bytes, the limit"))
    return bytes(body)


def _user_id(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise InvalidInput.of(Violation("body", f"is not JSON: {error}")) from error
    named = (said.get("userId") or said.get("user_id")) if isinstance(said, dict) else None
    if not isinstance(named, str):
        raise InvalidInput.of(Violation("user_id", "is required: text"))
    return named
