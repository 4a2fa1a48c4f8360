"""`shopctl train`, `evaluate`, `models`, `promote`, `rollback`."""

from enum import StrEnum
from typing import Annotated

import typer

from shopctl import options


class Service(StrEnum):
    """Services that have a model."""

    RECOMMENDER = "recommender"
    NLU = "nlu"
    GENERATOR = "generator"


ServiceArgument = Annotated[Service, typer.Argument(metavar="SERVICE", help="recommender, nlu or generator")]


def train(
    service: ServiceArgument,
    promote: Annotated[bool, typer.Option("--promote", help="Serve it at once.")] = False,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Train a candidate: the recommender on the shop's events, the others on the sample shop's text.

    A running shop goes on as it is until one is promoted.
    """
    from shopctl import models
    from shopctl.shop import open_shop

    models.train(open_shop(shop, home), service, promote, json)


def evaluate(
    service: ServiceArgument,
    version: Annotated[str, typer.Option("--version", help="Default: the newest.", show_default=False)] = "",
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """Compare a candidate with the live version on the same held-out data."""
    from shopctl import models
    from shopctl.shop import open_shop

    models.evaluate(open_shop(shop, home), service, version, json)


def list_models(
    service: Annotated[Service, typer.Argument(metavar="[SERVICE]", help="recommender, nlu or generator")] = (
        Service.RECOMMENDER
    ),
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """All versions with their metrics, and which one is live."""
    from shopctl import models
    from shopctl.shop import open_shop

    models.show(open_shop(shop, home), service, json)


def promote(
    service: ServiceArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As `shopctl models` lists it.")],
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
) -> None:
    """Make a version the live one. Running services swap it in without dropping a request."""
    from shopctl import models
    from shopctl.shop import open_shop

    models.promote(open_shop(shop, home), service, version)


def rollback(service: ServiceArgument, shop: options.Shop = options.DEFAULT_SHOP, home: options.Home = None) -> None:
    """Make the version live again that was live before."""
    from shopctl import models
    from shopctl.shop import open_shop

    models.rollback(open_shop(shop, home), service)


def register(app: typer.Typer, panel: str) -> None:
    for command in (train, evaluate, promote, rollback):
        app.command(rich_help_panel=panel)(command)
    app.command("models", rich_help_panel=panel)(list_models)
