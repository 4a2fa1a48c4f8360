"""The real file, where it is: the counts of the protocol in the data's own README."""

import os
from pathlib import Path

import pytest

from servicekit.events import open_event_log
from shopctl.importing import uci, uci_shop
from shopctl.importing.publish import Shelf

DATA = Path(os.environ.get("BENCH_DATA", "/nowhere")) / "uci_online_retail" / "online_retail.csv"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="BENCH_DATA has no uci_online_retail")
CUT_MS = 1_320_796_800_000
"""2011-11-09 00:00."""


@pytest.fixture(scope="module")
def cleaned() -> uci.Cleaned:
    return uci.clean(DATA)


def test_the_protocols_rows_products_and_customers(cleaned: uci.Cleaned) -> None:
    assert (len(cleaned.sales), len(uci.items(cleaned.sales)), len(cleaned.customers)) == (396_337, 3_659, 4_334)
    assert cleaned.rows == 541_909 == len(cleaned.sales) + len(cleaned.returns) + cleaned.dropped.total()


def test_the_protocols_cut(cleaned: uci.Cleaned) -> None:
    known = uci.Cleaned(sales=[sale for sale in cleaned.sales if sale.time_ms < CUT_MS])
    assert (len(known.sales), len(uci.items(known.sales)), len(known.customers)) == (330_132, 3_618, 4_063)


def test_importing_twice_changes_nothing(cleaned: uci.Cleaned, tmp_path: Path) -> None:
    log = open_event_log(f"sqlite:///{tmp_path}/events.db")
    first, second = (_load(cleaned, Shelf(log, "uci")) for _ in range(2))
    assert (first.products.published, first.events.published) == (3_659, 21_780)
    assert first.kinds == {"purchase-complete": 18_402, "refund": 3_378}
    assert (second.products, second.events) == (uci_shop.Count(0, 3_659), uci_shop.Count(0, 21_780))


def _load(cleaned: uci.Cleaned, shelf: Shelf) -> uci_shop.Loaded:
    loaded = uci_shop.load(cleaned, shelf)
    shelf.close()
    return loaded
