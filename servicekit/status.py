"""Domain errors to `google.rpc.Status` and back (AIP-193: a canonical code and always an ErrorInfo)."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from servicekit.errors import (
    GRPC_CODES,
    Conflict,
    InvalidInput,
    Overloaded,
    ServiceError,
    Violation,
)

T = TypeVar("T", ErrorInfo, BadRequest, RetryInfo)

DOMAIN = "shopkeeper"
DETAILS_KEY = "grpc-status-details-bin"
INTERNAL_TEXT = "internal error; the log of the service names the cause under this request id"
_MAX_MESSAGE = 300
_MAX_DETAILS_BYTES = 4096
"""A client takes 8 KiB of metadata by default; base64 and the percent-encoded message take the rest."""

_TYPES = {code: kind for kind, code in GRPC_CODES.items()} | {
    grpc.StatusCode.ALREADY_EXISTS: Conflict,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.OUT_OF_RANGE: InvalidInput,
}


def code_of(error: ServiceError) -> grpc.StatusCode:
    """The most special entry of the table; INTERNAL for a kind that has none."""
    codes = (GRPC_CODES[kind] for kind in type(error).__mro__ if kind in GRPC_CODES)
    return next(codes, grpc.StatusCode.INTERNAL)


def to_status(error: ServiceError) -> Status:
    """`google.rpc.Status` with ErrorInfo, and BadRequest or RetryInfo where the error has them.

    Violations beyond what fits into a reply's metadata are left out; `violations_omitted` in ErrorInfo counts them.
    """
    message = _cut(error.message, _MAX_MESSAGE)
    status = Status(code=code_of(error).value[0], message=message)
    info = ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=dict(error.metadata))
    if isinstance(error, InvalidInput) and error.violations:
        bad, omitted = _bad_request(error.violations)
        if omitted:
            info.metadata["violations_omitted"] = str(omitted)
        status.details.append(_packed(bad))
    if isinstance(error, Overloaded):
        delay = Duration()
        delay.FromMilliseconds(max(0, round(error.retry_after_seconds * 1000)))
        status.details.append(_packed(RetryInfo(retry_delay=delay)))
    status.details.insert(0, _packed(info))
    return status


def internal_status(request_id: str) -> Status:
    """What a caller learns of an error that is not theirs: nothing but where to look."""
    status = Status(code=grpc.StatusCode.INTERNAL.value[0], message=INTERNAL_TEXT)
    info = ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"request_id": request_id})
    status.details.append(_packed(info))
    return status


def from_rpc_error(error: grpc.RpcError, peer: str = "") -> ServiceError:
    """The error that a peer raised, with its reason, metadata, violations and delay.

    Text that is not from one of our services (a refused connection, a proxy) may name hosts and is replaced. A code
    without a domain error (INTERNAL, UNIMPLEMENTED, …) gives a plain ServiceError, which the next hop answers
    with INTERNAL.
    """
    code: grpc.StatusCode = error.code()
    kind = _TYPES.get(code, ServiceError)
    status = _status_in(error)
    info = next(iter(_unpacked(status, ErrorInfo)), None)
    if info is None or info.domain != DOMAIN:
        return kind(f"{peer or 'a peer'} answered {code.name}", reason=code.name, metadata={"peer": peer})
    made = kind(status.message, reason=info.reason, metadata=dict(info.metadata))
    if isinstance(made, InvalidInput):
        found = (v for bad in _unpacked(status, BadRequest) for v in bad.field_violations)
        made.violations = tuple(Violation(v.field, v.description) for v in found)
    for retry in _unpacked(status, RetryInfo):
        if isinstance(made, Overloaded):
            made.retry_after_seconds = retry.retry_delay.ToMilliseconds() / 1000
    return made


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _bad_request(violations: Sequence[Violation]) -> tuple[BadRequest, int]:
    bad, size = BadRequest(), 0
    for index, violation in enumerate(violations):
        one = BadRequest.FieldViolation(field=violation.field, description=_cut(violation.message, _MAX_MESSAGE))
        size += one.ByteSize()
        if size > _MAX_DETAILS_BYTES:
            return bad, len(violations) - index
        bad.field_violations.append(one)
    return bad, 0


def _packed(message: ErrorInfo | BadRequest | RetryInfo) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed


def _status_in(error: grpc.RpcError) -> Status:
    pairs: Iterable[tuple[str, str | bytes]] = error.trailing_metadata() or ()  # type: ignore[assignment]
    found = next((value for key, value in pairs if key == DETAILS_KEY), b"")
    return Status.FromString(found) if isinstance(found, bytes) else Status()


def _unpacked(status: Status, kind: type[T]) -> list[T]:
    found = []
    for packed in status.details:
        message = kind()
        if packed.Unpack(message):
            found.append(message)
    return found
