"""Search over the catalogue of a real shop, where the machine has it."""

import csv
import os
from pathlib import Path

import pytest

from services.recommender.catalogue import Product, Wording
from services.recommender.search import SearchAsk, SearchIndex

DATA = Path(os.environ.get("BENCH_DATA", "/nowhere")) / "uci_online_retail" / "online_retail.csv"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="BENCH_DATA has no uci_online_retail")


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """By stock code."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return {row["StockCode"]: row["Description"].strip() for row in csv.DictReader(file) if row["Description"]}


@pytest.fixture(scope="module")
def index(titles: dict[str, str]) -> SearchIndex:
    made = SearchIndex()
    for code, title in titles.items():
        made.put(Product(code, {"en": Wording(title)}, price=1.0, currency="GBP"))
    return made


def found(index: SearchIndex, query: str, size: int) -> list[str]:
    return [product.product_id for product, _ in index.search(SearchAsk(query, size=size)).hits]


@pytest.mark.parametrize("query", ["red retrospot bag", "RED RETROSPOT BAGS", "red retrospt bag"])
def test_red_retrospot_bags_come_before_all_else(index: SearchIndex, titles: dict[str, str], query: str) -> None:
    bags = {code for code, title in titles.items() if {"RED", "RETROSPOT", "BAG"} <= set(title.split())}
    assert len(bags) >= 5
    assert set(found(index, query, len(bags))) == bags


def test_a_stock_code_finds_its_product(index: SearchIndex) -> None:
    assert found(index, "85123A", 1)[0].upper() == "85123A"
    assert found(index, "22423", 1) == ["22423"]
