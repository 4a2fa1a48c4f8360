"""A product to write about, in both languages, and plain ways to say facts."""

from google.type.money_pb2 import Money

from services.generator.facts import Fact, Source
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product

SHIRT = Product(
    product_id="shirt-1",
    title="Linden Boxy Shirt in Linen, Two-Pack, Sage Green",
    description="Washed once at 40 degrees before it is sewn.",
    language_code="en",
    categories=["Clothing > Men > Shirts"],
    brand="Linden",
    price=Money(currency_code="CNY", units=129, nanos=900_000_000),
    attributes=[
        Attribute(name="colour", values=["Sage Green"]),
        Attribute(name="material", values=["Linen"]),
        Attribute(name="size", values=["S", "M", "L"]),
    ],
    localizations=[
        Localization(
            language_code="zh",
            title="林间 宽松亚麻衬衫 两件装 鼠尾草绿",
            brand="林间",
            categories=["服装 > 男装 > 衬衫"],
            attributes=[Attribute(name="colour", values=["鼠尾草绿"]), Attribute(name="material", values=["亚麻"])],
        )
    ],
)


def source(language: str = "en", **facts: str) -> Source:
    return Source("p", language, tuple(Fact(name, value) for name, value in facts.items()))
