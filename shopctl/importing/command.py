"""What `shopctl import` does: opens the shop's log, runs an importer with a bar, prints what came of it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from servicekit.errors import InvalidInput, Violation
from servicekit.events import open_event_log
from servicekit.settings import ShopSettings
from shopctl.console import note, out, print_json, progress, table
from shopctl.importing import run, uci_shop
from shopctl.importing import uci as uci_file
from shopctl.importing.events import Format
from shopctl.importing.publish import Shelf
from shopctl.shop import open_shop, remember


def read_options(renames: Sequence[str] | None, currency: str, dry_run: bool, form: str = "auto") -> run.Options:
    """Raises InvalidInput for what cannot be understood."""
    pairs = []
    for text in renames or ():
        ours, equals, theirs = text.partition("=")
        if not (ours and equals and theirs):
            raise InvalidInput.of(Violation("--map", f"{text!r} is not OURS=THEIRS"))
        pairs.append((ours.strip(), theirs.strip()))
    if form not in list(Format):
        raise InvalidInput.of(Violation("--format", f"{form!r} is not one of {', '.join(Format)}"))
    return run.Options(tuple(pairs), currency, Format(form), dry_run)


def catalog(file: Path, shop_id: str, home: Path | None, options: run.Options, as_json: bool) -> int:
    shop = open_shop(shop_id, home)
    with shelf_of(shop) as shelf, progress(f"Reading {file.name}") as done:
        report = run.import_catalog(file, shelf, options, done)
    _print(report, "products", shop, as_json, options.dry_run)
    return 1 if report.rejected else 0


def events(file: Path, shop_id: str, home: Path | None, options: run.Options, as_json: bool) -> int:
    shop = open_shop(shop_id, home)
    now_ms = time.time_ns() // 1_000_000
    with shelf_of(shop) as shelf, progress(f"Reading {file.name}") as done:
        report = run.import_events(file, shelf, options, now_ms, done)
    _print(report, "events", shop, as_json, options.dry_run)
    return 1 if report.rejected else 0


def uci(
    file: Path, shop_id: str, home: Path | None, since: datetime | None, until: datetime | None, as_json: bool
) -> int:
    shop = open_shop(shop_id, home)
    with progress(f"Cleaning {file.name}") as done:
        cleaned = uci_file.clean(file, _ms(since), _ms(until), done)
    if not cleaned.sales:
        raise InvalidInput.of(Violation("file", f"{file.name!r} has no row that can be kept"))
    remember(shop, clock="log", source="uci-online-retail")
    with shelf_of(shop) as shelf, progress("Publishing products and events") as done:
        loaded = uci_shop.load(cleaned, shelf, done)
    _print_uci(cleaned, loaded, shop, as_json)
    return 0


@contextmanager
def shelf_of(shop: ShopSettings) -> Iterator[Shelf]:
    """All that was put on it is acknowledged when this ends without an error."""
    remember(shop)
    log = open_event_log(shop.events_url)
    try:
        shelf = Shelf(log, shop.id)
        yield shelf
        shelf.close()
    finally:
        log.close()


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _print(report: run.Report, what: str, shop: ShopSettings, as_json: bool, dry_run: bool) -> None:
    published = "would be published" if dry_run else "published"
    if as_json:
        print_json({"shop": shop.id, "dry_run": dry_run, **_counts(report)})
        return
    rows: list[tuple[str, object]] = [("rows read", report.rows), (published, report.published)]
    rows += [(f"  {kind}", count) for kind, count in report.kinds.most_common() if what == "events"]
    rows += [("unchanged, in the shop already", report.unchanged)]
    rows += [(f"skipped: {kind}", count) for kind, count in report.skipped.most_common()]
    rows += [("rejected", report.rejected)] + [(f"  {name}", n) for name, n in report.reasons.most_common(10)]
    out.print(table(f"{what} of shop {shop.id}", ("", "count"), rows, right=("count",)))
    if report.unused_columns:
        note(f"columns not used: {', '.join(report.unused_columns[:20])}")
    _print_problems(report)


def _counts(report: run.Report) -> dict[str, object]:
    return {
        "rows": report.rows,
        "published": report.published,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "skipped": dict(report.skipped),
        "kinds": dict(report.kinds),
        "reasons": dict(report.reasons),
        "unused_columns": report.unused_columns,
        "problems": [problem._asdict() for problem in report.problems],
        "rejected_file": str(report.rejected_file) if report.rejected_file else None,
    }


def _print_problems(report: run.Report) -> None:
    if not report.problems:
        return
    out.print(_problems(report))
    if report.rejected > len({problem.row for problem in report.problems}):
        note("… and more")
    note(f"rejected rows are kept in {report.rejected_file}; mend them and import that file")


def _problems(report: run.Report) -> Table:
    columns = ("row", "field", "what is wrong")
    return table("rejected rows", columns, report.problems, right=("row",))


def _print_uci(cleaned: uci_file.Cleaned, loaded: uci_shop.Loaded, shop: ShopSettings, as_json: bool) -> None:
    facts: dict[str, object] = {
        "rows": cleaned.rows,
        "sales": len(cleaned.sales),
        "returns": len(cleaned.returns),
        "customers": len(cleaned.customers),
        "products": sum(loaded.products),
        "events": sum(loaded.events),
    }
    published = {"products": loaded.products.published, **loaded.kinds}
    if as_json:
        print_json({"shop": shop.id, **facts, "dropped": dict(cleaned.dropped), "published": published})
        return
    rows: list[tuple[str, object]] = [("rows read", f"{cleaned.rows:,}"), ("sales kept", f"{len(cleaned.sales):,}")]
    rows += [("returns kept", f"{len(cleaned.returns):,}")]
    rows += [(f"dropped: {reason}", f"{count:,}") for reason, count in cleaned.dropped.most_common()]
    rows += [("customers", f"{len(cleaned.customers):,}")]
    rows += [("products", f"{sum(loaded.products):,}"), ("  new or changed", f"{loaded.products.published:,}")]
    rows += [("events", f"{sum(loaded.events):,}"), ("  published", f"{loaded.events.published:,}")]
    rows += [(f"  {kind}", f"{count:,}") for kind, count in loaded.kinds.most_common()]
    out.print(table(f"shop {shop.id}, in {shop.home}", ("", "count"), rows, right=("count",)))
    note(f"serve it with: make run SHOP={shop.id}   (or: shopctl up --shop {shop.id})")
