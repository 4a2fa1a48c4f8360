"""Takes a file in, row by row: good rows are published, bad ones are counted, shown and kept aside."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from contracts import products, user_events
from servicekit.errors import InvalidInput, Violation
from shopctl.importing import catalog, events
from shopctl.importing.fields import mapped
from shopctl.importing.publish import Shelf, id_hash
from shopctl.importing.rejected import REASON, ROW, RejectedFile
from shopctl.importing.rows import Row, read
from shopkeeper.catalog.v1.catalog_pb2 import Product

SHOWN_PROBLEMS = 20


class Problem(NamedTuple):
    """What is wrong with one row."""

    row: int
    field: str
    message: str


@dataclass
class Report:
    """What became of a file's rows."""

    rows: int = 0
    published: int = 0
    unchanged: int = 0
    """In the log already, as they are."""
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Sound rows of kinds that say nothing about products, by kind."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Rejected rows by the first field that is wrong."""
    problems: list[Problem] = field(default_factory=list)
    """The first ones."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Published events by type."""
    unused_columns: list[str] = field(default_factory=list)
    rejected_file: Path | None = None


@dataclass(frozen=True)
class Options:
    """How a file is read. `renames`: (our column, their column). `currency`: of rows that name none."""

    renames: tuple[tuple[str, str], ...] = ()
    currency: str = ""
    form: events.Format = events.Format.AUTO
    dry_run: bool = False


OnRow = Callable[[int], None]


def import_catalog(path: Path, shelf: Shelf, options: Options, on_row: OnRow = lambda _: None) -> Report:
    """Publishes the products that differ from what the catalogue holds. Raises InvalidInput for the file as a whole."""
    known = shelf.catalogue()

    def take(values: Mapping[str, Any], report: Report) -> None:
        product = catalog.product(values, options.currency)
        _raise_if(products.check(product))
        if _same(product, known.get(product.product_id)):
            report.unchanged += 1
            return
        known[product.product_id] = product
        _published(report, "product")
        if not options.dry_run:
            shelf.put_product(product)

    report = _each_row(path, options, take, on_row)
    report.unused_columns = _unused(path, options)
    return report


def import_events(path: Path, shelf: Shelf, options: Options, now_ms: int, on_row: OnRow = lambda _: None) -> Report:
    """Publishes the events whose ids the log does not hold. Raises InvalidInput for the file as a whole."""
    known = shelf.event_ids()

    def take(values: Mapping[str, Any], report: Report) -> None:
        event = events.event(values, options.form, options.currency)
        _raise_if(user_events.check(event, now_ms))
        mark = id_hash(event.event_id)
        if mark in known:
            report.unchanged += 1
            return
        known.add(mark)
        _published(report, event.event_type)
        if not options.dry_run:
            shelf.put_event(event)

    return _each_row(path, options, take, on_row)


def _each_row(path: Path, options: Options, take: Callable[[Mapping[str, Any], Report], None], on_row: OnRow) -> Report:
    report = Report()
    with RejectedFile(path) as rejected:
        for row in read(path):
            report.rows += 1
            if report.rows % 500 == 0:
                on_row(report.rows)
            try:
                take(_values(row, options), report)
            except events.NotOurs as kind:
                report.skipped[str(kind)] += 1
            except InvalidInput as error:
                _reject(report, row, error)
                rejected.add(row, error.message)
    on_row(report.rows)
    report.rejected_file = rejected.path if report.rejected else None
    if report.rows == 0:
        raise InvalidInput.of(Violation("file", f"{path.name!r} has no rows"))
    return report


def _values(row: Row, options: Options) -> Mapping[str, Any]:
    if row.problem:
        raise InvalidInput.of(Violation("row", row.problem))
    values = mapped(row.values, options.renames)
    return {name: value for name, value in values.items() if name not in (ROW, REASON)}


def _reject(report: Report, row: Row, error: InvalidInput) -> None:
    report.rejected += 1
    report.reasons[error.violations[0].field if error.violations else "row"] += 1
    room = SHOWN_PROBLEMS - len(report.problems)
    report.problems.extend([Problem(row.number, v.field, v.message) for v in error.violations][: max(0, room)])


def _published(report: Report, kind: str) -> None:
    report.published += 1
    report.kinds[kind] += 1


def _raise_if(violations: list[Violation]) -> None:
    if violations:
        raise InvalidInput.of(*violations)


def _same(new: Product, old: Product | None) -> bool:
    """A file that names no publish_time leaves the one that the shop knows."""
    if old is not None and not new.HasField("publish_time") and old.HasField("publish_time"):
        new.publish_time.CopyFrom(old.publish_time)
    return new == old


def _unused(path: Path, options: Options) -> list[str]:
    first = next((row.values for row in read(path) if not row.problem), {})
    values = mapped(first, options.renames)
    if not catalog.is_flat(values):
        return []
    return [name for name in catalog.unused(list(values)) if name not in (ROW, REASON)]
