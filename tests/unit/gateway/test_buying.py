"""What becomes of a cart or of named lines, with no transport at all."""

import pytest

from gateway.buying import Buying
from gateway.identity import Caller, Kind
from servicekit.errors import Conflict, Forbidden, InvalidInput, NotFound
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.gateway.v1 import gateway_pb2 as gateway
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

BROWSER = Caller(Kind.BROWSER, visitor_id="visitor-1", languages=("zh",))


class Catalogue:
    def __init__(self) -> None:
        tea, book, rug = (Product(product_id=each, title=each.upper()) for each in ("tea", "book", "rug"))
        tea.price.units, tea.stock.value = 24, 3
        book.price.units = 16
        self.products = {each.product_id: each for each in (tea, book, rug)}
        self.cart: dict[str, int] = {}
        self.languages: list[str] = []

    async def get_product(self, request: recommender.GetProductRequest) -> recommender.GetProductResponse:
        self.languages.append(request.language_code)
        if request.product_id not in self.products:
            raise NotFound("no such product")
        return recommender.GetProductResponse(product=self.products[request.product_id])

    async def get_profile(self, request: recommender.GetProfileRequest) -> recommender.GetProfileResponse:
        items = [{"product_id": each, "quantity": pieces} for each, pieces in self.cart.items()]
        return recommender.GetProfileResponse(profile={"visitor_id": request.visitor_id, "cart_items": items})


class Orders:
    def __init__(self) -> None:
        self.asked: list[commerce.PlaceOrderRequest] = []

    async def place_order(self, request: commerce.PlaceOrderRequest) -> commerce.PlaceOrderResponse:
        self.asked.append(request)
        return commerce.PlaceOrderResponse(order={"order_id": "SK00000001"})

    async def list_orders(self, request: commerce.ListOrdersRequest) -> commerce.ListOrdersResponse:
        raise AssertionError("no lists in these tests")


class Kept(dict[str, bytes]):
    async def recall(self, key: str) -> bytes | None:
        return self.get(key)

    async def keep(self, key: str, value: bytes) -> None:
        self[key] = value


class Shop:
    def __init__(self) -> None:
        self.catalogue, self.orders, self.degraded = Catalogue(), Orders(), []
        self.buying = Buying(self.catalogue, self.orders, Kept(), self.degraded.append)

    async def buy(
        self, *lines: tuple[str, int], caller: Caller = BROWSER, **more: object
    ) -> commerce.PlaceOrderRequest:
        named = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]
        await self.buying.buy(caller, gateway.BuyRequest(lines=named, **more))
        return self.orders.asked[-1]


async def test_lines_get_the_catalogues_price_and_title_in_the_shoppers_language():
    shop = Shop()
    lines = [
        {"product_id": "tea", "quantity": 2, "size": "L", "colour": "green", "title": "free", "price": {"units": 1}}
    ]
    await shop.buying.buy(BROWSER, gateway.BuyRequest(lines=lines))
    (order,) = shop.orders.asked
    (line,) = order.lines
    assert (line.price.units, line.title, line.quantity, line.size, line.colour) == (24, "TEA", 2, "L", "green")
    assert shop.catalogue.languages == ["zh"]
    assert (order.shopper.visitor_id, order.shopper.user_id) == ("visitor-1", "")
    assert order.request_id, "each call without one is an order of its own"


async def test_without_lines_the_cart_is_bought():
    shop = Shop()
    shop.catalogue.cart = {"tea": 1, "book": 4}
    assert [(each.product_id, each.quantity) for each in (await shop.buy()).lines] == [("tea", 1), ("book", 4)]
    shop.catalogue.cart = {}
    with pytest.raises(Conflict, match="the cart is empty"):
        await shop.buy()


async def test_every_line_that_the_shop_does_not_have_is_named():
    with pytest.raises(InvalidInput) as caught:
        await Shop().buy(("tea", 1), ("gone", 1), ("lost", 1))
    assert [each.field for each in caught.value.violations] == ["lines[1].product_id", "lines[2].product_id"]
    assert "'gone' is not in the shop" in str(caught.value)


async def test_what_is_not_there_in_that_number_is_not_sold():
    with pytest.raises(Conflict) as caught:
        await Shop().buy(("book", 999), ("tea", 2), ("tea", 2))
    assert caught.value.reason == "OUT_OF_STOCK"
    assert caught.value.metadata == {"line": "2", "product_id": "tea", "left": "3"}
    assert str(caught.value) == "lines[2]: 3 of 'TEA' are left, 4 were asked for"
    with pytest.raises(Conflict, match=r"lines\[0\]: 'RUG' has no price"):
        await Shop().buy(("rug", 1))


@pytest.mark.parametrize("quantity", [0, -1, 1000])
async def test_a_quantity_has_limits(quantity: int):
    with pytest.raises(InvalidInput, match=rf"lines\[0\].quantity: {quantity} is not 1 to 999"):
        await Shop().buy(("tea", quantity))
    with pytest.raises(InvalidInput, match="lines: has 51 lines, not 1 to 50"):
        await Shop().buy(*[("tea", 1)] * 51)


async def test_a_repeat_asks_for_the_same_order_though_cart_and_price_have_changed():
    shop = Shop()
    shop.catalogue.cart = {"tea": 1}
    first = await shop.buy(request_id="r-1")
    shop.catalogue.cart = {}
    shop.catalogue.products["tea"].price.units = 99
    assert await shop.buy(request_id="r-1") == first
    assert await shop.buy(("tea", 1), request_id="r-1") == first
    other = await shop.buy(("book", 1), request_id="r-1")
    assert other.lines[0].product_id == "book", "the order service says that the id is taken"
    stranger = Caller(Kind.BROWSER, visitor_id="visitor-2")
    with pytest.raises(Conflict, match="the cart is empty"):
        await shop.buy(caller=stranger, request_id="r-1")


async def test_nobody_buys_for_another():
    for named in ({"visitor_id": "visitor-2"}, {"user_id": "user-7"}):
        with pytest.raises(Forbidden):
            await Shop().buy(("tea", 1), **named)
    with pytest.raises(InvalidInput, match="visitor_id"):
        await Shop().buy(("tea", 1), caller=Caller(Kind.TEAM, team="team"))
