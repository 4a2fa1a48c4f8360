"""Requests of the RecommenderService as plain values. Raises InvalidInput that names field, value and limit."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.type.money_pb2 import Money

from contracts import limits
from contracts.products import PRODUCT_ID
from servicekit.errors import InvalidInput, Violation
from services.recommender import recommender as domain
from services.recommender import tokens
from services.recommender.codec import amount
from services.recommender.curation import Curation
from services.recommender.filters import Filter
from services.recommender.search import Order, SearchAsk
from shopkeeper.catalog.v1.catalog_pb2 import Attribute
from shopkeeper.recommender.v1 import recommender_pb2 as pb

PLACEMENTS = {
    pb.PLACEMENT_UNSPECIFIED: domain.HOME,
    pb.PLACEMENT_HOME: domain.HOME,
    pb.PLACEMENT_SIMILAR: domain.SIMILAR,
    pb.PLACEMENT_GOES_WITH: domain.GOES_WITH,
    pb.PLACEMENT_BUY_AGAIN: domain.BUY_AGAIN,
    pb.PLACEMENT_POPULAR: domain.POPULAR,
}
DEFAULT_PAGE = 20
DEEPEST = 1000
R = TypeVar("R", pb.RecommendRequest, pb.SearchRequest)


@dataclass(frozen=True)
class Page:
    """Results `offset` to `offset + size`; `asked` is the request without its paging, `as_of_ms` the first page's now
    (0 on the first page itself)."""

    offset: int
    size: int
    asked: bytes
    as_of_ms: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.size

    def next_token(self, found: int, now_ms: int = 0) -> str:
        """Empty unless more than the page's end were found. `now_ms` is this page's now."""
        if self.end >= min(found, DEEPEST):
            return ""
        return tokens.encode_page(self.end, self.asked, now_ms)


@dataclass(frozen=True)
class ShelfRequest:
    """A Recommend call."""

    ask: domain.Ask
    visitor_id: str
    user_id: str
    page: Page


def recommend(request: pb.RecommendRequest) -> ShelfRequest:
    """Checks and translates; fills in the defaults that the proto states."""
    raise_if_any(_recommend_violations(request))
    page = page_of(request)
    ask = domain.Ask(
        placement=PLACEMENTS[request.placement],
        context_product_ids=tuple(request.context_product_ids),
        filter=filter_of(request.filter),
        exclude_purchased=request.exclude_purchased,
        limit=page.end + 1,  # one more than is shown, to know whether another page follows
        language_code=request.language_code or "en",
        diversity=request.diversity.value if request.HasField("diversity") else None,
    )
    return ShelfRequest(ask, request.visitor_id, request.user_id, page)


def _recommend_violations(request: pb.RecommendRequest) -> Iterator[Violation]:
    if request.placement not in PLACEMENTS:
        yield Violation("placement", f"{request.placement} is not a Placement")
    personal = request.placement in (pb.PLACEMENT_UNSPECIFIED, pb.PLACEMENT_HOME, pb.PLACEMENT_BUY_AGAIN)
    yield from limits.text("visitor_id", request.visitor_id, limits.ID_LENGTH, required=personal)
    yield from limits.text("user_id", request.user_id, limits.ID_LENGTH)
    if request.placement in (pb.PLACEMENT_SIMILAR, pb.PLACEMENT_GOES_WITH) and not request.context_product_ids:
        yield Violation("context_product_ids", f"is required for {pb.Placement.Name(request.placement)}")
    yield from limits.count("context_product_ids", request.context_product_ids, 50)
    if request.HasField("diversity") and not 0 <= request.diversity.value <= 1:
        yield Violation("diversity", f"{request.diversity.value} is not between 0 and 1")
    yield from page_violations(request.page_size, 100)
    yield from filter_violations(request.filter)


def page_violations(size: int, most: int) -> Iterator[Violation]:
    if not 0 <= size <= most:
        yield Violation("page_size", f"{size} is not between 1 and {most} (0 takes the default)")


def filter_violations(wanted: pb.ProductFilter) -> Iterator[Violation]:
    yield from limits.count("filter.categories", wanted.categories, 50)
    yield from limits.count("filter.brands", wanted.brands, 50)
    yield from limits.count("filter.attributes", wanted.attributes, 20)
    yield from limits.count("filter.exclude_product_ids", wanted.exclude_product_ids, 1000)
    yield from _attribute_violations(wanted.attributes)
    yield from _price_violations(wanted)


def _attribute_violations(attributes: Sequence[Attribute]) -> Iterator[Violation]:
    names: set[str] = set()
    for index, attribute in enumerate(attributes):
        field = f"filter.attributes[{index}]"
        yield from limits.text(f"{field}.name", attribute.name, limits.ID_LENGTH, required=True)
        yield from limits.count(f"{field}.values", attribute.values, 50)
        if not attribute.values:
            yield Violation(f"{field}.values", "is required")
        if attribute.name in names:
            yield Violation(f"{field}.name", f"{limits.shown(attribute.name)} is there twice")
        names.add(attribute.name)


def _price_violations(wanted: pb.ProductFilter) -> Iterator[Violation]:
    for name in ("min_price", "max_price"):
        if wanted.HasField(name):
            yield from _money_violations(f"filter.{name}", getattr(wanted, name))
    if not (wanted.HasField("min_price") and wanted.HasField("max_price")):
        return
    low, high = wanted.min_price, wanted.max_price
    if low.currency_code and high.currency_code and low.currency_code != high.currency_code:
        message = f"{limits.shown(high.currency_code)} is not that of min_price, {limits.shown(low.currency_code)}"
        yield Violation("filter.max_price.currency_code", message)
    elif amount(low) > amount(high):
        yield Violation("filter.min_price.units", f"{amount(low):g} is above filter.max_price, {amount(high):g}")


def _money_violations(field: str, price: Money) -> Iterator[Violation]:
    """A limit may leave its currency out: there is but one that it can mean."""
    told = Money(currency_code=price.currency_code or "XXX", units=price.units, nanos=price.nanos)
    yield from limits.money(field, told)


def filter_of(wanted: pb.ProductFilter) -> Filter:
    return Filter(
        categories=tuple(wanted.categories),
        brands=tuple(wanted.brands),
        min_price=amount(wanted.min_price) if wanted.HasField("min_price") else None,
        max_price=amount(wanted.max_price) if wanted.HasField("max_price") else None,
        attributes={attribute.name: tuple(attribute.values) for attribute in wanted.attributes},
        exclude_product_ids=frozenset(wanted.exclude_product_ids),
        include_out_of_stock=wanted.include_out_of_stock,
    )


def page_of(request: R) -> Page:
    """The page asked for. Raises InvalidInput for a token that is not of this request."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.page_token, bare.page_size = "", 0
    asked = type(request).__name__.encode() + bare.SerializeToString(deterministic=True)
    offset, as_of_ms = tokens.decode_page(request.page_token, asked, DEEPEST)
    return Page(offset, request.page_size or DEFAULT_PAGE, asked, as_of_ms)


def product_id(field: str, value: str) -> str:
    """The id, if it can be one."""
    if not PRODUCT_ID.fullmatch(value):
        message = f"{limits.shown(value)} is not 1 to 128 letters, digits, '.', '_' or '-'" if value else "is required"
        raise InvalidInput.of(Violation(field, message))
    return value


def visitor(visitor_id: str, user_id: str) -> None:
    """Of a request about one shopper."""
    raise_if_any(
        [
            *limits.text("visitor_id", visitor_id, limits.ID_LENGTH, required=True),
            *limits.text("user_id", user_id, limits.ID_LENGTH),
        ]
    )


def raise_if_any(violations: Sequence[Violation] | Iterator[Violation]) -> None:
    found = list(violations)
    if found:
        raise InvalidInput.of(*found)


@dataclass(frozen=True)
class SearchRequest:
    """A Search call."""

    ask: SearchAsk
    visitor_id: str
    user_id: str
    page: Page


_ORDERS: Mapping[int, Order] = {
    pb.SEARCH_ORDER_UNSPECIFIED: "relevance",
    pb.SEARCH_ORDER_RELEVANCE: "relevance",
    pb.SEARCH_ORDER_PRICE_ASCENDING: "price-ascending",
    pb.SEARCH_ORDER_PRICE_DESCENDING: "price-descending",
    pb.SEARCH_ORDER_NEWEST: "newest",
}


def search(request: pb.SearchRequest) -> SearchRequest:
    """Checks and translates; fills in the defaults that the proto states."""
    raise_if_any(_search_violations(request))
    page = page_of(request)
    ask = SearchAsk(
        query=request.query,
        filter=filter_of(request.filter),
        offset=page.offset,
        size=page.size,
        language_code=request.language_code or "en",
        order=_ORDERS[request.order],
    )
    return SearchRequest(ask, request.visitor_id, request.user_id, page)


def _search_violations(request: pb.SearchRequest) -> Iterator[Violation]:
    if not request.query.strip() and not filter_of(request.filter).narrows:
        yield Violation("query", "is required unless a filter is set")
    yield from limits.text("query", request.query, 1000)
    yield from limits.text("visitor_id", request.visitor_id, limits.ID_LENGTH)
    yield from limits.text("user_id", request.user_id, limits.ID_LENGTH)
    if request.order not in _ORDERS:
        yield Violation("order", f"{request.order} is not a SearchOrder")
    yield from page_violations(request.page_size, 100)
    yield from filter_violations(request.filter)


def curation(request: pb.SetCurationRequest, caller: str) -> Curation:
    """Checks and translates; `caller` stands for an actor that is not named."""
    name = product_id("product_id", request.product_id)
    raise_if_any(_curation_violations(request))
    return Curation(name, request.pinned, request.hidden, request.actor or caller[: limits.ID_LENGTH])


def _curation_violations(request: pb.SetCurationRequest) -> Iterator[Violation]:
    if request.pinned and request.hidden:
        yield Violation("pinned", "is true, and so is hidden: at most one of them")
    yield from limits.text("actor", request.actor, limits.ID_LENGTH)


def request_id(value: str) -> str:
    """A UUID in its usual form, or empty."""
    try:
        return str(uuid.UUID(value)) if value else ""
    except ValueError as error:
        raise InvalidInput.of(Violation("request_id", f"{limits.shown(value)} is not a UUID")) from error
