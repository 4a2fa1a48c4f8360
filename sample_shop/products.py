"""The products of the sample shop as the catalogue contract has them: English words, Chinese localization."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import Int64Value
from google.type.money_pb2 import Money

from sample_shop.items import Item, items
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product, Rating

CURRENCY = "CNY"
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
"""Ages of products count back from here, unless the caller names another day."""
NEW_DAYS = 30
POPULAR_RATINGS = 300
GIFT_KINDS = frozenset({"scarf", "perfume", "candle", "chocolate", "plush-toy", "tea-cup", "wallet", "board-game"})


def products(as_of: datetime = OPENED) -> list[Product]:
    """All products, always the same; only `publish_time` counts back from `as_of`."""
    return [_product(item, as_of) for item in items()]


def money(amount: float) -> Money:
    cents = round(amount * 100)
    return Money(currency_code=CURRENCY, units=cents // 100, nanos=cents % 100 * 10_000_000)


def _product(item: Item, as_of: datetime) -> Product:
    published = Timestamp()
    published.FromDatetime(as_of - timedelta(days=item.age_days))
    return Product(
        product_id=item.product_id,
        title=item.title(0),
        description=item.description(0),
        language_code="en",
        categories=[item.kind.path.en],
        brand=item.brand.words.en,
        price=money(item.price),
        original_price=money(item.original_price) if item.original_price > item.price else None,
        attributes=_attributes(item.attributes(0)),
        stock=None if item.stock is None else Int64Value(value=item.stock),
        rating=Rating(average=item.rating, count=item.rating_count) if item.rating_count else None,
        tags=_tags(item),
        localizations=[_chinese(item)],
        publish_time=published,
    )


def _chinese(item: Item) -> Localization:
    return Localization(
        language_code="zh",
        title=item.title(1),
        description=item.description(1),
        attributes=_attributes(item.attributes(1)),
        categories=[item.kind.path.zh],
        brand=item.brand.words.zh,
    )


def _attributes(values: Mapping[str, tuple[str, ...]]) -> list[Attribute]:
    return [Attribute(name=name, values=words) for name, words in values.items()]


def _tags(item: Item) -> list[str]:
    said = {
        "new": item.age_days <= NEW_DAYS,
        "sale": item.original_price > item.price,
        "popular": item.rating_count >= POPULAR_RATINGS,
        "gift": item.kind.key in GIFT_KINDS,
    }
    return [tag for tag, true in said.items() if true]
