"""What travels with one call: its request id, who asks, and until when the answer is wanted.

Each door (gRPC interceptors, HTTP middleware, a consumer's loop) enters a scope; whatever runs inside reads it, and
outgoing calls hand it on.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """`deadline` is in seconds of `time.monotonic()`; None: no end was set. `caller` is "" for an unnamed one."""

    request_id: str = ""
    caller: str = ""
    deadline: float | None = None


_scope: ContextVar[Scope] = ContextVar("servicekit_scope", default=Scope())  # noqa: B039 (frozen)


def request_id() -> str:
    """Id of the request being served; "" outside of one."""
    return _scope.get().request_id


def caller() -> str:
    """Name of the API key or of the client certificate that asks; "" if nobody had to say."""
    return _scope.get().caller


def remaining_seconds() -> float | None:
    """Seconds until the caller gives up, never below 0; None if there is no deadline."""
    deadline = _scope.get().deadline
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def new_request_id() -> str:
    return str(uuid.uuid4())


def set_request_id(value: str) -> None:
    now = _scope.get()
    _scope.set(Scope(value, now.caller, now.deadline))


def set_caller(name: str) -> None:
    now = _scope.get()
    _scope.set(Scope(now.request_id, name, now.deadline))


def set_timeout(seconds: float | None) -> None:
    deadline = None if seconds is None else time.monotonic() + seconds
    now = _scope.get()
    _scope.set(Scope(now.request_id, now.caller, deadline))


@contextmanager
def entered(request_id: str = "", caller: str = "", timeout_seconds: float | None = None) -> Iterator[None]:
    """A scope of its own, left again at the end: for HTTP requests, tests and background work."""
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    token = _scope.set(Scope(request_id or new_request_id(), caller, deadline))
    try:
        yield
    finally:
        _scope.reset(token)
