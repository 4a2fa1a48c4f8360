"""Protobuf to the domain's plain values and back, for products and events."""

import sys

from google.type.money_pb2 import Money

from contracts.user_events import time_ms
from services.recommender.catalogue import Product, Wording
from services.recommender.events import Line, Preference, ShopperEvent
from shopkeeper.catalog.v1 import catalog_pb2
from shopkeeper.events.v1.events_pb2 import ProductDetail, UserEvent

_MOST_CENTS = (2**63 - 1) * 100


def amount(money: Money) -> float:
    """In whole currency units."""
    return float(money.units) + float(money.nanos) / 1e9


def to_money(value: float, currency: str) -> Money:
    cents = min(round(value * 100), _MOST_CENTS)
    return Money(currency_code=currency, units=cents // 100, nanos=cents % 100 * 10_000_000)


def to_shopper_event(event: UserEvent) -> ShopperEvent:
    """The event must have passed contracts.user_events.check."""
    return ShopperEvent(
        event.event_id,
        sys.intern(event.event_type),
        time_ms(event),
        event.visitor_id,
        event.user_id,
        tuple([_line(detail) for detail in event.product_details]),
        event.search_query,
        tuple(event.page_categories),
        tuple(
            [
                Preference(said.name, said.value, said.weight.value if said.HasField("weight") else 1.0)
                for said in event.preferences
            ]
        ),
    )


def _line(detail: ProductDetail) -> Line:
    quantity = detail.quantity.value if detail.HasField("quantity") else 1
    return Line(detail.product_id, quantity, amount(detail.price) if detail.HasField("price") else 0.0)


def to_product(product: catalog_pb2.Product, imported_ms: int = 0) -> Product:
    """`imported_ms` stands for a publish time that the product does not tell."""
    wordings = {product.language_code or "en": _own_wording(product)}
    for words in product.localizations:
        wordings[words.language_code] = _wording(words, wordings[product.language_code or "en"])
    publish_ms = product.publish_time.ToMilliseconds() if product.HasField("publish_time") else imported_ms
    return Product(
        product_id=product.product_id,
        wordings=wordings,
        price=amount(product.price),
        currency=product.price.currency_code,
        stock=product.stock.value if product.HasField("stock") else None,
        tags=tuple(product.tags),
        rating=product.rating.average,
        publish_time_ms=publish_ms,
    )


def _own_wording(product: catalog_pb2.Product) -> Wording:
    return Wording(
        product.title,
        product.description,
        product.brand,
        tuple(product.categories),
        {attribute.name: tuple(attribute.values) for attribute in product.attributes},
    )


def _wording(words: catalog_pb2.Localization, own: Wording) -> Wording:
    return Wording(
        words.title or own.title,
        words.description or own.description,
        words.brand or own.brand,
        tuple(words.categories) or own.categories,
        {attribute.name: tuple(attribute.values) for attribute in words.attributes} or own.attributes,
    )


def in_language(product: catalog_pb2.Product, language_code: str) -> catalog_pb2.Product:
    """The product in one language alone: the one asked for, else a kindred one (`zh` for `zh-CN`), else its own."""
    told = catalog_pb2.Product()
    told.CopyFrom(product)
    told.ClearField("localizations")
    words = _words_in(product, language_code)
    if words is not None:
        _translate(told, words)
    return told


def _words_in(product: catalog_pb2.Product, language_code: str) -> catalog_pb2.Localization | None:
    """None where the product's own are the nearest."""
    own = product.language_code or "en"
    asked = language_code.lower()
    for alike in (str.lower, _primary):
        if alike(own) == alike(asked):
            return None
        for words in product.localizations:
            if alike(words.language_code) == alike(asked):
                return words
    return None


def _primary(language_code: str) -> str:
    return language_code.partition("-")[0].lower()


def _translate(told: catalog_pb2.Product, words: catalog_pb2.Localization) -> None:
    told.language_code = words.language_code
    for name in ("title", "description", "brand"):
        if getattr(words, name):
            setattr(told, name, getattr(words, name))
    if words.categories:
        told.categories[:] = words.categories
    if words.attributes:
        told.ClearField("attributes")
        told.attributes.extend(words.attributes)
