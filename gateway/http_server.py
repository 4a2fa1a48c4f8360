"""uvicorn as a part of the process: it neither takes the signals nor sets up logs."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Mapping

import uvicorn
from starlette.types import ASGIApp

from gateway.config import GatewaySettings
from servicekit.server import split_address


class _Server(uvicorn.Server):
    listening: asyncio.Future[None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process ends by `servicekit.server.run`, which stops its parts in order."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set_result(None)


class HttpServer:
    """Serves an ASGI app on `http_address`, with TLS where the gateway has a certificate."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings) -> None:
        self._address = settings.http_address
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                ssl_certfile=settings.tls_cert_file,
                ssl_keyfile=settings.tls_key_file,
                timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
                # Longer than balancers keep an idle connection, so that none is closed under a request.
                timeout_keep_alive=75,
                h11_max_incomplete_event_size=64 * 1024,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[None] | None = None

    async def start(self) -> Mapping[str, str]:
        host, port = split_address(self._address, "http_address")
        try:
            bound = _bound(host, port)
        except OSError as error:
            raise OSError(f"http_address: cannot listen on {self._address}: {error.strerror}") from error
        self._server.listening = asyncio.get_running_loop().create_future()
        self._serving = self.failed = asyncio.create_task(self._server.serve([bound]))
        await asyncio.wait([self._server.listening, self._serving], return_when=asyncio.FIRST_COMPLETED)
        return {"http": f"{self._address.rpartition(':')[0]}:{bound.getsockname()[1]}"}

    async def stop(self) -> None:
        """Takes no new request, lets those in progress finish within `drain_seconds`."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


def _bound(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound
