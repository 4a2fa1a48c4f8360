"""Buying: what is in the cart, or the lines named, becomes an order at the catalogue's prices."""

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from gateway.identity import Caller
from servicekit.errors import Conflict, DeadlineExceeded, InvalidInput, NotFound, Unavailable, Violation
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.gateway.v1 import gateway_pb2 as gateway
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

T = TypeVar("T")

ORDERS_UNAVAILABLE = "orders-unavailable"
MAX_LINES = 50
MAX_QUANTITY = 999


class Catalogue(Protocol):
    """What buying asks of the recommender."""

    async def get_product(self, request: recommender.GetProductRequest) -> recommender.GetProductResponse: ...

    async def get_profile(self, request: recommender.GetProfileRequest) -> recommender.GetProfileResponse: ...


class Orders(Protocol):
    """The order service. Errors are `servicekit.errors`."""

    async def place_order(self, request: commerce.PlaceOrderRequest) -> commerce.PlaceOrderResponse: ...

    async def list_orders(self, request: commerce.ListOrdersRequest) -> commerce.ListOrdersResponse: ...


class Repeats(Protocol):
    """What was ordered under a request id: by the time of a repeat the cart is empty, and a price may be another."""

    async def recall(self, key: str) -> bytes | None: ...

    async def keep(self, key: str, value: bytes) -> None: ...


class Buying:
    """A visitor's orders. `on_degradation` is told when the order service is missing."""

    def __init__(
        self, catalogue: Catalogue, orders: Orders, repeats: Repeats, on_degradation: Callable[[str], None]
    ) -> None:
        self._catalogue = catalogue
        self._orders = orders
        self._repeats = repeats
        self._on_degradation = on_degradation

    async def buy(self, caller: Caller, request: gateway.BuyRequest) -> gateway.BuyResponse:
        """Raises InvalidInput for a line that cannot be, Conflict (`OUT_OF_STOCK`, `NO_PRICE`, `CART_EMPTY`) for one
        that cannot be sold now; both name the line."""
        shopper = _shopper(caller, request.visitor_id, request.user_id)
        _check(request.lines)
        order = await self._repeated(shopper, request) or await self._asked(caller, shopper, request)
        answer = await self._there(self._orders.place_order(order))
        return gateway.BuyResponse(order=answer.order)

    async def list_my_orders(
        self, caller: Caller, request: gateway.ListMyOrdersRequest
    ) -> gateway.ListMyOrdersResponse:
        asked = commerce.ListOrdersRequest(
            shopper=_shopper(caller, request.visitor_id, request.user_id),
            page_size=request.page_size,
            page_token=request.page_token,
        )
        found = await self._there(self._orders.list_orders(asked))
        return gateway.ListMyOrdersResponse(orders=found.orders, next_page_token=found.next_page_token)

    async def _repeated(
        self, shopper: commerce.Shopper, request: gateway.BuyRequest
    ) -> commerce.PlaceOrderRequest | None:
        """The order as it was asked for under this request id, if this is a repeat of it."""
        kept = await self._repeats.recall(_key(shopper, request.request_id)) if request.request_id else None
        if kept is None:
            return None
        order = commerce.PlaceOrderRequest.FromString(kept)
        same = not request.lines or list(map(_wish, request.lines)) == list(map(_wish, order.lines))
        return order if same else None  # for other lines the order service says that the id is taken

    async def _asked(
        self, caller: Caller, shopper: commerce.Shopper, request: gateway.BuyRequest
    ) -> commerce.PlaceOrderRequest:
        wanted = request.lines or await self._cart(shopper)
        products = await self._products(wanted, caller.language(request.language_code))
        _refuse_unsellable(wanted, products)
        order = commerce.PlaceOrderRequest(
            request_id=request.request_id or str(uuid.uuid4()),
            shopper=shopper,
            lines=[_priced(line, product) for line, product in zip(wanted, products, strict=True)],
            attribution_token=request.attribution_token,
        )
        if request.request_id:
            await self._repeats.keep(_key(shopper, request.request_id), order.SerializeToString())
        return order

    async def _cart(self, shopper: commerce.Shopper) -> Sequence[commerce.OrderLine]:
        asked = recommender.GetProfileRequest(visitor_id=shopper.visitor_id, user_id=shopper.user_id)
        items = (await self._catalogue.get_profile(asked)).profile.cart_items
        if not items:
            raise Conflict("the cart is empty; name lines, or put something in first", "CART_EMPTY")
        if len(items) > MAX_LINES:
            raise Conflict(f"the cart has {len(items)} lines, an order takes {MAX_LINES}", "CART_TOO_LONG")
        return [commerce.OrderLine(product_id=each.product_id, quantity=each.quantity) for each in items]

    async def _products(self, lines: Sequence[commerce.OrderLine], language: str) -> Sequence[Product]:
        """Raises InvalidInput naming every line whose product the shop does not have."""
        found = await asyncio.gather(*(self._product(line.product_id, language) for line in lines))
        unknown = [
            Violation(f"lines[{at}].product_id", f"{lines[at].product_id!r} is not in the shop")
            for at, product in enumerate(found)
            if product is None
        ]
        if unknown:
            raise InvalidInput.of(*unknown)
        return [product for product in found if product is not None]

    async def _product(self, product_id: str, language: str) -> Product | None:
        asked = recommender.GetProductRequest(product_id=product_id, language_code=language)
        try:
            return (await self._catalogue.get_product(asked)).product
        except NotFound:
            return None

    async def _there(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except DeadlineExceeded:
            self._on_degradation(ORDERS_UNAVAILABLE)
            raise
        except Unavailable as error:
            self._on_degradation(ORDERS_UNAVAILABLE)
            raise Unavailable("orders cannot be taken at the moment", "ORDERS_UNAVAILABLE") from error


def _shopper(caller: Caller, visitor_id: str, user_id: str) -> commerce.Shopper:
    return commerce.Shopper(visitor_id=caller.visitor(visitor_id), user_id=caller.user(user_id))


def _check(lines: Sequence[commerce.OrderLine]) -> None:
    if len(lines) > MAX_LINES:
        raise InvalidInput.of(Violation("lines", f"has {len(lines)} lines, not 1 to {MAX_LINES}"))
    wrong = [
        Violation(f"lines[{at}].quantity", f"{line.quantity} is not 1 to {MAX_QUANTITY}")
        for at, line in enumerate(lines)
        if not 1 <= line.quantity <= MAX_QUANTITY
    ]
    if wrong:
        raise InvalidInput.of(*wrong)


def _refuse_unsellable(lines: Sequence[commerce.OrderLine], products: Sequence[Product]) -> None:
    """Lines of one product (in two sizes, say) share its stock."""
    wanted: Counter[str] = Counter()
    for at, (line, product) in enumerate(zip(lines, products, strict=True)):
        named = {"line": str(at), "product_id": line.product_id}
        wanted[line.product_id] += line.quantity
        if not product.HasField("price"):
            raise Conflict(f"lines[{at}]: {product.title!r} has no price and cannot be ordered", "NO_PRICE", named)
        if product.HasField("stock") and product.stock.value < wanted[line.product_id]:
            left, asked = product.stock.value, wanted[line.product_id]
            said = f"lines[{at}]: {left} of {product.title!r} are left, {asked} were asked for"
            raise Conflict(said, "OUT_OF_STOCK", {**named, "left": str(left)})


def _priced(line: commerce.OrderLine, product: Product) -> commerce.OrderLine:
    return commerce.OrderLine(
        product_id=line.product_id,
        quantity=line.quantity,
        price=product.price,
        title=product.title,
        size=line.size,
        colour=line.colour,
    )


def _wish(line: commerce.OrderLine) -> tuple[str, int, str, str]:
    return line.product_id, line.quantity, line.size, line.colour


def _key(shopper: commerce.Shopper, request_id: str) -> str:
    """Of one length, whatever the caller sent."""
    named = json.dumps([shopper.visitor_id, shopper.user_id, request_id])
    return f"buy:{hashlib.sha256(named.encode()).hexdigest()}"
