"""Errors of the domain, free of transport words, and the one table that maps each to gRPC and to HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import grpc


@dataclass(frozen=True)
class Violation:
    """What is wrong with one field of an input: `message` names the value and the limit."""

    field: str
    message: str


@dataclass
class ServiceError(Exception):
    """An error that a caller may read. `reason` is UPPER_SNAKE_CASE and stable; `metadata` is for machines."""

    message: str
    reason: str = "ERROR"
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


@dataclass
class InvalidInput(ServiceError):
    """The request itself is wrong; sending it again changes nothing."""

    reason: str = "INVALID_INPUT"
    violations: Sequence[Violation] = ()

    @classmethod
    def of(cls, *violations: Violation) -> "InvalidInput":
        return cls("; ".join(f"{v.field}: {v.message}" for v in violations), violations=violations)


@dataclass
class NotFound(ServiceError):
    """The thing named does not exist."""

    reason: str = "NOT_FOUND"


@dataclass
class Conflict(ServiceError):
    """The thing is not in a state that allows it, or a request id was used for something else."""

    reason: str = "CONFLICT"


@dataclass
class Unauthenticated(ServiceError):
    """Nobody knows who asks."""

    reason: str = "UNAUTHENTICATED"


@dataclass
class Forbidden(ServiceError):
    """It is known who asks, and they may not."""

    reason: str = "FORBIDDEN"


@dataclass
class Overloaded(ServiceError):
    """More is asked than can be served now; `retry_after_seconds` says when to come back."""

    reason: str = "OVERLOADED"
    retry_after_seconds: float = 1.0


@dataclass
class Unavailable(ServiceError):
    """A part that is needed is not there now; safe to repeat if the call is."""

    reason: str = "UNAVAILABLE"


@dataclass
class DeadlineExceeded(ServiceError):
    """The caller's time is up."""

    reason: str = "DEADLINE_EXCEEDED"


GRPC_CODES: Mapping[type[ServiceError], grpc.StatusCode] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
}

HTTP_CODES: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""What is not named here is 500."""
