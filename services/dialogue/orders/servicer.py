"""commerce/v1 OrderService over the order book: protobuf to plain values and back."""

import base64
import binascii
from collections.abc import Iterable, Iterator

import grpc

from contracts import limits
from servicekit.errors import InvalidInput, Violation
from servicekit.server import Mount
from services.dialogue.orders import importing, rules, wire
from services.dialogue.orders.book import named
from services.dialogue.orders.embedded import EmbeddedOrders
from services.dialogue.orders.order import Order, Shopper
from shopkeeper.commerce.v1 import commerce_pb2 as pb
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceServicer, add_OrderServiceServicer_to_server

NAME = "shopkeeper.commerce.v1.OrderService"
_REASON = importing.TEXT
_LATEST_MS = 2**53
"""Of a place in a list; far beyond the year 9999."""
_PAGE, _MAX_PAGE = 20, 100


class OrderServicer(OrderServiceServicer):
    """Protobuf at the door of the orders of this very process."""

    def __init__(self, orders: EmbeddedOrders) -> None:
        self._orders = orders

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: object) -> pb.PlaceOrderResponse:  # noqa: N802
        shopper = _shopper(request.shopper)
        _refuse(_wrong_to_place(request))
        lines = wire.lines_of(request.lines)
        order = await self._orders.place(request.request_id, shopper, lines, request.attribution_token)
        return pb.PlaceOrderResponse(order=wire.order_message(order))

    async def GetOrder(self, request: pb.GetOrderRequest, context: object) -> pb.GetOrderResponse:  # noqa: N802
        order = await self._orders.get(_shopper(request.shopper), _order_id(request.order_id))
        return pb.GetOrderResponse(order=wire.order_message(order))

    async def ListOrders(self, request: pb.ListOrdersRequest, context: object) -> pb.ListOrdersResponse:  # noqa: N802
        size, before = _page_size(request.page_size), _place(request.page_token)
        found = await self._orders.page(_shopper(request.shopper), size + 1, before)
        shown = found[:size]
        token = _token(shown[-1]) if len(found) > size else ""
        return pb.ListOrdersResponse(orders=[wire.order_message(order) for order in shown], next_page_token=token)

    async def CancelOrder(  # noqa: N802
        self, request: pb.CancelOrderRequest, context: object
    ) -> pb.CancelOrderResponse:
        _refuse(importing.text("reason", request.reason, _REASON))
        shopper, order_id = _shopper(request.shopper), _order_id(request.order_id)
        order = await self._orders.cancel(request.request_id, shopper, order_id, request.reason)
        return pb.CancelOrderResponse(order=wire.order_message(order))

    async def RequestReturn(  # noqa: N802
        self, request: pb.RequestReturnRequest, context: object
    ) -> pb.RequestReturnResponse:
        _refuse(importing.text("reason", request.reason, _REASON))
        order = await self._orders.request_return(
            request.request_id,
            _shopper(request.shopper),
            _order_id(request.order_id),
            _product_id(request.product_id),
            request.quantity,
            request.reason,
        )
        return pb.RequestReturnResponse(order=wire.order_message(order), case=_case(order, request.product_id))

    async def RequestExchange(  # noqa: N802
        self, request: pb.RequestExchangeRequest, context: object
    ) -> pb.RequestExchangeResponse:
        for name in ("reason", "new_size", "new_colour"):
            _refuse(importing.text(name, getattr(request, name), _REASON))
        order = await self._orders.request_exchange(
            request.request_id,
            _shopper(request.shopper),
            _order_id(request.order_id),
            _product_id(request.product_id),
            request.quantity,
            request.new_size,
            request.new_colour,
            request.reason,
        )
        return pb.RequestExchangeResponse(order=wire.order_message(order), case=_case(order, request.product_id))

    async def TrackShipment(  # noqa: N802
        self, request: pb.TrackShipmentRequest, context: object
    ) -> pb.TrackShipmentResponse:
        shipment = await self._orders.track(_shopper(request.shopper), _order_id(request.order_id))
        return wire.shipment_message(shipment)

    async def ImportOrders(  # noqa: N802
        self, request: pb.ImportOrdersRequest, context: object
    ) -> pb.ImportOrdersResponse:
        if not 1 <= len(request.orders) <= importing.MAX_ORDERS:
            said = f"has {len(request.orders)} entries, not 1 to {importing.MAX_ORDERS}"
            raise InvalidInput.of(Violation("orders", said))
        answer = pb.ImportOrdersResponse()
        for index, message in enumerate(request.orders):
            wrong = importing.check(message)
            if wrong:
                answer.errors.add(
                    index=index, order_id=message.order_id, field=wrong[0].field, message=wrong[0].message
                )
                continue
            await self._orders.take_in(wire.order_of(message))
            answer.imported_count += 1
        return answer


def mount(servicer: OrderServicer) -> Mount:
    def add(server: grpc.aio.Server) -> None:
        add_OrderServiceServicer_to_server(servicer, server)

    return Mount(NAME, add)


def _wrong_to_place(request: pb.PlaceOrderRequest) -> Iterator[Violation]:
    yield from importing.text("attribution_token", request.attribution_token, 1024)
    for index, line in enumerate(request.lines[: rules.MAX_LINES]):
        yield from importing.text(f"lines[{index}].product_id", line.product_id, limits.ID_LENGTH)
        yield from limits.money(f"lines[{index}].price", line.price)
        for name in ("title", "size", "colour"):
            yield from importing.text(f"lines[{index}].{name}", getattr(line, name), importing.TEXT)


def _case(order: Order, product_id: str) -> pb.ServiceCase:
    """The newest of that product."""
    newest = [case for case in order.cases if case.product_id == product_id][-1]
    return wire.case_message(newest)


def _shopper(message: pb.Shopper) -> Shopper:
    for name in ("visitor_id", "user_id"):
        _refuse(importing.text(f"shopper.{name}", getattr(message, name), limits.ID_LENGTH))
    return named(wire.shopper_of(message))


def _order_id(order_id: str) -> str:
    _refuse(importing.text("order_id", order_id, limits.ID_LENGTH, required=True))
    return order_id


def _product_id(product_id: str) -> str:
    _refuse(importing.text("product_id", product_id, limits.ID_LENGTH, required=True))
    return product_id


def _refuse(violations: Iterable[Violation]) -> None:
    found = list(violations)
    if found:
        raise InvalidInput.of(*found)


def _page_size(asked: int) -> int:
    if not 0 <= asked <= _MAX_PAGE:
        raise InvalidInput.of(Violation("page_size", f"{asked} is not from 1 to {_MAX_PAGE}"))
    return asked or _PAGE


def _token(order: Order) -> str:
    return base64.urlsafe_b64encode(f"{order.placed_ms}:{order.order_id}".encode()).decode()


def _place(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        placed, _, order_id = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        placed_ms = int(placed)
    except (ValueError, binascii.Error):
        raise _not_ours(token) from None
    if abs(placed_ms) > _LATEST_MS or "\0" in order_id:
        raise _not_ours(token)
    return placed_ms, order_id


def _not_ours(token: str) -> InvalidInput:
    return InvalidInput.of(Violation("page_token", f"{limits.shown(token)} is not one of ours"))
