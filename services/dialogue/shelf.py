"""The recommender as the dialogue's port to products: cards, the cart, and the words of the catalogue."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import grpc
from google.type.money_pb2 import Money

from servicekit.errors import Unavailable
from services.dialogue.orders.order import Amount, Shopper
from services.dialogue.peers import translated
from services.dialogue.ports import Asker, Card, Cart, Conditions, Shelf, Vocabulary
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

NAME = "recommender"
SERVICE = "shopkeeper.recommender.v1.RecommenderService"
_ORDERS = {
    "relevance": pb.SEARCH_ORDER_RELEVANCE,
    "price-ascending": pb.SEARCH_ORDER_PRICE_ASCENDING,
    "price-descending": pb.SEARCH_ORDER_PRICE_DESCENDING,
}
_REMEMBERED = 2000
_REMEMBERED_SECONDS = 60.0
_CART_LOOKS, _CART_PAUSE = 8, 0.03
"""A cart event is in the profile within some tens of milliseconds."""
_PAGE = 1000
_MOST_PRODUCTS = 50_000
_LONGEST_QUERY = 1000


class RecommenderProducts:
    """`ports.Products`. Cards by product are remembered for a minute."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RecommenderServiceStub(channel)
        self._cards: OrderedDict[tuple[str, str], tuple[float, Card]] = OrderedDict()
        self._vocabulary = Vocabulary()

    async def search(
        self, asker: Asker, query: str, conditions: Conditions, order: str = "relevance", limit: int = 6
    ) -> Shelf:
        request = pb.SearchRequest(
            query=query[:_LONGEST_QUERY],
            visitor_id=asker.shopper.visitor_id,
            user_id=asker.shopper.user_id,
            filter=product_filter(conditions),
            page_size=limit,
            language_code=asker.language,
            order=_ORDERS[order],
        )
        answer = await translated(self._stub.Search(request), NAME)
        return shelf_of(answer.results, answer.attribution_token, answer.total_size)

    async def recommend(self, asker: Asker, conditions: Conditions, limit: int = 6) -> Shelf:
        return await self._recommend(asker, pb.PLACEMENT_HOME, conditions, limit)

    async def similar(self, asker: Asker, product_id: str, conditions: Conditions, limit: int = 6) -> Shelf:
        return await self._recommend(asker, pb.PLACEMENT_SIMILAR, conditions, limit, [product_id])

    async def popular(self, asker: Asker, limit: int = 6) -> Shelf:
        return await self._recommend(asker, pb.PLACEMENT_POPULAR, Conditions(), limit)

    async def _recommend(
        self,
        asker: Asker,
        placement: pb.Placement.ValueType,
        conditions: Conditions,
        limit: int,
        context: Sequence[str] = (),
    ) -> Shelf:
        request = pb.RecommendRequest(
            placement=placement,
            visitor_id=asker.shopper.visitor_id,
            user_id=asker.shopper.user_id,
            context_product_ids=context,
            filter=product_filter(conditions),
            page_size=limit,
            language_code=asker.language,
        )
        answer = await translated(self._stub.Recommend(request), NAME)
        return shelf_of(answer.results, answer.attribution_token, len(answer.results))

    async def product(self, product_id: str, language: str) -> Card:
        key, now = (product_id, language), time.monotonic()
        known = self._cards.get(key)
        if known is not None and now - known[0] < _REMEMBERED_SECONDS:
            return known[1]
        request = pb.GetProductRequest(product_id=product_id, language_code=language)
        answer = await translated(self._stub.GetProduct(request), NAME)
        card = card_of(pb.RecommendedProduct(product_id=product_id, product=answer.product))
        self._cards[key] = (now, card)
        while len(self._cards) > _REMEMBERED:
            self._cards.popitem(last=False)
        return card

    async def cart(self, shopper: Shopper, since_ms: int = 0) -> Cart:
        cart = await self._cart(shopper)
        for _ in range(_CART_LOOKS):
            if cart.as_of_ms >= since_ms:
                break
            await asyncio.sleep(_CART_PAUSE)
            cart = await self._cart(shopper)
        return cart

    async def _cart(self, shopper: Shopper) -> Cart:
        request = pb.GetProfileRequest(visitor_id=shopper.visitor_id, user_id=shopper.user_id)
        profile = (await translated(self._stub.GetProfile(request), NAME)).profile
        last = profile.last_event_time
        as_of_ms = last.seconds * 1000 + last.nanos // 1_000_000
        return Cart({item.product_id: item.quantity for item in profile.cart_items}, as_of_ms)

    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    async def learn_words(self) -> None:
        """Reads the catalogue's words anew. Raises Unavailable."""
        brands: set[str] = set()
        categories: set[str] = set()
        attributes: dict[str, set[str]] = {}
        token, read = "", 0
        while read < _MOST_PRODUCTS:
            request = pb.ListProductsRequest(page_size=_PAGE, page_token=token)
            answer = await translated(self._stub.ListProducts(request, timeout=10), NAME)
            for product in answer.products:
                _learn(product, brands, categories, attributes)
            read, token = read + len(answer.products), answer.next_page_token
            if not token:
                break
            await asyncio.sleep(0)
        words = {name: frozenset(values) for name, values in attributes.items()}
        self._vocabulary = Vocabulary(frozenset(brands), frozenset(categories), words)


def _learn(product: Product, brands: set[str], categories: set[str], attributes: dict[str, set[str]]) -> None:
    wordings: list[Product | Localization] = [product, *product.localizations]
    for words in wordings:
        brands.update({words.brand} - {""})
        categories.update(words.categories)
        for attribute in words.attributes:
            attributes.setdefault(attribute.name, set()).update(attribute.values)


class NoProducts:
    """`ports.Products` where there is no recommender."""

    async def search(
        self, asker: Asker, query: str, conditions: Conditions, order: str = "relevance", limit: int = 6
    ) -> Shelf:
        raise _absent()

    async def recommend(self, asker: Asker, conditions: Conditions, limit: int = 6) -> Shelf:
        raise _absent()

    async def similar(self, asker: Asker, product_id: str, conditions: Conditions, limit: int = 6) -> Shelf:
        raise _absent()

    async def popular(self, asker: Asker, limit: int = 6) -> Shelf:
        raise _absent()

    async def product(self, product_id: str, language: str) -> Card:
        raise _absent()

    async def cart(self, shopper: Shopper, since_ms: int = 0) -> Cart:
        raise _absent()

    def vocabulary(self) -> Vocabulary:
        return Vocabulary()


def _absent() -> Unavailable:
    return Unavailable("there is no recommender: DIALOGUE_RECOMMENDER_ADDRESS is empty", reason="NO_RECOMMENDER")


def product_filter(wanted: Conditions) -> pb.ProductFilter:
    made = pb.ProductFilter(
        categories=wanted.categories,
        brands=wanted.brands,
        attributes=[Attribute(name=name, values=values[:50]) for name, values in wanted.attributes.items()],
        exclude_product_ids=wanted.exclude,
    )
    for name, cents in (("min_price", wanted.low), ("max_price", wanted.high)):
        if cents is not None:
            getattr(made, name).CopyFrom(_money(max(0, cents)))
    return made


def _money(cents: int) -> Money:
    return Money(units=cents // 100, nanos=cents % 100 * 10_000_000)


def _amount(price: Money) -> Amount:
    return Amount(price.currency_code, price.units * 100 + round(price.nanos / 10_000_000))


def shelf_of(results: Sequence[pb.RecommendedProduct], token: str, total: int) -> Shelf:
    return Shelf([card_of(result) for result in results], token, total)


def card_of(result: pb.RecommendedProduct) -> Card:
    product = result.product
    attributes: Mapping[str, Sequence[str]] = {each.name: tuple(each.values) for each in product.attributes}
    return Card(
        product_id=result.product_id,
        title=product.title,
        price=_amount(product.price),
        original_price=_amount(product.original_price) if product.HasField("original_price") else None,
        brand=product.brand,
        description=product.description,
        categories=tuple(product.categories),
        attributes=attributes,
        stock=product.stock.value if product.HasField("stock") else None,
        rating=product.rating.average,
        reason=result.reason.text,
        message=result.SerializeToString(),
    )
