"""A merchant brings their own files into a shop, by the command line."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from contracts import topics
from servicekit.events import open_event_log
from shopctl.importing.publish import read_all, read_catalogue
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import UserEvent

SHOP = "mine"
EVENT = {
    "event_type": "detail-page-view",
    "visitor_id": "v1",
    "product_id": "mug-1",
    "event_time": "2026-03-01T12:00:00Z",
}


class Shop:
    """A shop's folder and the commands of its owner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    def run(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "shopctl", *map(str, arguments), "--shop", SHOP, "--home", str(self.home)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def result(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def catalogue(self) -> dict[str, Product]:
        return read_catalogue(open_event_log(f"sqlite:///{self.home}/events.db"), SHOP)

    def events(self) -> list[UserEvent]:
        log = open_event_log(f"sqlite:///{self.home}/events.db")
        return [UserEvent.FromString(record.value or b"") for record in read_all(log, topics.user_events(SHOP).name)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_bad_rows_are_named_kept_mended_and_imported(shop: Shop) -> None:
    rows = [{"product_id": f"mug-{n}", "title": f"Mug {n}", "price": "9.90", "currency": "EUR"} for n in range(1, 6)]
    rows[1]["price"] = "-3"
    rows[3]["product_id"] = "mug 4"
    catalogue = write_csv(shop.folder / "mugs.csv", rows)

    code, report = shop.result("import", "catalog", catalogue)
    assert (code, report["rows"], report["published"], report["rejected"]) == (1, 5, 3, 2)
    assert [(p["row"], p["field"]) for p in report["problems"]] == [(3, "price.units"), (5, "product_id")]
    assert "-3" in report["problems"][0]["message"]
    assert sorted(shop.catalogue()) == ["mug-1", "mug-3", "mug-5"]

    rejected = Path(report["rejected_file"])
    assert rejected == shop.folder / "mugs.rejected.csv"
    with rejected.open(newline="") as file:
        kept = list(csv.DictReader(file))
    assert [row["rejected_row"] for row in kept] == ["3", "5"]
    mended = [row | {"price": "3", "product_id": row["product_id"].replace(" ", "-")} for row in kept]
    code, report = shop.result("import", "catalog", write_csv(shop.folder / "mended.csv", mended))
    assert (code, report["published"], report["unused_columns"]) == (0, 2, [])
    assert sorted(shop.catalogue()) == [f"mug-{n}" for n in range(1, 6)]


def test_the_same_products_in_three_formats_change_nothing_the_second_time(shop: Shop) -> None:
    rows = [{"product_id": "mug-1", "title": "Mug", "price": "9.90", "currency": "EUR", "stock": "3", "title_zh": "杯"}]
    files = [write_csv(shop.folder / "a.csv", rows), shop.folder / "a.jsonl", shop.folder / "a.parquet"]
    files[1].write_text(json.dumps(rows[0], ensure_ascii=False) + "\n")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([rows[0] | {"price": 9.9, "stock": 3}]), files[2])

    assert shop.result("import", "catalog", files[0])[1]["published"] == 1
    for path in files:
        code, report = shop.result("import", "catalog", path)
        assert (code, report["published"], report["unchanged"]) == (0, 0, 1), path.name


def test_their_columns_are_renamed_and_a_dry_run_publishes_nothing(shop: Shop) -> None:
    path = write_csv(shop.folder / "theirs.csv", [{"SKU": "m1", "Name": "Mug", "Cost": "5", "Supplier": "S"}])
    options = ("--map", "product_id=SKU", "--map", "title=Name", "--map", "price=Cost", "--currency", "CNY")
    code, report = shop.result("import", "catalog", path, *options, "--dry-run")
    assert (code, report["published"]) == (0, 1)
    assert shop.catalogue() == {}
    done = shop.run("import", "catalog", path, *options)
    assert done.returncode == 0
    assert "columns not used: Supplier" in done.stderr
    assert shop.catalogue()["m1"].price.units == 5


def test_events_of_three_vendors_in_one_shop_each_counted_once(shop: Shop) -> None:
    ours = shop.folder / "ours.jsonl"
    ours.write_text("".join(json.dumps(EVENT | {"visitor_id": f"v{n}"}) + "\n" for n in (1, 2, 2)))
    segment = shop.folder / "segment.jsonl"
    segment.write_text(
        json.dumps({"type": "track", "event": "Product Added", "messageId": "m-1", "anonymousId": "v1",
                    "timestamp": "2026-03-01T12:00:01Z", "properties": {"product_id": "mug-1"}}) + "\n"
        + json.dumps({"type": "page", "messageId": "m-2", "anonymousId": "v1"}) + "\n"
    )  # fmt: skip
    ga4 = shop.folder / "ga4.jsonl"
    purchase = {"event_name": "purchase", "event_timestamp": "1772366402000000", "user_pseudo_id": "v1"}
    ga4.write_text(json.dumps(purchase | {"items": [{"item_id": "mug-1", "quantity": "2"}], "event_params": []}) + "\n")

    assert shop.result("import", "events", ours)[1]["kinds"] == {"detail-page-view": 2}
    assert shop.result("import", "events", segment)[1]["skipped"] == {"page": 1}
    assert shop.result("import", "events", ga4)[1]["kinds"] == {"purchase-complete": 1}
    for path in (ours, segment, ga4):
        code, report = shop.result("import", "events", path)
        assert (code, report["published"]) == (0, 0)
    found = shop.events()
    assert sorted((event.visitor_id, event.event_type) for event in found) == [
        ("v1", "add-to-cart"),
        ("v1", "detail-page-view"),
        ("v1", "purchase-complete"),
        ("v2", "detail-page-view"),
    ]


def test_broken_lines_are_rejected_and_the_others_taken(shop: Shop) -> None:
    path = shop.folder / "broken.jsonl"
    lines = [json.dumps(EVENT), "{not json", "[1, 2]", json.dumps(EVENT | {"event_type": "dance"})]
    path.write_bytes(
        "\n".join(lines).encode() + b'\n{"event_type": "\xff"}\n' + json.dumps(EVENT | {"visitor_id": "v9"}).encode()
    )
    code, report = shop.result("import", "events", path)
    assert (code, report["published"], report["rejected"]) == (1, 2, 4)
    assert [(p["row"], p["field"]) for p in report["problems"]] == [
        (2, "row"),
        (3, "row"),
        (4, "event_type"),
        (5, "row"),
    ]
    kept = Path(report["rejected_file"]).read_bytes().splitlines()
    assert len(kept) == 4
    assert json.loads(kept[2])["event_type"] == "dance"
    assert "dance" in json.loads(kept[2])["rejected_reason"]


def test_a_parquet_export_keeps_its_rejected_rows_as_parquet(shop: Shop) -> None:
    path = shop.folder / "events.parquet"
    rows = [EVENT | {"quantity": 1}, EVENT | {"quantity": -1}, EVENT | {"quantity": 2}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    code, report = shop.result("import", "events", path)
    assert (code, report["published"], report["rejected"]) == (1, 2, 1)
    (kept,) = pyarrow.parquet.read_table(report["rejected_file"]).to_pylist()
    assert (kept["rejected_row"], kept["quantity"], kept["visitor_id"]) == (2, -1, "v1")


def test_a_wrong_call_is_told_so_with_code_2(shop: Shop) -> None:
    text = shop.folder / "notes.txt"
    text.write_text("hello")
    header_only = write_csv(shop.folder / "empty.csv", [{"product_id": "", "title": ""}])
    for arguments, said in (
        (("import", "catalog", shop.folder / "missing.csv"), "does not exist"),
        (("import", "catalog", text), "wanted a name ending in"),
        (("import", "catalog", header_only), "has no rows"),
        (("import", "events", text, "--format", "xml"), "'xml' is not one of"),
        (("import", "uci-online-retail", header_only), "has no column InvoiceNo"),
        (("import", "catalog", header_only, "--map", "SKU"), "is not OURS=THEIRS"),
    ):
        done = shop.run(*arguments)
        assert done.returncode == 2, done.stderr
        assert said in " ".join(done.stderr.replace("│", " ").split()), done.stderr
        assert "Traceback" not in done.stderr
