"""A service without a proto: methods are plain coroutines over bytes, so each test writes the one that it needs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
from prometheus_client import CollectorRegistry

from servicekit.clients import PeerPolicy, open_channel
from servicekit.errors import Unavailable
from servicekit.metrics import Metrics
from servicekit.server import GrpcServer, Mount, started
from servicekit.settings import ServiceSettings

NAME = "tests.Echo"
_MAKERS: Mapping[str, Callable[..., Any]] = {
    "unary": grpc.unary_unary_rpc_method_handler,
    "server_stream": grpc.unary_stream_rpc_method_handler,
    "client_stream": grpc.stream_unary_rpc_method_handler,
    "bidi_stream": grpc.stream_stream_rpc_method_handler,
}


async def echo(request: bytes, context: object) -> bytes:
    return request


def service(name: str = NAME, **methods: Callable[..., Any]) -> Mount:
    """`service(unary_Echo=…, server_stream_Many=…)`: the kind, then the method's name."""
    handlers = {}
    for key, behaviour in methods.items():
        kind, _, method = key.rpartition("_")
        handlers[method] = _MAKERS[kind](behaviour)
    generic = grpc.method_handlers_generic_handler(name, handlers)
    return Mount(name, lambda server: server.add_generic_rpc_handlers((generic,)))


def new_metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    """One value as Prometheus would read it; 0 if it was never set."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def serving(*mounts: Mount, metrics: Metrics | None = None, **settings: Any) -> AsyncIterator[str]:
    """A real server on a free port; gives its address."""
    server = GrpcServer("echo", ServiceSettings(drain_seconds=2, **settings), mounts, metrics or new_metrics())
    async with started([server]) as addresses:
        yield addresses["grpc"]


def plain(address: str) -> Any:
    """A channel with nothing of ours, as any client opens it; Any, since it is called without a proto's types."""
    return grpc.aio.insecure_channel(address)


@asynccontextmanager
async def calling(
    address: str, peer: PeerPolicy | None = None, metrics: Metrics | None = None, **settings: Any
) -> AsyncIterator[Any]:
    """A channel as services open it."""
    policy = peer or PeerPolicy("echo")
    channel = open_channel(address, policy, ServiceSettings(**settings), metrics or new_metrics())
    try:
        yield channel
    finally:
        await channel.close()


async def ask(channel: Any, method: str, request: bytes = b"", **options: Any) -> bytes:
    """One unary call."""
    answer: bytes = await channel.unary_unary(f"/{NAME}/{method}")(request, **options)
    return answer


async def refusal(channel: Any, method: str, request: bytes = b"", **options: Any) -> grpc.aio.AioRpcError:
    """The error that a unary call ends with."""
    try:
        await ask(channel, method, request, **options)
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError(f"{method} answered instead of failing")


def relay(onward: Any, method: str) -> Mount:
    """A service whose Relay asks the next one, as the gateway does."""

    async def pass_on(request: bytes, context: object) -> bytes:
        return await ask(onward, method, request)

    return service(unary_Relay=pass_on)


async def eventually(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Returns once it holds; a test's own timeout ends the wait for what never does."""
    while True:
        result = holds()
        if (await result) if isinstance(result, Awaitable) else result:
            return
        await asyncio.sleep(0.005)


class Gate:
    """Holds calls until it is opened, and says when one has come."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    async def pass_through(self, request: bytes, context: object) -> bytes:
        self.arrived.set()
        await self.opened.wait()
        return request


class Flaky:
    """UNAVAILABLE so many times, then well again; counts what reaches it."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def answer(self, request: bytes, _: object) -> bytes:
        self.calls += 1
        if self.calls <= self.failures:
            raise Unavailable("the index is loading")
        return b"well"


async def drained(channel: Any) -> list[bytes]:
    return [each async for each in channel.unary_stream(f"/{NAME}/Chat")(b"")]
