"""Calls to a running gateway, as the operator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from servicekit.errors import InvalidInput, NotFound, ServiceError, Unavailable, Violation
from servicekit.settings import ShopSettings
from shopctl.shop import read_json, running
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.generator.v1.generator_pb2_grpc import DraftServiceStub, GeneratorServiceStub
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

T = TypeVar("T")
TIMEOUT_SECONDS = 10.0
STREAM_SECONDS = 60.0
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class Gateway:
    """The storefront's calls and those that it passes through, over one channel."""

    def __init__(self, channel: grpc.Channel, address: str, shop_id: str, api_key: str) -> None:
        self.storefront = StorefrontServiceStub(channel)
        self.recommender = RecommenderServiceStub(channel)
        self.generator = GeneratorServiceStub(channel)
        self.drafts = DraftServiceStub(channel)
        self._address, self._shop_id = address, shop_id
        self._metadata = (("x-api-key", api_key),) if api_key else ()

    def call(self, method: Callable[..., T], request: Any) -> T:
        """Raises ServiceError in the operator's words."""
        try:
            return method(request, timeout=TIMEOUT_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._in_words(error) from None

    def stream(self, method: Callable[..., Iterator[T]], request: Any) -> Iterator[T]:
        """The answer as it comes. Raises ServiceError in the operator's words."""
        try:
            yield from method(request, timeout=STREAM_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._in_words(error) from None

    def _in_words(self, error: Any) -> ServiceError:
        code, details = error.code(), error.details() or ""
        if code == grpc.StatusCode.INVALID_ARGUMENT:
            return InvalidInput(details, violations=list(_violations(error)))
        if code == grpc.StatusCode.NOT_FOUND:
            return NotFound(details)
        if code == grpc.StatusCode.UNAUTHENTICATED:
            return ServiceError(f"the gateway at {self._address} wants another key: {details}; give --api-key")
        if code == grpc.StatusCode.UNAVAILABLE:
            return Unavailable(f"{details or 'no answer'} (gateway at {self._address}); {_start(self._shop_id)}")
        return ServiceError(f"{code.name}: {details}")


@contextmanager
def connect(shop: ShopSettings, address: str, api_key: str, tls_ca: Path | None = None) -> Iterator[Gateway]:
    """The gateway at the address, else the one that the running shop has. Raises Unavailable if there is neither."""
    run = running(shop.home)
    found = address or str(read_json(shop.home / "run" / "gateway.json").get("grpc", ""))
    if not found:
        raise Unavailable(f"the gateway of shop {shop.id!r} is not running; {_start(shop.id)}", "GATEWAY_DOWN")
    key = api_key or (run.api_key if run and not address else "")
    with _channel(found, tls_ca) as channel:
        yield Gateway(channel, found, shop.id, key)


def _channel(address: str, tls_ca: Path | None) -> grpc.Channel:
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    if tls_ca is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(tls_ca.read_bytes()), options)


def _violations(error: Any) -> Iterator[Violation]:
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        bad = error_details_pb2.BadRequest()
        if detail.Is(bad.DESCRIPTOR) and detail.Unpack(bad):
            yield from (Violation(v.field, v.description) for v in bad.field_violations)


def _start(shop_id: str) -> str:
    return "start it with: make run" if shop_id == "sample" else f"start it with: make run SHOP={shop_id}"
