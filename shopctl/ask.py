"""Asks a running shop and shows what it answers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from servicekit.errors import InvalidInput, Violation
from shopctl.console import note, out, print_json, table
from shopctl.gateway import Gateway, connect
from shopctl.shop import open_shop
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.recommender.v1 import recommender_pb2 as pb

PLACEMENTS = ("home", "similar", "goes-with", "buy-again", "popular")
RECENT_SHOWN, BOUGHT_SHOWN = 10, 15


@dataclass(frozen=True)
class Target:
    """Which shop is asked, where, and how the answer is shown."""

    shop: str
    home: Path | None = None
    address: str = ""
    api_key: str = ""
    as_json: bool = False
    language: str = "en"


@dataclass(frozen=True)
class Wanted:
    """What a shelf is asked for."""

    visitor: str = ""
    user: str = ""
    placement: str = "home"
    context: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    new: bool = False
    count: int = 20


@contextmanager
def gateway_of(target: Target) -> Iterator[Gateway]:
    with connect(open_shop(target.shop, target.home), target.address, target.api_key) as gateway:
        yield gateway


def recommend(target: Target, wanted: Wanted) -> None:
    if wanted.placement not in PLACEMENTS:
        raise InvalidInput.of(Violation("--placement", f"{wanted.placement!r} is not one of {', '.join(PLACEMENTS)}"))
    request = pb.RecommendRequest(
        placement=pb.Placement.Value(f"PLACEMENT_{wanted.placement.upper().replace('-', '_')}"),
        visitor_id=wanted.visitor,
        user_id=wanted.user,
        context_product_ids=wanted.context,
        exclude_purchased=wanted.new,
        page_size=wanted.count,
        language_code=target.language,
        filter=pb.ProductFilter(categories=wanted.categories),
    )
    with gateway_of(target) as gateway:
        answer = gateway.call(gateway.recommender.Recommend, request)
    if not _json(target, answer):
        _print_results(f"{wanted.placement} for {wanted.visitor or 'anyone'}", answer.results)
        _print_degradations(answer.degradations)


def similar(target: Target, product_id: str, count: int) -> None:
    request = pb.RecommendRequest(
        placement=pb.PLACEMENT_SIMILAR,
        context_product_ids=[product_id],
        page_size=count,
        language_code=target.language,
    )
    with gateway_of(target) as gateway:
        asked = pb.GetProductRequest(product_id=product_id, language_code=target.language)
        title = gateway.call(gateway.recommender.GetProduct, asked).product.title
        answer = gateway.call(gateway.recommender.Recommend, request)
    if not _json(target, answer):
        _print_results(f"similar to {title}", answer.results)
        _print_degradations(answer.degradations)


def search(target: Target, query: str, visitor: str, categories: Sequence[str], order: str, count: int) -> None:
    orders = [name.removeprefix("SEARCH_ORDER_").lower().replace("_", "-") for name in pb.SearchOrder.keys()[1:]]
    if order not in orders:
        raise InvalidInput.of(Violation("--order", f"{order!r} is not one of {', '.join(orders)}"))
    request = pb.SearchRequest(
        query=query,
        visitor_id=visitor,
        page_size=count,
        language_code=target.language,
        filter=pb.ProductFilter(categories=categories),
        order=pb.SearchOrder.Value(f"SEARCH_ORDER_{order.upper().replace('-', '_')}"),
    )
    with gateway_of(target) as gateway:
        answer = gateway.call(gateway.recommender.Search, request)
    if _json(target, answer):
        return
    _print_results(f'"{query}": {answer.total_size:,} found', answer.results)
    for facet in answer.facets:
        values = ", ".join(f"{value.value} ({value.count})" for value in facet.values[:6])
        note(f"{facet.name}: {values}")
    _print_degradations(answer.degradations)


def product(target: Target, product_id: str) -> None:
    with gateway_of(target) as gateway:
        request = pb.GetProductRequest(product_id=product_id, language_code=target.language)
        found = gateway.call(gateway.recommender.GetProduct, request).product
    if not _json(target, found):
        out.print(table(found.title, ("", ""), _facts(found)))


def profile(target: Target, visitor_id: str, user_id: str) -> None:
    with gateway_of(target) as gateway:
        request = pb.GetProfileRequest(visitor_id=visitor_id, user_id=user_id)
        found = gateway.call(gateway.recommender.GetProfile, request).profile
        titles = {} if target.as_json else _titles(gateway, _products_of(found))
    if not _json(target, found):
        _print_profile(found, titles)


def forget(target: Target, visitor_id: str, user_id: str) -> None:
    with gateway_of(target) as gateway:
        request = pb.DeleteProfileRequest(visitor_id=visitor_id, user_id=user_id)
        answer = gateway.call(gateway.recommender.DeleteProfile, request)
    if not _json(target, answer):
        out.print(f"forgotten: {', '.join(answer.visitor_ids) or visitor_id}")


def _json(target: Target, answer: Any) -> bool:
    if target.as_json:
        print_json(MessageToDict(answer, preserving_proto_field_name=True))
    return target.as_json


def _print_results(title: str, results: Iterable[pb.RecommendedProduct]) -> None:
    rows = [
        (place, each.product_id, each.product.title, money(each.product.price), f"{each.score:.3f}",
         each.reason.text or each.reason.code, ", ".join(each.sources))
        for place, each in enumerate(results, start=1)
    ]  # fmt: skip
    columns = ("#", "product", "title", "price", "score", "why", "from")
    out.print(table(title, columns, rows, right=("#", "price", "score")) if rows else f"{title}: nothing")


def _print_degradations(degradations: Sequence[str]) -> None:
    if degradations:
        note(f"[yellow]a simpler answer than usual:[/] {', '.join(degradations)}")


def _facts(found: Product) -> list[tuple[str, str]]:
    facts = [
        ("product", found.product_id),
        ("title", found.title),
        ("description", found.description),
        ("brand", found.brand),
        ("price", money(found.price) if found.HasField("price") else ""),
        ("before", money(found.original_price) if found.HasField("original_price") else ""),
        ("stock", str(found.stock.value) if found.HasField("stock") else "unknown"),
        ("categories", "\n".join(found.categories)),
        ("tags", ", ".join(found.tags)),
        ("on sale since", time_text(found.publish_time) if found.HasField("publish_time") else ""),
        ("rating", f"{found.rating.average:.1f} of {found.rating.count}" if found.HasField("rating") else ""),
        *((attribute.name, ", ".join(attribute.values)) for attribute in found.attributes),
        *((f"title ({words.language_code})", words.title) for words in found.localizations),
    ]
    return [(name, value) for name, value in facts if value]


def _products_of(found: pb.Profile) -> list[str]:
    ids = [event.product_id for event in found.recent_events[:RECENT_SHOWN]]
    ids += [item.product_id for item in found.purchased_products[:BOUGHT_SHOWN]]
    ids += [item.product_id for item in found.cart_items]
    return [product_id for product_id in dict.fromkeys(ids) if product_id]


def _titles(gateway: Gateway, product_ids: Iterable[str]) -> dict[str, str]:
    """A product that was taken out of the shop has none."""
    from servicekit.errors import NotFound

    titles = {}
    for product_id in product_ids:
        try:
            request = pb.GetProductRequest(product_id=product_id)
            titles[product_id] = gateway.call(gateway.recommender.GetProduct, request).product.title
        except NotFound:
            titles[product_id] = "(no longer in the shop)"
    return titles


def _print_profile(found: pb.Profile, titles: dict[str, str]) -> None:
    seen = f", {time_text(found.first_event_time)} to {time_text(found.last_event_time)}" if found.event_count else ""
    out.print(f"[bold]{found.visitor_id}[/]: {found.event_count:,} events, {found.order_count:,} orders{seen}")
    if found.linked_visitor_ids:
        out.print(f"user {found.user_id}, with visitors {', '.join(found.linked_visitor_ids)}")
    recent = [(time_text(e.event_time), e.event_type, e.product_id, titles.get(e.product_id, ""))
              for e in found.recent_events[:RECENT_SHOWN]]  # fmt: skip
    bought = [(p.product_id, titles.get(p.product_id, ""), p.order_count, p.quantity, time_text(p.last_purchase_time))
              for p in found.purchased_products[:BOUGHT_SHOWN]]  # fmt: skip
    cart = [(c.product_id, titles.get(c.product_id, ""), c.quantity) for c in found.cart_items]
    likes = [(a.name, f"{a.weight:.2f}") for a in found.category_affinities[:10]]
    for title, columns, rows in (
        ("recent", ("when", "event", "product", "title"), recent),
        ("bought", ("product", "title", "orders", "pieces", "last"), bought),
        ("cart", ("product", "title", "pieces"), cart),
        ("searched", ("words",), [(words,) for words in found.recent_searches[:RECENT_SHOWN]]),
        ("likes", ("category", "weight"), likes),
    ):
        if rows:
            out.print(table(title, columns, rows))


def money(amount: Money) -> str:
    return f"{amount.units + amount.nanos / 1e9:,.2f} {amount.currency_code}" if amount.currency_code else ""


def time_text(moment: Timestamp) -> str:
    return datetime.fromtimestamp(moment.seconds, UTC).strftime("%Y-%m-%d %H:%M")
