"""Errors as JSON, in the form of Google's APIs: {"error": {"code", "status", "message", "details"}} (AIP-193)."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from servicekit import context, status
from servicekit.errors import HTTP_CODES, InvalidInput, Overloaded, ServiceError, Unavailable

JSON = "application/json; charset=utf-8"
NO_DETAILS: Mapping[int, str] = {404: "NOT_FOUND", 405: "UNIMPLEMENTED"}
"""What the router itself answers, before any call is known."""

log = logging.getLogger(__name__)


@dataclass
class BodyTooLarge(InvalidInput):
    """The request's body is above the limit."""

    reason: str = "BODY_TOO_LARGE"


@dataclass
class UnsupportedMediaType(InvalidInput):
    """The body is not declared as JSON."""

    reason: str = "UNSUPPORTED_MEDIA_TYPE"


_OWN_CODES: Mapping[type[ServiceError], int] = {BodyTooLarge: 413, UnsupportedMediaType: 415}


def error_response(error: Exception) -> Response:
    """What a caller may read of an error. What nobody foresaw stays in the log."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=HTTP_CODES[grpc.StatusCode.CANCELLED])  # nobody reads it; it is only counted
    if isinstance(error, grpc.RpcError):
        error = status.from_rpc_error(error)
    if not isinstance(error, ServiceError) or status.code_of(error) is grpc.StatusCode.INTERNAL:
        log.error("a request failed", exc_info=error)
        return _response(500, "INTERNAL", status.internal_status(context.request_id()))
    code = status.code_of(error)
    http_code = _OWN_CODES.get(type(error)) or HTTP_CODES.get(code, 500)
    if http_code >= 500 or http_code == 429:
        log.warning("%s", error, extra={"code": code.name, "reason": error.reason})
    return _response(http_code, code.name, status.to_status(error), _retry_after(error))


def plain_error(http_code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """For what the router itself answers: no such path, no such method."""
    name = NO_DETAILS.get(http_code, "INVALID_ARGUMENT")
    return _response(http_code, name, Status(message=message), headers)


def _retry_after(error: ServiceError) -> Mapping[str, str]:
    """RFC 9110, 10.2.3: whole seconds, at least one."""
    if isinstance(error, Overloaded):
        return {"retry-after": str(max(1, math.ceil(error.retry_after_seconds)))}
    return {"retry-after": "1"} if isinstance(error, Unavailable) else {}


def _response(http_code: int, name: str, answer: Status, headers: Mapping[str, str] | None = None) -> Response:
    body = {"code": http_code, "status": name, "message": answer.message}
    details = MessageToDict(answer).get("details")
    if details:
        body["details"] = details
    text = json.dumps({"error": body}, ensure_ascii=False)
    return Response(text.encode(), http_code, dict(headers or {}), media_type=JSON)
