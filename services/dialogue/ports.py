"""What the conversation needs of others, as Protocols of plain values; adapters in `peers.py` and `orders/`.

Every method may raise `servicekit.errors`: Unavailable, DeadlineExceeded or Overloaded mean that the other has no
answer now.
"""

from collections.abc import Sequence
from typing import Protocol

from services.dialogue.orders.order import Order, OrderLine, Shipment, Shopper


class Orders(Protocol):
    """The shop's orders. Changes take a request id (a UUID): a repeat returns the first result.

    An order of somebody else is NotFound; what may not be is Conflict with a reason: ORDER_SHIPPED, ORDER_CANCELLED,
    NOT_DELIVERED, RETURN_WINDOW_OVER, ALREADY_RETURNED, NOT_RETURNABLE.
    """

    async def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order: ...

    async def get(self, shopper: Shopper, order_id: str) -> Order: ...

    async def list(self, shopper: Shopper, limit: int = 20) -> Sequence[Order]:
        """Newest first."""

    async def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order: ...

    async def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        """`quantity` 0: all pieces of that product."""

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
    ) -> Order: ...

    async def track(self, shopper: Shopper, order_id: str) -> Shipment: ...
