"""A process is a list of parts; `run` starts them, says so in a file, waits for the end and drains them."""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc
from grpc_health.v1 import health_pb2_grpc
from prometheus_client import CollectorRegistry, MetricsHandler

from servicekit import interceptors, logs, reflection, tls, tracing
from servicekit.calls import Conduct
from servicekit.health import Health
from servicekit.metrics import Metrics, default_metrics
from servicekit.settings import ServiceSettings

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Part(Protocol):
    """Something that runs for the life of the process.

    A part that can die by itself has `failed: asyncio.Future[None]`, which it ends with the exception.
    """

    async def start(self) -> Mapping[str, str]:
        """Returns what it listens on by kind, e.g. `{"grpc": "127.0.0.1:43211"}`."""

    async def stop(self) -> None:
        """Drains and ends. Called once, also when a later part failed to start."""


@dataclass(frozen=True)
class Mount:
    """A service by its full protobuf name, and how to add it: a typed servicer or a generic handler."""

    full_name: str
    add: Callable[[grpc.aio.Server], None]


class GrpcServer:
    """Serves the mounts with health, reflection, TLS and everything of `interceptors.steps`."""

    def __init__(
        self, name: str, settings: ServiceSettings, mounts: Sequence[Mount], metrics: Metrics | None = None
    ) -> None:
        self._name = name
        self._settings = settings
        self._mounts = mounts
        self._metrics = metrics
        self._server: grpc.aio.Server | None = None
        self.health = Health(mount.full_name for mount in mounts)
        """To say of one service that it cannot serve now: `health.set(False, full_name)`."""

    async def start(self) -> Mapping[str, str]:
        around = interceptors.steps(self._settings, self._metrics or default_metrics())
        server = grpc.aio.server(interceptors=[Conduct(around)], options=_options(self._settings))
        for mount in self._mounts:
            mount.add(server)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        names = [mount.full_name for mount in self._mounts]
        reflection.enable(server, [*names, "grpc.health.v1.Health"])
        address = _bind(server, self._settings)
        await server.start()
        self._server = server
        self.health.set(True)
        _log.info("serving gRPC", extra={"address": address})
        return {"grpc": address}

    async def stop(self) -> None:
        """Balancers hear first; then new calls are refused and those in progress may finish."""
        self.health.close()
        if self._server is not None:
            await self._server.stop(self._settings.drain_seconds)


def _options(settings: ServiceSettings) -> list[tuple[str, int]]:
    return [
        # Two processes on one port would share its calls by chance.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.max_connection_age_ms", int(settings.max_connection_age_seconds * 1000)),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]


def _bind(server: grpc.aio.Server, settings: ServiceSettings) -> str:
    wanted = settings.grpc_address
    credentials = tls.server_credentials(settings)
    try:
        port = server.add_secure_port(wanted, credentials) if credentials else server.add_insecure_port(wanted)
    except RuntimeError as error:
        raise OSError(f"grpc_address: cannot listen on {wanted}; is another process there?") from error
    return f"{wanted.rpartition(':')[0]}:{port}"


class MetricsServer:
    """`GET /metrics` for Prometheus and `GET /healthz` (200, or 503 while `healthy()` is false), on a port of its own.

    It answers from threads, so that a busy event loop can still be seen.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        healthy: Callable[[], bool] = lambda: True,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._address = settings.metrics_address
        self._healthy = healthy
        self._registry = registry
        self._server: ThreadingHTTPServer | None = None

    async def start(self) -> Mapping[str, str]:
        host, port = split_address(self._address, "metrics_address")
        handler = _pages(self._registry or default_metrics().registry, self._healthy)
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise OSError(f"metrics_address: cannot listen on {self._address}: {error.strerror}") from error
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="metrics", daemon=True).start()
        return {"metrics": f"{host}:{self._server.server_address[1]}"}

    async def stop(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.shutdown)
            self._server.server_close()


def _pages(metrics_of: CollectorRegistry, healthy: Callable[[], bool]) -> type[MetricsHandler]:
    class Pages(MetricsHandler):
        registry = metrics_of

        def do_GET(self) -> None:  # noqa: N802
            path = self.path.partition("?")[0]
            if path == "/metrics":
                super().do_GET()
            elif path == "/healthz":
                self._plain(*((200, "ok") if healthy() else (503, "not serving")))
            else:
                self._plain(404, "try /metrics or /healthz")

        def _plain(self, code: int, text: str) -> None:
            body = text.encode() + b"\n"
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Pages


def split_address(address: str, field: str) -> tuple[str, int]:
    """`host:port` as a pair; IPv6 hosts stand in brackets. Raises ValueError naming the field and the value."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{field}: {address!r} is not host:port with a port of 0 to 65535")
    return host.strip("[]"), int(port)


async def run(name: str, settings: ServiceSettings, parts: Sequence[Part]) -> None:
    """Runs a process until SIGTERM, SIGINT or the failure of a part, which is raised once the others are stopped.

    A second signal ends the process at once.
    """
    logs.configure(name, settings.log_level)
    tracing.configure(name, settings.otlp_endpoint, settings.trace_sample_ratio)
    ending = asyncio.Event()
    _on_signals(ending)
    try:
        async with AsyncExitStack() as stack:
            starting = asyncio.ensure_future(stack.enter_async_context(started(parts)))
            addresses = await _unless(ending, starting)
            if addresses is not None:
                with ready_file(settings.ready_file, {"service": name, "pid": os.getpid(), **addresses}):
                    _log.info("ready", extra=dict(addresses))
                    await _ended(ending, parts)
            _log.info("draining")
    finally:
        await asyncio.to_thread(tracing.shutdown)
    _log.info("stopped")


@asynccontextmanager
async def started(parts: Sequence[Part]) -> AsyncIterator[Mapping[str, str]]:
    """The parts running, with their addresses; stopped in reverse order at the end. Tests use it too."""
    running: list[Part] = []
    addresses: dict[str, str] = {}
    try:
        for part in parts:
            running.append(part)
            addresses.update(await part.start())
        yield addresses
    finally:
        for part in reversed(running):
            try:
                await part.stop()
            except Exception:
                _log.exception("%s did not stop cleanly", type(part).__name__)


@contextmanager
def ready_file(path: Path | None, content: Mapping[str, object]) -> Iterator[None]:
    """Written whole or not at all; removed at exit. None: no file."""
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(content) + "\n")
    partial.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _on_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def begin_end() -> None:
        ending.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin_end)


async def _unless(ending: asyncio.Event, work: "asyncio.Future[T]") -> T | None:
    """What `work` gives; None if the end came first, and then `work` is cancelled and waited for."""
    signalled = asyncio.ensure_future(ending.wait())
    both: list[asyncio.Future[Any]] = [signalled, work]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    if work.done():
        return work.result()
    work.cancel()
    await asyncio.wait([work])
    return None


async def _ended(ending: asyncio.Event, parts: Sequence[Part]) -> None:
    failures = [failed for part in parts if (failed := getattr(part, "failed", None)) is not None]
    signalled = asyncio.ensure_future(ending.wait())
    done, _ = await asyncio.wait([signalled, *failures], return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    for future in done:
        if future is not signalled:
            future.result()
