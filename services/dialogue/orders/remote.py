"""The dialogue's port to orders, over a shop's own OrderService."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import grpc

from servicekit import status
from servicekit.clients import PeerPolicy
from servicekit.errors import Conflict, DeadlineExceeded, InvalidInput, NotFound, Overloaded, ServiceError, Unavailable
from services.dialogue.orders import wire
from services.dialogue.orders.order import Order, OrderLine, Shipment, Shopper
from shopkeeper.commerce.v1 import commerce_pb2 as pb
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceStub

T = TypeVar("T")
M = TypeVar("M")
_ANSWERS = (Conflict, DeadlineExceeded, InvalidInput, NotFound, Overloaded, Unavailable)
NAME = "orders"
# Changes carry a request id, so that every method may be sent again.
POLICY = PeerPolicy(NAME, timeout_seconds=3.0, idempotent=("shopkeeper.commerce.v1.OrderService",))


class RemoteOrders:
    """`ports.Orders`. Errors are `servicekit.errors`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = OrderServiceStub(channel)

    async def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order:
        request = pb.PlaceOrderRequest(
            request_id=request_id,
            shopper=wire.shopper_message(shopper),
            lines=[wire.line_message(line) for line in lines],
            attribution_token=attribution_token,
        )
        return _read(wire.order_of, (await _translated(self._stub.PlaceOrder(request))).order)

    async def get(self, shopper: Shopper, order_id: str) -> Order:
        request = pb.GetOrderRequest(order_id=order_id, shopper=wire.shopper_message(shopper))
        return _read(wire.order_of, (await _translated(self._stub.GetOrder(request))).order)

    async def list(self, shopper: Shopper, limit: int = 20) -> Sequence[Order]:
        request = pb.ListOrdersRequest(shopper=wire.shopper_message(shopper), page_size=limit)
        found = (await _translated(self._stub.ListOrders(request))).orders
        return [_read(wire.order_of, order) for order in found]

    async def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order:
        request = pb.CancelOrderRequest(
            request_id=request_id, order_id=order_id, shopper=wire.shopper_message(shopper), reason=reason
        )
        return _read(wire.order_of, (await _translated(self._stub.CancelOrder(request))).order)

    async def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        request = pb.RequestReturnRequest(
            request_id=request_id,
            order_id=order_id,
            shopper=wire.shopper_message(shopper),
            product_id=product_id,
            quantity=quantity,
            reason=reason,
        )
        return _read(wire.order_of, (await _translated(self._stub.RequestReturn(request))).order)

    async def request_exchange(
        self,
        request_id: str,
        shopper: Shopper,
        order_id: str,
        product_id: str,
        quantity: int = 0,
        new_size: str = "",
        new_colour: str = "",
        reason: str = "",
    ) -> Order:
        request = pb.RequestExchangeRequest(
            request_id=request_id,
            order_id=order_id,
            shopper=wire.shopper_message(shopper),
            product_id=product_id,
            quantity=quantity,
            new_size=new_size,
            new_colour=new_colour,
            reason=reason,
        )
        return _read(wire.order_of, (await _translated(self._stub.RequestExchange(request))).order)

    async def track(self, shopper: Shopper, order_id: str) -> Shipment:
        request = pb.TrackShipmentRequest(order_id=order_id, shopper=wire.shopper_message(shopper))
        return _read(wire.shipment_of, await _translated(self._stub.TrackShipment(request)))


async def _translated(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise _meant(status.from_rpc_error(error, NAME)) from error


def _meant(error: ServiceError) -> ServiceError:
    """A fault of the order service, or of the key that it is asked with, tells the shopper no more than its absence:
    what was agreed to is not known to be done, and is tried again."""
    if isinstance(error, _ANSWERS):
        return error
    return Unavailable(f"{NAME}: {error.message}", reason="ORDERS_FAULTY", metadata=error.metadata)


def _read(plain: Callable[[M], T], message: M) -> T:
    """Raises Unavailable for an order in a state that this code does not know."""
    try:
        return plain(message)
    except KeyError as error:
        raise Unavailable(f"{NAME}: answered with an unknown state or kind: {error}", reason="ORDERS_FAULTY") from error
