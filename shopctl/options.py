"""Options that many commands have."""

from pathlib import Path
from typing import Annotated

import typer

Shop = Annotated[
    str,
    typer.Option("--shop", envvar="SHOP_ID", help="Which shop; each has a folder of its own.", show_envvar=True),
]
Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="SHOP_HOME", help="The shop's folder. Default: .shops/<shop>.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Address = Annotated[
    str,
    typer.Option(
        "--address",
        envvar="SHOPCTL_ADDRESS",
        help="host:port of the gateway's gRPC. Default: the running shop's.",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str,
    typer.Option(
        "--api-key",
        envvar="SHOPCTL_API_KEY",
        help="Key for the gateway. Default: the running shop's.",
        show_default=False,
    ),
]
Language = Annotated[str, typer.Option("--language", "-l", help="Language of products and reasons, e.g. en, zh.")]
InputFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")]
DEFAULT_SHOP = "sample"
