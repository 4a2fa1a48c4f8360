"""Errors of the domain, as they look on the wire and when they come back."""

import grpc
import pytest
from google.rpc.status_pb2 import Status

from servicekit.errors import (
    GRPC_CODES,
    Conflict,
    InvalidInput,
    NotFound,
    Overloaded,
    ServiceError,
    Unavailable,
    Violation,
)
from servicekit.status import code_of, from_rpc_error, internal_status, to_status


def returned(code: grpc.StatusCode, status: Status | None = None, text: str = "") -> grpc.aio.AioRpcError:
    details = [("grpc-status-details-bin", status.SerializeToString())] if status else []
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*details), text)


@pytest.mark.parametrize("kind", GRPC_CODES)
def test_every_error_comes_back_as_itself(kind: type[ServiceError]) -> None:
    sent = kind("不行", reason="CELLAR_FULL", metadata={"limit": "3"})
    assert from_rpc_error(returned(code_of(sent), to_status(sent))) == sent


def test_violations_and_delays_come_back() -> None:
    wrong = InvalidInput.of(Violation("query", "0 characters; at least 1"))
    busy = Overloaded("wait", retry_after_seconds=0.25)
    assert from_rpc_error(returned(code_of(wrong), to_status(wrong))) == wrong
    assert from_rpc_error(returned(code_of(busy), to_status(busy))) == busy


def test_a_more_special_error_takes_its_parent_s_code() -> None:
    class ProductNotFound(NotFound):
        pass

    class Unheard(ServiceError):
        pass

    assert code_of(ProductNotFound("p1")) is grpc.StatusCode.NOT_FOUND
    assert code_of(Unheard("?")) is grpc.StatusCode.INTERNAL


def test_other_people_s_words_are_not_repeated() -> None:
    proxy = from_rpc_error(returned(grpc.StatusCode.UNAVAILABLE, text="ipv4:10.0.3.7:50051 refused"), "nlu")
    assert proxy == Unavailable("nlu answered UNAVAILABLE", reason="UNAVAILABLE", metadata={"peer": "nlu"})
    taken = from_rpc_error(returned(grpc.StatusCode.ALREADY_EXISTS, text="row 7"), "orders")
    assert isinstance(taken, Conflict)


def test_a_peer_s_internal_error_has_no_domain_meaning() -> None:
    error = from_rpc_error(returned(grpc.StatusCode.INTERNAL, internal_status("r-9")))
    assert type(error) is ServiceError
    assert (error.reason, error.metadata) == ("INTERNAL", {"request_id": "r-9"})


def test_a_reply_fits_into_eight_kibibytes_of_metadata() -> None:
    error = InvalidInput.of(*(Violation(f"f{i}", "太长了" * 500) for i in range(300)))
    assert to_status(error).ByteSize() < 5 * 1024
    assert len(to_status(error).message) == 300
