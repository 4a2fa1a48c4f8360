"""The web page's files, and the document that teams read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway.http_calls import Cookies
from gateway.identity import COOKIE, Identities

WEB = Path(__file__).parent / "web"
PAGES = ("/", "/search", "/product/{product_id}", "/cart", "/orders", "/about-you")
"""The addresses of the page's own router; each is the same file."""


class Pages:
    """Files of the page. Whoever opens one gets a visitor cookie with it, before its first call."""

    def __init__(self, identities: Identities, cookies: Cookies, document: Mapping[str, Any]) -> None:
        self._identities = identities
        self._cookies = cookies
        self._document = document

    def routes(self) -> Sequence[BaseRoute]:
        return [
            *(Route(path, self.page) for path in PAGES),
            Route("/docs", self.docs),
            Route("/console", self.console),
            Route("/openapi.json", self.openapi),
            Route("/healthz", self.healthz),
            Mount("/web", StaticFiles(directory=WEB)),
        ]

    async def page(self, request: Request, status_code: int = 200) -> Response:
        response = FileResponse(WEB / "index.html", status_code, headers={"cache-control": "no-cache"})
        caller = self._identities.over_http({}, request.cookies.get(COOKIE, ""))
        self._cookies.set_on(response, self._identities.cookie_for(caller.visitor_id))
        return response

    async def docs(self, request: Request) -> Response:
        return FileResponse(WEB / "docs.html", headers={"cache-control": "no-cache"})

    async def console(self, request: Request) -> Response:
        return FileResponse(WEB / "console" / "index.html", headers={"cache-control": "no-cache"})

    async def openapi(self, request: Request) -> Response:
        return JSONResponse(self._document)

    async def healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")
