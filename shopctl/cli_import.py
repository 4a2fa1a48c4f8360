"""`shopctl import ...`."""

from datetime import datetime
from typing import Annotated

import typer

from shopctl import options

app = typer.Typer(no_args_is_help=True, help="Bring in a catalogue, events, or a whole public shop.")
Currency = Annotated[
    str, typer.Option(help="ISO 4217 code for rows that name none, e.g. CNY, USD.", show_default=False)
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="OURS=THEIRS", help="Our column's name in this file; repeat.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row, publish nothing.")]
DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.command("uci-online-retail")
def uci_online_retail(
    file: options.InputFile,
    until: Annotated[
        datetime | None, typer.Option(formats=DATES, help="Only rows before this moment (UTC), e.g. 2011-11-09.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DATES, help="Only rows from this moment on (UTC).")
    ] = None,
    shop: Annotated[str, typer.Option("--shop", help="The shop that it becomes.")] = "uci",
    home: options.Home = None,
    json: options.Json = False,
) -> None:
    """The public "Online Retail" data set (UCI 352) as a shop of its own: a British gift shop, 2010-12 to 2011-12.

    FILE is its CSV: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID. Invoices become
    purchases, cancelled ones (C...) refunds; rows without customer, of postage and test codes, or without price are
    dropped and counted. Importing again changes nothing. Then: shopctl up --shop uci
    """
    from shopctl.importing import command

    raise typer.Exit(command.uci(file, shop, home, since, until, json))


@app.command()
def catalog(
    file: options.InputFile,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    currency: Currency = "",
    renames: Map = None,
    dry_run: DryRun = False,
    json: options.Json = False,
) -> None:
    """Products from CSV, JSON Lines (also .gz) or Parquet.

    Columns (only product_id and title are required):

    \b
    product_id       1-128 letters, digits, . _ -
    title            at most 1,000 characters
    description      at most 10,000 characters
    language_code    of the above, e.g. en, zh; default en
    brand
    categories       paths, | between them: Home > Kitchen > Mugs|Gifts
    price            what it costs now, e.g. 12.90
    original_price   before a discount
    currency         ISO 4217; default --currency
    stock            pieces; empty: unknown, and sellable
    image_uris       http(s), | between them
    tags             | between them
    uri              where the shop shows it
    publish_time     RFC 3339 or Unix time
    rating, rating_count
    attr.NAME        values, | between them: attr.color = red|blue
    title_LANG, description_LANG, brand_LANG, categories_LANG, attr_LANG.NAME
                     the same in another language: title_zh

    JSON Lines may also hold products as our proto's JSON (protos/shopkeeper/catalog/v1/catalog.proto). Wrong rows are
    shown with row number, column, value and limit, and kept in FILE.rejected.* to be mended and imported again.
    """
    from shopctl.importing import command

    options_ = command.read_options(renames, currency, dry_run)
    raise typer.Exit(command.catalog(file, shop, home, options_, json))


@app.command()
def events(
    file: options.InputFile,
    shop: options.Shop = options.DEFAULT_SHOP,
    home: options.Home = None,
    form: Annotated[
        str, typer.Option("--format", help="auto, shopkeeper, segment or ga4. auto looks at each row.")
    ] = "auto",
    currency: Currency = "",
    renames: Map = None,
    dry_run: DryRun = False,
    json: options.Json = False,
) -> None:
    """Events from JSON Lines (also .gz), Parquet or CSV: ours, Segment's or Google Analytics 4's.

    \b
    shopkeeper  UserEvent as JSON (protos/shopkeeper/events/v1/events.proto), or flat columns: event_id, event_type,
                event_time, visitor_id, user_id, session_id, product_id, quantity, price, currency, search_query,
                page_categories (| between paths)
    segment     track calls: messageId, anonymousId, userId, event, timestamp, properties{products[], order_id, ...}
    ga4         BigQuery export: event_name, event_timestamp (microseconds), user_pseudo_id, items[], event_params[]

    A row without an id gets one from its content, so importing a file again changes nothing. Kinds of rows that say
    nothing about products (page, session_start, ...) are skipped and counted. A price without a currency is left out
    unless --currency names it. Wrong rows: see `shopctl import catalog --help`.
    """
    from shopctl.importing import command

    options_ = command.read_options(renames, currency, dry_run, form)
    raise typer.Exit(command.events(file, shop, home, options_, json))
