"""The UCI "Online Retail" file: a British gift shop's invoice lines of 2010-12-01 to 2011-12-09.

Kept are sales to a known customer of a real product: no cancelled invoice, quantity and unit price above zero, a stock
code of five digits and letters. All others are counted by why they were dropped; a cancelled invoice (`C...`) is a
return and becomes a refund.
"""

import csv
import re
import statistics
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from servicekit.errors import InvalidInput, Violation
from shopctl.importing.rows import open_text

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
CURRENCY = "GBP"
STOCK_CODE = re.compile(r"^\d{5}[A-Za-z]*$")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://archive.ics.uci.edu/dataset/352/online+retail")
"""Event ids are UUIDv5 of the invoice in this namespace, so that the same file gives the same events."""

MISSING_CUSTOMER = "no customer"
BLANK_DESCRIPTION = "no customer, blank description"
NOT_A_PRODUCT = "postage, fees and test codes"
NOT_SOLD = "quantity not above zero"
NO_PRICE = "unit price not above zero"
NEVER_SOLD = "return of a product never sold here"
UNREADABLE = "unreadable number or date"
OUT_OF_RANGE = "outside the dates asked for"


class Line(NamedTuple):
    """One invoice line. `quantity` is above zero also for a return; `price` is of one piece, in pounds."""

    invoice: str
    stock_code: str
    description: str
    quantity: int
    time_ms: int
    price: float
    customer: str

    @property
    def is_return(self) -> bool:
        return self.invoice.startswith("C")


@dataclass
class Cleaned:
    """What a file came to: sales and returns in the file's order, and dropped rows by reason."""

    rows: int = 0
    sales: list[Line] = field(default_factory=list)
    returns: list[Line] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def customers(self) -> set[str]:
        return {line.customer for line in self.sales}


class Item(NamedTuple):
    """A product of the shop: `price` is the median that was asked, in pounds."""

    stock_code: str
    title: str
    price: float
    first_sold_ms: int


class Order(NamedTuple):
    """One invoice: its products once each, with pieces and (average) price of a piece."""

    event_id: str
    event_type: str
    invoice: str
    customer: str
    time_ms: int
    lines: tuple[tuple[str, int, float], ...]
    revenue: float


def clean(path: Path, from_ms: int | None = None, until_ms: int | None = None,
          on_row: Callable[[int], None] = lambda _: None) -> Cleaned:  # fmt: skip
    """Reads the whole file. `until_ms` is exclusive. `on_row` hears how many rows were read, every 10,000."""
    cleaned = Cleaned()
    for row in _rows(path):
        cleaned.rows += 1
        if cleaned.rows % 10_000 == 0:
            on_row(cleaned.rows)
        line, reason = judge(row)
        if line is None:
            cleaned.dropped[reason] += 1
        elif (from_ms is not None and line.time_ms < from_ms) or (until_ms is not None and line.time_ms >= until_ms):
            cleaned.dropped[OUT_OF_RANGE] += 1
        else:
            (cleaned.returns if line.is_return else cleaned.sales).append(line)
    on_row(cleaned.rows)
    _drop_returns_of_unknown(cleaned)
    return cleaned


def judge(row: Mapping[str, str]) -> tuple[Line | None, str]:
    """The line that a row holds, or None and why it is dropped."""
    customer = row["CustomerID"].strip().removesuffix(".0")
    description = " ".join(row["Description"].split())
    if not customer:
        return None, MISSING_CUSTOMER if description else BLANK_DESCRIPTION
    code = row["StockCode"].strip()
    if not STOCK_CODE.match(code):
        return None, NOT_A_PRODUCT
    try:
        quantity, price = int(row["Quantity"]), float(row["UnitPrice"])
        time_ms = int(datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None, UNREADABLE
    invoice = row["InvoiceNo"].strip()
    sold = -quantity if invoice.startswith("C") else quantity
    if sold <= 0 or price <= 0:
        return None, NOT_SOLD if sold <= 0 else NO_PRICE
    return Line(invoice, code, description, sold, time_ms, price, customer), ""


def items(sales: Iterable[Line]) -> list[Item]:
    """The products that were sold, in order of stock code."""
    descriptions: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, list[float]] = defaultdict(list)
    first_sold: dict[str, int] = {}
    for line in sales:
        descriptions[line.stock_code][line.description] += 1
        prices[line.stock_code].append(line.price)
        first_sold[line.stock_code] = min(line.time_ms, first_sold.get(line.stock_code, line.time_ms))
    return [
        Item(code, title(_most_frequent(found)), round(statistics.median(prices[code]), 2), first_sold[code])
        for code, found in sorted(descriptions.items())
    ]


def orders(cleaned: Cleaned) -> list[Order]:
    """One purchase or refund per invoice, in order of time."""
    by_invoice: dict[str, list[Line]] = defaultdict(list)
    for line in (*cleaned.sales, *cleaned.returns):
        by_invoice[line.invoice].append(line)
    return sorted(map(_order, by_invoice.values()), key=lambda order: (order.time_ms, order.invoice))


def title(description: str) -> str:
    """`SET OF 6 T-LIGHTS` -> `Set of 6 T-Lights`. Words that are not all capitals stay as they are."""
    words = description.replace(" ,", ",").split()
    return " ".join(_title_word(word, first=position == 0) for position, word in enumerate(words))


SMALL_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])


def _title_word(word: str, first: bool) -> str:
    if not first and word.lower() in SMALL_WORDS:
        return word.lower()
    if word != word.upper():
        return word
    return re.sub(r"[A-Z][A-Z']*", lambda found: found.group().capitalize(), word) if not word[0].isdigit() else word


def _most_frequent(found: Counter[str]) -> str:
    return min((text for text in found if text), key=lambda text: (-found[text], text), default="")


def _order(lines: list[Line]) -> Order:
    pieces: Counter[str] = Counter()
    paid: dict[str, float] = defaultdict(float)
    for line in lines:
        pieces[line.stock_code] += line.quantity
        paid[line.stock_code] += line.quantity * line.price
    first = lines[0]
    return Order(
        event_id=str(uuid.uuid5(NAMESPACE, first.invoice)),
        event_type="refund" if first.is_return else "purchase-complete",
        invoice=first.invoice,
        customer=first.customer,
        time_ms=min(line.time_ms for line in lines),
        lines=tuple((code, count, round(paid[code] / count, 4)) for code, count in pieces.items()),
        revenue=round(sum(paid.values()), 2),
    )


def _drop_returns_of_unknown(cleaned: Cleaned) -> None:
    known = {line.stock_code for line in cleaned.sales}
    kept = [line for line in cleaned.returns if line.stock_code in known]
    if len(kept) < len(cleaned.returns):
        cleaned.dropped[NEVER_SOLD] += len(cleaned.returns) - len(kept)
    cleaned.returns = kept


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with open_text(path) as file:
        reader = csv.DictReader(file, restval="")
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            message = f"{path.name!r} has no column {', '.join(missing)}; wanted {', '.join(COLUMNS)}"
            raise InvalidInput.of(Violation("header", message))
        yield from reader
