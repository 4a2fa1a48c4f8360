"""The catalogue, as the recommender keeps it."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeVar

import grpc

from servicekit import status
from servicekit.clients import PeerPolicy
from servicekit.errors import InvalidInput, Unavailable, Violation
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.recommender.v1 import recommender_pb2 as recommender
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

T = TypeVar("T")
NAME = "recommender"
_SERVICE = recommender.DESCRIPTOR.services_by_name["RecommenderService"].full_name
POLICY = PeerPolicy(
    NAME,
    timeout_seconds=4.0,
    stream_timeout_seconds=8.0,
    idempotent=(f"{_SERVICE}/GetProduct",),
)


class Catalogue(Protocol):
    """Raises servicekit.errors: NotFound for a product that is not there, Unavailable while nobody answers."""

    async def get(self, product_id: str) -> Product:
        """With all its languages."""

    async def put(self, product: Product, request_id: str) -> None:
        """Raises InvalidInput if the catalogue refuses the product. The same `request_id` has its effect once."""


async def translated(call: Awaitable[T]) -> T:
    """A peer's answer; its errors as ours."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise status.from_rpc_error(error, NAME) from error


class RecommenderCatalogue:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RecommenderServiceStub(channel)

    async def get(self, product_id: str) -> Product:
        request = recommender.GetProductRequest(product_id=product_id)
        return (await translated(self._stub.GetProduct(request))).product

    async def put(self, product: Product, request_id: str) -> None:
        async def stream() -> AsyncIterator[recommender.ImportProductsRequest]:
            yield recommender.ImportProductsRequest(request_id=request_id, products=[product])

        answer = await translated(self._stub.ImportProducts(stream()))
        if answer.rejected_count:
            error = answer.errors[0] if answer.errors else recommender.ImportError()
            raise InvalidInput.of(Violation(error.field or "product", error.message or "the catalogue refuses it"))


class NoCatalogue:
    """Where no recommender is configured."""

    async def get(self, product_id: str) -> Product:
        raise Unavailable(f"product_id: {product_id[:60]!r} cannot be looked up: no recommender is configured")

    async def put(self, product: Product, request_id: str) -> None:
        raise Unavailable("no recommender is configured to publish to")
