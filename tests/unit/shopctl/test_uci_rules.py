"""The rules by which the UCI file becomes a shop, on rows made by hand."""

import csv
from pathlib import Path

import pytest

from servicekit.errors import InvalidInput
from shopctl.importing import uci, uci_shop

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
MUG, BAG = "21001", "85123A"


def line(invoice: str = "536365", code: str = MUG, text: str = "RED MUG", quantity: int = 6,
         at: str = "2010-12-01 08:26:00", price: float = 2.5, customer: str = "17850.0") -> list[object]:  # fmt: skip
    return [invoice, code, text, quantity, at, price, customer, "United Kingdom"]


def file_of(folder: Path, *lines: list[object]) -> Path:
    path = folder / "retail.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return path


def test_what_is_no_sale_to_a_known_customer_is_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        line(),
        line(customer=""),
        line(customer="", text=" "),
        line(code="POST"),
        line(code="TEST001"),
        line(code="gift_0001_20"),
        line(price=0),
        line(quantity=-2),
        line(quantity="six"),  # type: ignore[arg-type]
        line(at="yesterday"),
        line(invoice="C536379", code="22222", quantity=-1),
    )
    cleaned = uci.clean(path)
    assert [sale.stock_code for sale in cleaned.sales] == [MUG]
    assert cleaned.rows == 11
    assert cleaned.dropped == {
        uci.MISSING_CUSTOMER: 1,
        uci.BLANK_DESCRIPTION: 1,
        uci.NOT_A_PRODUCT: 3,
        uci.NO_PRICE: 1,
        uci.NOT_SOLD: 1,
        uci.UNREADABLE: 2,
        uci.NEVER_SOLD: 1,
    }


def test_an_invoice_is_one_purchase_with_each_product_once(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        line(quantity=2, price=3.0),
        line(code=BAG, text="BAG", quantity=1, price=10.0, at="2010-12-01 08:25:00"),
        line(quantity=1, price=6.0),
    )
    (order,) = uci.orders(uci.clean(path))
    event = uci_shop.event(order)
    assert event.event_type == "purchase-complete"
    assert event.visitor_id == "17850"
    assert event.event_time.ToJsonString() == "2010-12-01T08:25:00Z"
    assert [(d.product_id, d.quantity.value, d.price.units) for d in event.product_details] == [
        (MUG, 3, 4),
        (BAG, 1, 10),
    ]
    assert (event.purchase_transaction.id, event.purchase_transaction.revenue.units) == ("536365", 22)
    assert event.purchase_transaction.revenue.currency_code == "GBP"


def test_a_cancelled_invoice_is_a_refund_of_what_came_back(tmp_path: Path) -> None:
    path = file_of(tmp_path, line(), line(invoice="C536400", quantity=-4, at="2010-12-02 10:00:00"))
    bought, returned = map(uci_shop.event, uci.orders(uci.clean(path)))
    assert returned.event_type == "refund"
    assert returned.product_details[0].quantity.value == 4
    assert returned.event_id != bought.event_id


def test_the_same_file_gives_the_same_ids_and_other_invoices_other_ones(tmp_path: Path) -> None:
    path = file_of(tmp_path, line(), line(invoice="536366"))
    first, second = (uci.orders(uci.clean(path)) for _ in range(2))
    assert first == second
    assert len({order.event_id for order in first}) == 2


def test_a_product_is_called_what_it_is_called_most_and_costs_the_median(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        line(text="RED  MUG ", price=1.0, at="2010-12-03 08:00:00"),
        line(text="RED MUG", price=5.0),
        line(text="MUG, RED", price=2.0, at="2010-12-02 08:00:00"),
    )
    (item,) = uci.items(uci.clean(path).sales)
    product = uci_shop.product(item)
    assert (product.product_id, product.title) == (MUG, "Red Mug")
    assert (product.price.units, product.price.nanos, product.price.currency_code) == (2, 0, "GBP")
    assert product.publish_time.ToJsonString() == "2010-12-01T08:26:00Z"


def test_until_leaves_out_that_moment_and_all_after_it(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        line(),
        line(invoice="2", code=BAG, at="2011-11-09 00:00:00"),
        line(invoice="3", at="2011-11-08 23:59:00"),
    )
    cut = uci.clean(path, until_ms=1_320_796_800_000)
    assert [sale.invoice for sale in cut.sales] == ["536365", "3"]
    assert cut.dropped == {uci.OUT_OF_RANGE: 1}
    assert [item.stock_code for item in uci.items(cut.sales)] == [MUG]


def test_another_file_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(InvalidInput, match="no column Description, Quantity, InvoiceDate, UnitPrice, CustomerID"):
        uci.clean(path)


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("SET OF 6 T-LIGHTS SANTA", "Set of 6 T-Lights Santa"),
        ("POPPY'S PLAYHOUSE KITCHEN", "Poppy's Playhouse Kitchen"),
        ("THE KING GIFT BAG 25x24x12cm", "The King Gift Bag 25x24x12cm"),
        ("WHITE/PINK CHICK", "White/Pink Chick"),
    ],
)
def test_titles_are_no_longer_shouted(description: str, title: str) -> None:
    assert uci.title(description) == title
