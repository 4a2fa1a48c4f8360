"""What happens around every call, in one list."""

import asyncio
import logging
import time
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from opentelemetry.trace import SpanKind

from servicekit import context, identity, status, tracing
from servicekit.calls import CODES, Call, Proceed, Step
from servicekit.errors import DeadlineExceeded, Overloaded, ServiceError, Unauthenticated
from servicekit.metrics import Metrics
from servicekit.settings import ServiceSettings

REQUEST_ID = "x-request-id"
API_KEY = "x-api-key"
_log = logging.getLogger(__name__)


def steps(settings: ServiceSettings, metrics: Metrics) -> list[Step]:
    """Outermost first."""
    return [
        RequestId(),
        Tracing(),
        Meter(metrics),
        Errors(),
        Admission(settings.max_concurrent_calls, metrics),
        Auth(identity.ApiKeys.parse(settings.api_keys.get_secret_value())),
        Deadline(settings.default_deadline_seconds, settings.default_stream_deadline_seconds),
    ]


class RequestId:
    """Takes the caller's id or makes one; the reply carries it in its trailing metadata.

    It is not sent in the initial metadata of a reply: that would commit a failing call, and the caller's channel could
    no longer retry it.
    """

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        given = call.metadata.get(REQUEST_ID, "")
        request_id = given if _is_request_id(given) else context.new_request_id()
        context.set_request_id(request_id)
        call.context.set_trailing_metadata(((REQUEST_ID, request_id),))
        return await proceed()


def _is_request_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable()


class Tracing:
    """A server span below the caller's."""

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        if call.exempt:
            return await proceed()
        with tracing.span(f"{call.service}/{call.method}", call.metadata, SpanKind.SERVER) as span:
            try:
                return await proceed()
            finally:
                if span.is_recording():
                    span.set_attribute("rpc.system", "grpc")
                    span.set_attribute("rpc.grpc.status_code", call.code().value[0])


class Meter:
    """Counts and times calls under the names that gRPC dashboards know."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        labels = (call.kind, call.service, call.method)
        self._metrics.started.labels(*labels).inc()
        begun = time.perf_counter()
        code = grpc.StatusCode.UNKNOWN
        try:
            response = await proceed()
            code = call.code()
            return response
        except asyncio.CancelledError:
            code = _cancel_code()
            raise
        except grpc.aio.AbortError:
            code = call.code()
            raise
        finally:
            self._metrics.handling.labels(*labels).observe(time.perf_counter() - begun)
            self._metrics.handled.labels(*labels, code.name).inc()
            self._metrics.received.labels(*labels).inc(call.received)
            self._metrics.sent.labels(*labels).inc(call.sent)


def _cancel_code() -> grpc.StatusCode:
    # gRPC cancels the task for both, and tells a caller who left from one whose time was up by nothing but the clock.
    # The caller's clock began a little earlier than ours.
    left = context.remaining_seconds()
    over = left is not None and left < 0.02
    return grpc.StatusCode.DEADLINE_EXCEEDED if over else grpc.StatusCode.CANCELLED


class Errors:
    """Turns what a servicer raises into a status with details. What nobody foresaw stays in the log."""

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        try:
            return await proceed()
        except grpc.aio.AbortError:
            raise
        except ServiceError as error:
            await self._abort(call, error)
        except grpc.RpcError as error:
            await self._abort(call, _passed_on(error))
        except Exception:
            _log.exception("%s/%s failed", call.service, call.method)
            await _abort_with(call, status.internal_status(context.request_id()))

    async def _abort(self, call: Call, error: ServiceError) -> None:
        code = status.code_of(error)
        if code is grpc.StatusCode.INTERNAL:
            _log.error("%s/%s failed", call.service, call.method, exc_info=error)
            await _abort_with(call, status.internal_status(context.request_id()))
        level = logging.WARNING if code in _OURS else logging.DEBUG
        _log.log(
            level, "%s/%s: %s", call.service, call.method, error, extra={"code": code.name, "reason": error.reason}
        )
        await _abort_with(call, status.to_status(error))


def _passed_on(error: grpc.RpcError) -> ServiceError:
    """A peer's error that the servicer let through. That the peer refuses us is not our caller's fault."""
    told = status.from_rpc_error(error)
    return ServiceError(f"refused by a peer: {told}") if isinstance(told, Unauthenticated) else told


_OURS = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


async def _abort_with(call: Call, answer: Status) -> None:
    trailing = (*call.context.trailing_metadata(), (status.DETAILS_KEY, answer.SerializeToString()))
    await call.context.abort(CODES[answer.code], answer.message, trailing)


class Admission:
    """Refuses calls above a number in progress at once, so that those let in are answered in time."""

    def __init__(self, limit: int, metrics: Metrics) -> None:
        self._limit = limit
        self._gauge = metrics.in_progress
        self._in_progress = 0

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        if call.exempt:
            return await proceed()
        if self._in_progress >= self._limit:
            raise Overloaded(
                f"{self._limit} calls are in progress, which is the limit; try again in a second",
                reason="TOO_MANY_CALLS",
                metadata={"limit": str(self._limit)},
            )
        self._in_progress += 1
        self._gauge.set(self._in_progress)
        try:
            return await proceed()
        finally:
            self._in_progress -= 1
            self._gauge.set(self._in_progress)


class Auth:
    """Names the caller, or refuses it."""

    def __init__(self, keys: identity.ApiKeys) -> None:
        self._keys = keys

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        if not call.exempt:
            key = call.metadata.get(API_KEY, "")
            context.set_caller(self._keys.identify(key, identity.common_name(call.context.auth_context())))
        return await proceed()


class Deadline:
    """Every call has an end: the caller's, else the default. Outgoing calls read what is left of it."""

    def __init__(self, default_seconds: float, stream_seconds: float) -> None:
        self._default = default_seconds
        self._stream = stream_seconds

    async def __call__(self, call: Call, proceed: Proceed) -> Any:
        given: float | None = call.context.time_remaining()
        if given is not None or call.exempt:
            context.set_timeout(given)
            return await proceed()
        seconds = self._default if call.kind == "unary" else self._stream
        context.set_timeout(seconds)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await proceed()
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineExceeded(f"not answered within {seconds:g} s, the default without a deadline") from None
