"""The dialogue's port to orders, over the order book in this very process."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.order import Order, OrderLine, Shipment, Shopper
from services.dialogue.orders.rules import Replacement

T = TypeVar("T")


class EmbeddedOrders:
    """`ports.Orders`. `on_change` hears of every change, so that its events go out at once."""

    def __init__(self, book: OrderBook, executor: Executor, on_change: Callable[[], None] = lambda: None) -> None:
        self._book, self._executor, self._on_change = book, executor, on_change

    async def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order:
        return await self._change(partial(self._book.place, request_id, shopper, lines, attribution_token))

    async def get(self, shopper: Shopper, order_id: str) -> Order:
        return await self._run(partial(self._book.get, shopper, order_id))

    async def list(self, shopper: Shopper, limit: int = 20) -> Sequence[Order]:
        return await self._run(partial(self._book.page, shopper, limit))

    async def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order:
        return await self._change(partial(self._book.cancel, request_id, shopper, order_id, reason))

    async def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        work = partial(self._book.request_return, request_id, shopper, order_id, product_id, quantity, reason)
        return await self._change(work)

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
        wanted = Replacement(new_size, new_colour)
        work = partial(self._book.request_exchange, request_id, shopper, order_id, product_id, quantity, wanted, reason)
        return await self._change(work)

    async def track(self, shopper: Shopper, order_id: str) -> Shipment:
        return await self._run(partial(self._book.track, shopper, order_id))

    async def page(self, shopper: Shopper, limit: int, before: tuple[int, str] | None = None) -> Sequence[Order]:
        """Newest first, behind the one at `before`: (placed_ms, order_id)."""
        return await self._run(partial(self._book.page, shopper, limit, before))

    async def take_in(self, order: Order) -> None:
        """An order made elsewhere."""
        await self._run(partial(self._book.take_in, order))
        self._on_change()

    async def _change(self, work: Callable[[], Order]) -> Order:
        order = await self._run(work)
        self._on_change()
        return order

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
