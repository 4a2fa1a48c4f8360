"""One call as the steps around it see it, and the interceptor that puts the steps around any kind of method.

A step is `async (call, proceed) -> response`: it does its part before, awaits `proceed()`, and does its part after.
Streams go the same way: their responses are written inside `proceed()`, which then returns None.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import grpc

EXEMPT = frozenset(
    {
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.reflection.v1.ServerReflection",
    }
)
"""Services that anyone may call at any time and for as long as they like."""

CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
_KINDS = {
    (False, False): "unary",
    (True, False): "client_stream",
    (False, True): "server_stream",
    (True, True): "bidi_stream",
}
Proceed = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class Call:
    """One call as the steps see it."""

    service: str
    method: str
    kind: str
    metadata: dict[str, Any]
    context: grpc.aio.ServicerContext[Any, Any]
    received: int = 0
    sent: int = 0

    @property
    def exempt(self) -> bool:
        return self.service in EXEMPT

    def code(self) -> grpc.StatusCode:
        """As it will be sent: OK unless a step or the servicer said otherwise."""
        code: Any = self.context.code()
        return code if isinstance(code, grpc.StatusCode) else CODES.get(code or 0, grpc.StatusCode.UNKNOWN)


class Step(Protocol):
    async def __call__(self, call: Call, proceed: Proceed) -> Any: ...


class Conduct(grpc.aio.ServerInterceptor):
    """Puts the steps around whatever handler serves a method, typed or generic."""

    def __init__(self, around: Sequence[Step]) -> None:
        self._around = tuple(reversed(around))

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        behaviour = _behaviour(handler)
        service, _, method = handler_call_details.method.lstrip("/").rpartition("/")
        kind = _KINDS[handler.request_streaming, handler.response_streaming]

        async def conducted(request: Any, servicer_context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            metadata = dict(servicer_context.invocation_metadata() or ())
            call = Call(service, method, kind, metadata, servicer_context)
            proceed: Proceed = partial(behaviour, request, call)
            for step in self._around:
                proceed = partial(step, call, proceed)
            return await proceed()

        return _same_shape(handler, conducted)


def _behaviour(handler: Any) -> Callable[[Any, Call], Awaitable[Any]]:
    """The servicer's method as a coroutine, counting messages; responses of a stream are written by it."""
    inner = handler.stream_stream or handler.stream_unary or handler.unary_stream or handler.unary_unary
    written = handler.response_streaming and not asyncio.iscoroutinefunction(inner)

    async def behave(request: Any, call: Call) -> Any:
        if handler.request_streaming:
            request = _counted(request, call)
        else:
            call.received = 1
        if written:
            async with aclosing(inner(request, call.context)) as responses:
                async for response in responses:
                    call.sent += 1
                    await call.context.write(response)
            return None
        response = await inner(request, call.context)
        call.sent += 0 if handler.response_streaming else 1
        return response

    return behave


async def _counted(requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
    async for request in requests:
        call.received += 1
        yield request


def _same_shape(handler: Any, conducted: Callable[..., Awaitable[Any]]) -> Any:
    makers: dict[str, Callable[..., Any]] = {
        "unary": grpc.unary_unary_rpc_method_handler,
        "client_stream": grpc.stream_unary_rpc_method_handler,
        "server_stream": grpc.unary_stream_rpc_method_handler,
        "bidi_stream": grpc.stream_stream_rpc_method_handler,
    }
    make = makers[_KINDS[handler.request_streaming, handler.response_streaming]]
    return make(conducted, handler.request_deserializer, handler.response_serializer)
