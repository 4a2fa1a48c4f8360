"""grpc.health.v1: the state of each service by name, for probes and balancers.

Our own servicer rather than the library's: its Watch streams never end, so one watcher would hold up every drain.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from servicekit.errors import NotFound

SERVING: int = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: int = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN: int = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class Health(health_pb2_grpc.HealthServicer):
    """All services begin as NOT_SERVING; "" stands for the process."""

    def __init__(self, names: Iterable[str]) -> None:
        self._states: dict[str, int] = dict.fromkeys(["", *names], NOT_SERVING)
        self._changed = asyncio.Event()
        self._closed = False

    def serving(self, name: str = "") -> bool:
        return self._states.get(name) == SERVING

    def set(self, serving: bool, name: str | None = None) -> None:
        """Of one service, or of all. Once closed, nothing changes any more."""
        if self._closed:
            return
        for each in self._states if name is None else [name]:
            self._states[each] = SERVING if serving else NOT_SERVING
        self._notify()

    def close(self) -> None:
        """NOT_SERVING for good; watchers are told, then their streams end."""
        self.set(False)
        self._closed = True
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def Check(  # noqa: N802
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> health_pb2.HealthCheckResponse:
        state = self._states.get(request.service)
        if state is None:
            raise NotFound(f"service {request.service!r} is not served here", reason="SERVICE_UNKNOWN")
        return health_pb2.HealthCheckResponse(status=state)

    async def Watch(  # noqa: N802
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        last: int | None = None
        while True:
            changed, closed = self._changed, self._closed
            state = self._states.get(request.service, UNKNOWN)
            if state != last:
                yield health_pb2.HealthCheckResponse(status=state)
            last = state
            if closed:
                return
            await changed.wait()
