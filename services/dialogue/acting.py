"""Does what a shopper has agreed to, by the port to orders; the request id makes it happen once."""

from dataclasses import dataclass

from servicekit.errors import Conflict, DeadlineExceeded, InvalidInput, NotFound, Overloaded, Unavailable
from services.dialogue.orders.order import Order, Shopper
from services.dialogue.ports import Orders
from services.dialogue.turn import Action

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)


@dataclass(frozen=True)
class Result:
    """`order` as it is now; or `reason` why not; or `absent`: it is not known yet, to be tried again."""

    order: Order | None = None
    reason: str = ""
    absent: bool = False

    @property
    def outcome(self) -> str:
        return "done" if self.order else self.reason


class Acting:
    """Never raises for what the shop refuses."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def do(self, shopper: Shopper, action: Action) -> Result:
        try:
            return Result(await self._order(shopper, action))
        except ABSENT:
            return Result(absent=True)
        except (Conflict, NotFound, InvalidInput) as error:
            return Result(reason=error.reason)

    async def _order(self, shopper: Shopper, action: Action) -> Order:
        orders, request_id, order_id = self._orders, action.request_id, action.order_id
        if action.kind == "cancel-order":
            return await orders.cancel(request_id, shopper, order_id, action.reason)
        if action.kind == "request-return":
            return await orders.request_return(
                request_id, shopper, order_id, action.product_id, action.quantity, action.reason
            )
        if action.kind == "request-exchange":
            return await orders.request_exchange(
                request_id,
                shopper,
                order_id,
                action.product_id,
                action.quantity,
                action.new_size,
                action.new_colour,
                action.reason,
            )
        return await orders.place(request_id, shopper, action.lines, action.attribution_token)
