"""The commands of `shopctl`. What each does is imported when it is asked for, so that `--help` comes at once."""

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from shopctl import options
from shopctl.cli_ask import register as register_ask
from shopctl.cli_import import app as import_app
from shopctl.cli_models import register as register_models
from shopctl.console import err, fail

app = typer.Typer(
    name="shopctl",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Runs a shop and looks after it: start it, bring in its data, train it, ask it, watch it.

[bold]shopctl up[/] starts the sample shop and says where it is.

[bold]shopctl recommend --visitor ID[/], [bold]shopctl search WORDS[/], [bold]shopctl similar PRODUCT_ID[/] ask it.

[bold]shopctl import catalog FILE --shop mine[/], [bold]shopctl import events FILE --shop mine[/], then
[bold]shopctl up --shop mine[/] is a shop of your own.

Exit codes: 0 done; 1 failed, or some rows were rejected; 2 wrongly called.""",
)
RUN, DATA, MODELS, ASK, WATCH = "Run", "Bring in data", "Train and promote", "Ask", "Watch and mend"
app.add_typer(import_app, name="import", rich_help_panel=DATA)


@app.command(rich_help_panel=RUN)
def up(
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="In the background; `shopctl down` stops it.")] = False,
    servers: Annotated[
        bool,
        typer.Option(
            "--servers",
            help="Kafka, Redis and PostgreSQL instead of files: by SHOP_EVENTS_URL, SHOP_STATE_URL, SHOP_RECORDS_URL,"
            " else on their usual ports of this machine.",
        ),
    ] = False,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="Any free ports instead of the usual ones.")] = False,
    train: Annotated[bool, typer.Option(help="Train a model first, if there is none.")] = True,
) -> None:
    """Start a shop: prepare what is missing, start its processes, keep them running until Ctrl-C.

    Web on 127.0.0.1:8080, gRPC on :50050 (gateway) and :50051 (recommender), metrics on :9090 and :9091. A port that
    is taken is replaced by a free one, and said. Addresses and all other settings: variables GATEWAY_*, RECOMMENDER_*,
    SHOP_*; see docs/configuration.md.
    """
    from shopctl import up as command
    from shopctl.shop import open_shop

    plan = command.Plan(open_shop(shop, home, servers), free_ports, train)
    if not detach:
        raise typer.Exit(command.up(plan))
    arguments = ["--shop", shop, "--home", str(plan.shop.home)]
    flags = {"--servers": servers, "--free-ports": free_ports, "--no-train": not train}
    raise typer.Exit(command.detach(plan, [*arguments, *(name for name, on in flags.items() if on)]))


@app.command(rich_help_panel=RUN)
def down(shop: options.Shop = options.DEFAULT_SHOP, home: options.Home = None) -> None:
    """Stop a shop: calls in progress finish, then its processes end."""
    from shopctl import up as command
    from shopctl.shop import open_shop

    raise typer.Exit(command.down(open_shop(shop, home)))


@app.command(rich_help_panel=RUN)
def status(shop: options.Shop = options.DEFAULT_SHOP, home: options.Home = None, json: options.Json = False) -> None:
    """Which processes run, whether they are healthy, and where they listen."""
    from shopctl import up as command
    from shopctl.shop import open_shop

    raise typer.Exit(command.status(open_shop(shop, home), json))


@app.command(rich_help_panel=WATCH)
def top(
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    once: Annotated[bool, typer.Option("--once", help="One look instead of a live view.")] = False,
    json: options.Json = False,
    interval: Annotated[float, typer.Option(min=0.2, max=60, help="Seconds between two looks.")] = 2.0,
) -> None:
    """What flows through a running shop: events/s, lag, freshness, requests/s, p99 and errors per service."""
    from shopctl import top as command
    from shopctl.shop import open_shop

    raise typer.Exit(command.top(open_shop(shop, home), once or json, json, interval))


@app.command("dead-letters", rich_help_panel=WATCH)
def dead_letters(
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    reason: Annotated[str, typer.Option(help="Only those with this reason.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
    export: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write all of them as JSON lines, for `replay --edit`.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Records that could not be taken in, and why."""
    from shopctl import dead_letters as command
    from shopctl.shop import open_shop

    command.show(open_shop(shop, home), reason, limit, export, json)


@app.command(rich_help_panel=WATCH)
def replay(
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    reason: Annotated[str, typer.Option(help="Only those with this reason.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, but put nothing back.")] = False,
    edit: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Mended records, as `dead-letters --export` wrote them."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Put dead letters back onto the topic, each once. What is still wrong stays where it is."""
    from shopctl import dead_letters as command
    from shopctl.shop import open_shop

    raise typer.Exit(command.replay(open_shop(shop, home), reason, dry_run, edit, json))


register_models(app, MODELS)
register_ask(app, ASK)


def main() -> None:
    """The console script. Errors that a person can act on are one line; anything else keeps its traceback."""
    from servicekit.errors import InvalidInput, ServiceError

    try:
        app()
    except InvalidInput as error:
        sys.exit(fail(error.message, code=2).exit_code)
    except ServiceError as error:
        sys.exit(fail(error.message).exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM):
            raise
        what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "no permission"
        sys.exit(fail(f"{what}: {error.filename or error}").exit_code)
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)
