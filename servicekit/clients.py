"""Channels to other services: what is left of the deadline, request id, trace and API key go along with each call.

Retries are gRPC's own (service config, https://github.com/grpc/proposal/blob/master/A6-client-retries.md): on
UNAVAILABLE alone, for the methods named idempotent, within the deadline, with jittered backoff, throttled when most
fail.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from servicekit import context, tls, tracing
from servicekit.breaker import Breaker
from servicekit.errors import DeadlineExceeded, Unavailable
from servicekit.interceptors import API_KEY, REQUEST_ID
from servicekit.metrics import Metrics, default_metrics
from servicekit.settings import ServiceSettings

_PEER_FAILED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


@dataclass(frozen=True)
class PeerPolicy:
    """How calls to one peer behave.

    `idempotent` names methods (`package.Service/Method`, or `package.Service` for all of it) that may be sent again.
    `max_attempts` counts the first one; gRPC allows 2 to 5, and 1 turns retries off.
    """

    name: str
    timeout_seconds: float = 2.0
    stream_timeout_seconds: float = 60.0
    idempotent: Sequence[str] = ()
    max_attempts: int = 3
    backoff_seconds: float = 0.05
    max_backoff_seconds: float = 1.0
    failures_to_open: int = 5
    open_seconds: float = 2.0
    max_message_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= 5:
            raise ValueError(f"max_attempts: {self.max_attempts} is not from 1 to 5")


def open_channel(
    address: str, peer: PeerPolicy, settings: ServiceSettings, metrics: Metrics | None = None
) -> grpc.aio.Channel:
    """A channel for any generated stub; `address` is `host:port` or a gRPC target such as `dns:///host:port`.

    Calls raise grpc.aio.AioRpcError (see `servicekit.status.from_rpc_error`), or at once Unavailable while the circuit
    breaker is open and DeadlineExceeded when the caller's time is already up. Who leaves a stream before its end must
    `cancel()` the call: gRPC does not notice that nobody reads.
    """
    conduct = _Conduct(peer, settings, metrics or default_metrics())
    around: list[grpc.aio.ClientInterceptor] = [
        _UnaryUnary(conduct),
        _UnaryStream(conduct),
        _StreamUnary(conduct),
        _StreamStream(conduct),
    ]
    target = address if "://" in address or address.startswith(("unix:", "ipv4:", "ipv6:")) else f"dns:///{address}"
    options = _options(peer)
    credentials = tls.channel_credentials(settings)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options, interceptors=around)
    return grpc.aio.secure_channel(target, credentials, options, interceptors=around)


def _options(peer: PeerPolicy) -> list[tuple[str, Any]]:
    return [
        ("grpc.service_config", json.dumps(service_config(peer))),
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", peer.max_message_bytes),
        ("grpc.max_send_message_length", peer.max_message_bytes),
        # A restarted peer is found within two seconds; gRPC's own default grows to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1000),
        ("grpc.max_reconnect_backoff_ms", 2000),
        ("grpc.dns_min_time_between_resolutions_ms", 1000),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.use_local_subchannel_pool", 1),
    ]


def service_config(peer: PeerPolicy) -> dict[str, Any]:
    """gRPC's service config: round robin over all addresses, and the retries."""
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if peer.idempotent and peer.max_attempts > 1:
        retry = {
            "maxAttempts": peer.max_attempts,
            "initialBackoff": f"{peer.backoff_seconds:g}s",
            "maxBackoff": f"{peer.max_backoff_seconds:g}s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        config["methodConfig"] = [{"name": [_name(each) for each in peer.idempotent], "retryPolicy": retry}]
        config["retryThrottling"] = {"maxTokens": 100, "tokenRatio": 0.5}
    return config


def _name(method: str) -> dict[str, str]:
    service, _, name = method.strip("/").partition("/")
    return {"service": service, "method": name} if name else {"service": service}


class _Conduct:
    """What every call to one peer goes through."""

    def __init__(self, peer: PeerPolicy, settings: ServiceSettings, metrics: Metrics) -> None:
        self._peer = peer
        self._api_key = settings.peer_api_key.get_secret_value()
        self._metrics = metrics
        self._breaker = Breaker(peer.failures_to_open, peer.open_seconds)
        self._following: set[asyncio.Future[None]] = set()
        metrics.breaker_open.labels(peer.name).set(0)

    def begin(self, details: grpc.aio.ClientCallDetails, limit: float) -> tuple[grpc.aio.ClientCallDetails, "_Outcome"]:
        """The call as it goes out. Raises what refuses it."""
        timeout = self._timeout(details.timeout, limit)
        if not self._breaker.allow():
            raise Unavailable(
                f"{self._peer.name} is not answering; it is left alone for {self._peer.open_seconds:g} s",
                reason="CIRCUIT_OPEN",
                metadata={"peer": self._peer.name},
            )
        outgoing = grpc.aio.ClientCallDetails(
            details.method, timeout, self._metadata(details.metadata), details.credentials, details.wait_for_ready
        )
        # A caller in a hurry must not be able to open the breaker for all the others.
        return outgoing, _Outcome(self, details.method, patient=timeout >= limit / 2)

    def _timeout(self, asked: float | None, limit: float) -> float:
        left = context.remaining_seconds()
        timeout = min(each for each in (asked, left, limit) if each is not None)
        if timeout <= 0:
            raise DeadlineExceeded(f"no time is left to ask {self._peer.name}", metadata={"peer": self._peer.name})
        return timeout

    def _metadata(self, given: grpc.aio.Metadata | None) -> grpc.aio.Metadata:
        ours = {REQUEST_ID: context.request_id() or context.new_request_id(), **tracing.outgoing()}
        if self._api_key:
            ours[API_KEY] = self._api_key
        kept = tuple(given or ())
        named = {key for key, _ in kept}
        return grpc.aio.Metadata(*kept, *(pair for pair in ours.items() if pair[0] not in named))

    def end(self, method: str, code: grpc.StatusCode, seconds: float, patient: bool) -> None:
        service, _, name = method.lstrip("/").rpartition("/")
        labels = (self._peer.name, service, name)
        self._metrics.client_handled.labels(*labels, code.name).inc()
        self._metrics.client_handling.labels(*labels).observe(seconds)
        if code is grpc.StatusCode.CANCELLED or (code is grpc.StatusCode.DEADLINE_EXCEEDED and not patient):
            self._breaker.abandoned()
        elif code in _PEER_FAILED:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        self._metrics.breaker_open.labels(self._peer.name).set(0 if self._breaker.closed else 1)

    def follow(self, task: "asyncio.Future[None]") -> None:
        """Keeps a task alive; the loop alone would not."""
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    def limit(self, streaming: bool) -> float:
        return self._peer.stream_timeout_seconds if streaming else self._peer.timeout_seconds


class _Outcome:
    """Reports the end of one call."""

    def __init__(self, conduct: _Conduct, method: str, patient: bool) -> None:
        self._conduct = conduct
        self._method = method if isinstance(method, str) else bytes(method).decode()
        self._patient = patient
        self._begun = time.perf_counter()

    async def wait(self, call: Any) -> None:
        """Until the call ends, which for a unary one is when its response is there."""
        code = grpc.StatusCode.CANCELLED
        try:
            code = await call.code()
        except asyncio.CancelledError:
            # Who waits has left: tell the peer, which would otherwise work on for nobody.
            call.cancel()
            raise
        finally:
            self._conduct.end(self._method, code, time.perf_counter() - self._begun, self._patient)


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, conduct: _Conduct) -> None:
        self._conduct = conduct

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        outgoing, outcome = self._conduct.begin(client_call_details, self._conduct.limit(streaming=False))
        call = await continuation(outgoing, request)
        await outcome.wait(call)
        return call


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, conduct: _Conduct) -> None:
        self._conduct = conduct

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await _stream(self._conduct, continuation, client_call_details, request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, conduct: _Conduct) -> None:
        self._conduct = conduct

    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await _stream(self._conduct, continuation, client_call_details, request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, conduct: _Conduct) -> None:
        self._conduct = conduct

    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await _stream(self._conduct, continuation, client_call_details, request_iterator)


async def _stream(conduct: _Conduct, continuation: Any, details: Any, request: Any) -> Any:
    outgoing, outcome = conduct.begin(details, conduct.limit(streaming=True))
    call = await continuation(outgoing, request)
    # A stream's end comes when its reader gets there; a task waits for it, so that the breaker hears in any case.
    conduct.follow(asyncio.ensure_future(outcome.wait(call)))
    return call
