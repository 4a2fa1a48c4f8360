"""`shopctl chat`, `write`, `recommend`, `similar`, `search`, `product`, `profile`, `forget`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopctl import options

if TYPE_CHECKING:
    from shopctl.ask import Target

Count = Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many products.")]
Category = Annotated[
    list[str] | None, typer.Option("--category", help="Only of this path or below it; repeat.", show_default=False)
]
VisitorArgument = Annotated[str, typer.Argument(metavar="VISITOR_ID")]
ProductArgument = Annotated[str, typer.Argument(metavar="PRODUCT_ID")]
User = Annotated[str, typer.Option("--user", help="The logged-in shopper: all their visitors.", show_default=False)]


def recommend(
    visitor: Annotated[str, typer.Option("--visitor", "-v", help="Whom for.", show_default=False)] = "",
    user: User = "",
    placement: Annotated[str, typer.Option(help="home, similar, goes-with, buy-again or popular.")] = "home",
    product: Annotated[
        list[str] | None,
        typer.Option("--product", "-p", help="What the page or cart holds; repeat.", show_default=False),
    ] = None,
    category: Category = None,
    new: Annotated[bool, typer.Option("--new", help="Leave out what they bought before.")] = False,
    count: Count = 20,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Products for a shopper, each with the reason why it stands there."""
    from shopctl import ask

    wanted = ask.Wanted(visitor, user, placement, tuple(product or ()), tuple(category or ()), new, count)
    ask.recommend(_target(shop, home, address, api_key, json, language), wanted)


def similar(
    product_id: ProductArgument,
    count: Count = 20,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Products like this one."""
    from shopctl import ask

    ask.similar(_target(shop, home, address, api_key, json, language), product_id, count)


def search(
    query: Annotated[str, typer.Argument(metavar="WORDS")],
    visitor: Annotated[
        str, typer.Option("--visitor", "-v", help="Order equals by their taste.", show_default=False)
    ] = "",
    category: Category = None,
    order: Annotated[str, typer.Option(help="relevance, price-ascending, price-descending or newest.")] = "relevance",
    count: Count = 20,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Products that answer the words, by letter and by meaning; Chinese, English or both."""
    from shopctl import ask

    target = _target(shop, home, address, api_key, json, language)
    ask.search(target, query, visitor, tuple(category or ()), order, count)


def product(
    product_id: ProductArgument,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """One product, with all the shop knows of it."""
    from shopctl import ask

    ask.product(_target(shop, home, address, api_key, json, language), product_id)


def profile(
    visitor_id: VisitorArgument,
    user: User = "",
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    json: options.Json = False,
) -> None:
    """What the shop knows of a visitor."""
    from shopctl import ask

    ask.profile(_target(shop, home, address, api_key, json), visitor_id, user)


def forget(
    visitor_id: VisitorArgument,
    user: User = "",
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    json: options.Json = False,
) -> None:
    """Forget a visitor: profile, links and archived events, for good."""
    from shopctl import ask

    ask.forget(_target(shop, home, address, api_key, json), visitor_id, user)


def chat(
    visitor: Annotated[str, typer.Option("--visitor", "-v", help="Who talks.", show_default=False)] = "",
    user: User = "",
    message: Annotated[
        list[str] | None,
        typer.Option("--message", "-m", help="Say this instead of typing; repeat.", show_default=False),
    ] = None,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Talk to the shop's staff, in Chinese or English: ask, find, order, send back, want a person."""
    from shopctl import talk

    talk.chat(_target(shop, home, address, api_key, json, language), visitor, user, message or ())


def write(
    product_id: ProductArgument,
    channel: Annotated[str, typer.Option(help="product-page, title, social, email or live.")] = "product-page",
    style: Annotated[str, typer.Option(help="plain, warm, lively or premium.")] = "plain",
    length: Annotated[str, typer.Option(help="short, medium or long.")] = "medium",
    seed: Annotated[int, typer.Option(help="Another seed, another copy.")] = 0,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft for review.")] = False,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    address: options.Address = "",
    api_key: options.ApiKey = "",
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Write copy for a product from its facts, checked against them."""
    from shopctl import talk

    wanted = talk.Wanted(product_id, channel, style, length, seed, draft)
    talk.write(_target(shop, home, address, api_key, json, language), wanted)


def register(app: typer.Typer, panel: str) -> None:
    for command in (chat, write, recommend, similar, search, product, profile, forget):
        app.command(rich_help_panel=panel)(command)


def _target(shop: str, home: Path | None, address: str, api_key: str, json: bool, language: str = "en") -> "Target":
    from shopctl.ask import Target

    return Target(shop, home, address, api_key, json, language)
