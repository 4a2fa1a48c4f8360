"""A small shop behind the real contract: RecommenderService over real gRPC, with answers that a test can foresee.

`for-you` puts the categories that a visitor touched last first, so one event changes the next answer.
"""
# ruff: noqa: N802 (names of the RPCs)

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import grpc

from servicekit import status
from servicekit.errors import InvalidInput, NotFound, ServiceError, Violation
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product, Rating
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import (
    RecommenderServiceServicer,
    add_RecommenderServiceServicer_to_server,
)

Context = grpc.aio.ServicerContext

# id, category, English, Chinese, colour in both, price
_GOODS = (
    ("tee-1", "Clothing > Tops", "Heavy cotton tee", "重磅纯棉T恤", ("green", "绿色"), 29),
    ("dress-1", "Clothing > Dresses", "Linen summer dress", "亚麻夏日连衣裙", ("blue", "蓝色"), 89),
    ("shoe-1", "Shoes > Running", "Cushioned running shoes", "缓震跑鞋", ("red", "红色"), 119),
    ("shoe-2", "Shoes > Boots", "Leather ankle boots", "真皮短靴", ("brown", "棕色"), 159),
    ("phone-1", "Phones > Smartphones", "6.1 inch smartphone, 256 GB", "6.1英寸智能手机 256GB", ("black", "黑色"), 699),
    ("phone-2", "Phones > Accessories", "Fast charger 65 W", "65W快充充电器", ("white", "白色"), 39),
    ("kettle-1", "Appliances > Kitchen", "Gooseneck kettle 1 L", "1升手冲壶", ("silver", "银色"), 59),
    ("cream-1", "Beauty > Skin", "Hand cream with shea", "乳木果护手霜", ("pink", "粉色"), 12),
    ("tea-1", "Food > Tea", "Longjing green tea 100 g", "龙井绿茶100克", ("green", "绿色"), 24),
    ("book-1", "Books > Fiction", "The lighthouse keeper, a novel", "守灯塔的人（小说）", ("blue", "蓝色"), 16),
    ("lamp-1", "Home > Lighting", "Paper floor lamp", "纸质落地灯", ("beige", "米色"), 79),
    ("mat-1", "Sport > Yoga", "Natural rubber yoga mat", "天然橡胶瑜伽垫", ("purple", "紫色"), 45),
    ("blocks-1", "Toys > Wooden", "Wooden building blocks", "木制积木", ("yellow", "黄色"), 34),
)
_CATEGORY_ZH = {
    "Clothing": "服装",
    "Tops": "上衣",
    "Dresses": "连衣裙",
    "Shoes": "鞋",
    "Running": "跑步鞋",
    "Boots": "靴子",
    "Phones": "手机",
    "Smartphones": "智能手机",
    "Accessories": "配件",
    "Appliances": "电器",
    "Kitchen": "厨房",
    "Beauty": "美妆",
    "Skin": "护肤",
    "Food": "食品",
    "Tea": "茶",
    "Books": "图书",
    "Fiction": "小说",
    "Home": "家居",
    "Lighting": "灯具",
    "Sport": "运动",
    "Yoga": "瑜伽",
    "Toys": "玩具",
    "Wooden": "木制",
}


def goods() -> list[Product]:
    """Thirteen products in ten categories, Chinese and English."""
    return [_product(*each) for each in _GOODS]


def _product(product_id: str, category: str, title: str, title_zh: str, colour: tuple[str, str], price: int) -> Product:
    product = Product(
        product_id=product_id,
        title=title,
        description=f"{title}. Made to be used every day and to last for years.",
        language_code="en",
        categories=[category],
        brand="Fenwick & Yao" if price > 50 else "Plain Goods",
        attributes=[Attribute(name="color", values=[colour[0]])],
        rating=Rating(average=4.5, count=128),
        localizations=[
            Localization(
                language_code="zh",
                title=title_zh,
                description=f"{title_zh}。每天都用得上，经久耐用。",
                categories=[" > ".join(_CATEGORY_ZH[part] for part in category.split(" > "))],
                attributes=[Attribute(name="color", values=[colour[1]])],
                brand="芬姚" if price > 50 else "素物",
            )
        ],
    )
    product.price.currency_code, product.price.units = "CNY", price
    product.stock.value = 20
    return product


def in_language(product: Product, language: str) -> Product:
    """As the recommender answers: the words of one language, no localizations."""
    shown = Product()
    shown.CopyFrom(product)
    del shown.localizations[:]
    for words in product.localizations:
        if words.language_code == language:
            shown.title, shown.description, shown.brand = words.title, words.description, words.brand
            shown.language_code = language
            for name in ("categories", "attributes"):
                shown.ClearField(name)
                getattr(shown, name).extend(getattr(words, name))
    return shown


class FakeRecommender(RecommenderServiceServicer):
    """Answers about `products`; `requests` keeps what it was asked, `failure` makes every call fail with that error."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self.products = {product.product_id: product for product in products or goods()}
        self.requests: list[object] = []
        self.metadata: list[dict[str, str]] = []
        self.events: dict[str, list[UserEvent]] = {}
        self.curations: dict[str, pb.Curation] = {}
        self.observed = 0
        self.failure: ServiceError | None = None
        self.refresh: Callable[[], None] = lambda: None
        """Called before an answer: reads what the event log has since."""

    def observe(self, event: UserEvent) -> None:
        self.observed += 1
        self.events.setdefault(event.visitor_id, []).append(event)

    async def _begin(self, request: object, context: Context) -> None:
        self.requests.append(request)
        self.metadata.append({str(key): str(value) for key, value in context.invocation_metadata() or ()})
        if self.failure is not None:
            await _abort(context, self.failure)
        self.refresh()

    async def Recommend(self, request: pb.RecommendRequest, context: Context) -> pb.RecommendResponse:
        await self._begin(request, context)
        if request.page_size > 100:
            await _abort(context, InvalidInput.of(Violation("page_size", f"{request.page_size} is not 1 to 100")))
        ranked, code = self._ranked(request)
        language = request.language_code or "en"
        results = [self._result(product, code, language, rank) for rank, product in enumerate(ranked)]
        token = f"token-{pb.Placement.Name(request.placement)}-{len(self.requests)}"
        return pb.RecommendResponse(results=results[: request.page_size or 20], attribution_token=token)

    def _ranked(self, request: pb.RecommendRequest) -> tuple[Sequence[Product], str]:
        others = [each for each in self.products.values() if each.product_id not in request.context_product_ids]
        if request.placement == pb.PLACEMENT_BUY_AGAIN:
            return [each for each in others if each.product_id in self._bought(request.visitor_id)], "buy-again"
        if request.placement in (pb.PLACEMENT_SIMILAR, pb.PLACEMENT_GOES_WITH):
            root = _root(self.products.get(request.context_product_ids[0], Product()))
            similar = request.placement == pb.PLACEMENT_SIMILAR
            code = "similar-to" if similar else "goes-with"
            return [each for each in others if (_root(each) == root) == similar], code
        if request.placement == pb.PLACEMENT_POPULAR:
            return others[::-1], "popular"
        touched = self._touched(request.visitor_id)
        return sorted(others, key=lambda each: touched.index(_root(each)) if _root(each) in touched else 99), "taste"

    def _touched(self, visitor_id: str) -> list[str]:
        """Root categories, the one touched last first."""
        done = [event for event in self.events.get(visitor_id, []) if event.event_type != "impression"]
        touched = [root for event in done for root in self._roots(event)]
        return list(dict.fromkeys(reversed(touched)))

    def _roots(self, event: UserEvent) -> list[str]:
        """The categories that an event speaks of: those of its products, and what was said in chat."""
        ids = [detail.product_id for detail in event.product_details if detail.product_id in self.products]
        wanted = [each.value for each in event.preferences if each.name == "category"]
        return [_root(self.products[each]) for each in ids] + wanted

    def _bought(self, visitor_id: str) -> set[str]:
        bought = [each for each in self.events.get(visitor_id, []) if each.event_type == "purchase-complete"]
        return {detail.product_id for event in bought for detail in event.product_details}

    def _result(self, product: Product, code: str, language: str, rank: int) -> pb.RecommendedProduct:
        text = {"en": f"Here because of: {code}", "zh": f"推荐理由：{code}"}.get(language, code)
        return pb.RecommendedProduct(
            product_id=product.product_id,
            product=in_language(product, language),
            score=1.0 / (rank + 1),
            reason=pb.Reason(code=code, text=text),
            sources=["popular"] if code == "popular" else ["item2vec", "text"],
        )

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:
        await self._begin(request, context)
        if not request.query and not request.HasField("filter"):
            await _abort(context, InvalidInput.of(Violation("query", "is required, unless a filter is set")))
        language = request.language_code or "en"
        found = [each for each in self.products.values() if _matches(in_language(each, language), request)]
        if request.order in (pb.SEARCH_ORDER_PRICE_ASCENDING, pb.SEARCH_ORDER_PRICE_DESCENDING):
            found.sort(key=lambda each: each.price.units, reverse=request.order == pb.SEARCH_ORDER_PRICE_DESCENDING)
        start, size = int(request.page_token or 0), request.page_size or 20
        page = found[start : start + size]
        return pb.SearchResponse(
            results=[self._result(each, "search-match", language, rank) for rank, each in enumerate(page)],
            attribution_token=f"token-search-{len(self.requests)}",
            next_page_token=str(start + size) if start + size < len(found) else "",
            total_size=len(found),
            facets=_facets([in_language(each, language) for each in found]),
        )

    async def GetProduct(self, request: pb.GetProductRequest, context: Context) -> pb.GetProductResponse:
        await self._begin(request, context)
        product = self.products.get(request.product_id)
        if product is None:
            await _abort(context, NotFound(f"no product {request.product_id}", "PRODUCT_NOT_FOUND"))
        return pb.GetProductResponse(product=_as_asked(product, request.language_code))

    async def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ListProductsResponse:
        await self._begin(request, context)
        page = list(self.products.values())[: request.page_size or 50]
        return pb.ListProductsResponse(products=page, total_size=len(self.products))

    async def ImportProducts(
        self,
        request_iterator: AsyncIterator[pb.ImportProductsRequest],
        context: Context,
    ) -> pb.ImportProductsResponse:
        answer = pb.ImportProductsResponse()
        async for request in request_iterator:
            await self._begin(request, context)
            for index, product in enumerate(request.products):
                if product.title and product.price.units >= 0:
                    answer.imported_count += 1
                    self.products[product.product_id] = product
                    continue
                field, message = (
                    ("price.units", f"{product.price.units} is below 0") if product.title else ("title", "is required")
                )
                answer.rejected_count += 1
                answer.errors.add(index=index, product_id=product.product_id, field=field, message=message)
        return answer

    async def ListCurations(self, request: pb.ListCurationsRequest, context: Context) -> pb.ListCurationsResponse:
        await self._begin(request, context)
        return pb.ListCurationsResponse(curations=list(self.curations.values()))

    async def SetCuration(self, request: pb.SetCurationRequest, context: Context) -> pb.SetCurationResponse:
        await self._begin(request, context)
        curation = pb.Curation(
            product_id=request.product_id, pinned=request.pinned, hidden=request.hidden, actor=request.actor
        )
        curation.update_time.GetCurrentTime()
        self.curations.pop(request.product_id, None)
        if request.pinned or request.hidden:
            self.curations[request.product_id] = curation
        return pb.SetCurationResponse(curation=curation)

    async def GetProfile(self, request: pb.GetProfileRequest, context: Context) -> pb.GetProfileResponse:
        await self._begin(request, context)
        return pb.GetProfileResponse(profile=self._profile(request.visitor_id, request.user_id))

    def _profile(self, visitor_id: str, user_id: str) -> pb.Profile:
        events = self.events.get(visitor_id, [])
        profile = pb.Profile(visitor_id=visitor_id, user_id=user_id, event_count=len(events))
        for event in reversed(events):
            for detail in event.product_details:
                profile.recent_events.add(
                    event_type=event.event_type, event_time=event.event_time, product_id=detail.product_id
                )
        profile.recent_searches.extend(each.search_query for each in reversed(events) if each.search_query)
        for product_id, quantity in _cart(events).items():
            profile.cart_items.add(product_id=product_id, quantity=quantity)
        for product_id in sorted(self._bought(visitor_id)):
            profile.purchased_products.add(product_id=product_id, order_count=1, quantity=1)
        roots = Counter(
            _root(self.products[detail.product_id])
            for each in events
            for detail in each.product_details
            if detail.product_id in self.products
        )
        for name, count in roots.most_common():
            profile.category_affinities.add(name=name, weight=count / roots.total())
        return profile

    async def DeleteProfile(self, request: pb.DeleteProfileRequest, context: Context) -> pb.DeleteProfileResponse:
        await self._begin(request, context)
        self.events.pop(request.visitor_id, None)
        return pb.DeleteProfileResponse(visitor_ids=[request.visitor_id])


def _as_asked(product: Product, language: str) -> Product:
    """Whole, with all its languages, unless one was named."""
    return in_language(product, language) if language else product


def _cart(events: Sequence[UserEvent]) -> dict[str, int]:
    """The fold of the cart events; what is bought leaves the cart."""
    cart: dict[str, int] = {}
    for event in events:
        for detail in event.product_details:
            pieces = detail.quantity.value or 1
            if event.event_type == "add-to-cart":
                cart[detail.product_id] = cart.get(detail.product_id, 0) + pieces
            elif event.event_type == "remove-from-cart":
                cart[detail.product_id] = max(0, cart.get(detail.product_id, 0) - pieces)
            elif event.event_type == "purchase-complete":
                cart.pop(detail.product_id, None)
    return {product_id: pieces for product_id, pieces in cart.items() if pieces}


async def _abort(context: Context, error: ServiceError) -> None:
    answer = status.to_status(error)
    await context.abort(status.code_of(error), answer.message, ((status.DETAILS_KEY, answer.SerializeToString()),))


def _root(product: Product) -> str:
    return product.categories[0].split(" > ")[0] if product.categories else ""


def _matches(product: Product, request: pb.SearchRequest) -> bool:
    words = f"{product.title} {product.brand} {' '.join(product.categories)}".lower()
    if not all(word in words for word in request.query.lower().split()):
        return False
    wanted = request.filter
    if wanted.categories and not any(
        path.startswith(each) for path in product.categories for each in wanted.categories
    ):
        return False
    if wanted.HasField("max_price") and product.price.units > wanted.max_price.units:
        return False
    if wanted.HasField("min_price") and product.price.units < wanted.min_price.units:
        return False
    mine = {attribute.name: set(attribute.values) for attribute in product.attributes}
    return (not wanted.brands or product.brand in wanted.brands) and all(
        mine.get(each.name, set()) & set(each.values) for each in wanted.attributes
    )


def _facets(products: Sequence[Product]) -> list[pb.Facet]:
    names = {
        "category": Counter(path for each in products for path in each.categories),
        "brand": Counter(each.brand for each in products),
        "color": Counter(value for each in products for attribute in each.attributes for value in attribute.values),
    }
    facets = [
        pb.Facet(name=name, values=[pb.FacetValue(value=value, count=count) for value, count in counts.most_common(20)])
        for name, counts in names.items()
    ]
    price = pb.Facet(name="price")
    for low, high in ((0, 50), (50, 150), (150, 1000)):
        count = sum(low <= each.price.units <= high for each in products)
        if count:
            value = price.values.add(value=f"{low}-{high}", count=count)
            value.min_price.currency_code = value.max_price.currency_code = "CNY"
            value.min_price.units, value.max_price.units = low, high
    return [*facets, price]


async def serve(fake: FakeRecommender, address: str = "127.0.0.1:0") -> tuple[grpc.aio.Server, str]:
    """A real server on a free port; stop it with `await server.stop(0)`."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_RecommenderServiceServicer_to_server(fake, server)
    port = server.add_insecure_port(address)
    await server.start()
    return server, f"127.0.0.1:{port}"
