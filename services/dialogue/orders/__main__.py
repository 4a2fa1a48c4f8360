"""`python -m services.dialogue.orders FILE`: takes in orders made elsewhere, one commerce/v1 Order in JSON a line.

Bad ones are named on standard error and left out; the others are taken in. Standard output gets one JSON line.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from google.protobuf import json_format

from servicekit.database import migrate, open_database
from servicekit.settings import ShopSettings
from services.dialogue.orders import MIGRATIONS, importing, wire
from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.records import OrderRecords
from shopkeeper.commerce.v1 import commerce_pb2 as pb

BATCH = 500


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="JSON lines")
    options = parser.parse_args(arguments)
    shop = ShopSettings()
    engine = open_database(shop.records_url, shop.id)
    migrate(engine, "orders", MIGRATIONS)
    book = OrderBook(OrderRecords(engine), lambda: time.time_ns() // 1_000_000)
    lines = list(read(options.file))
    good = [wire.order_of(order) for _, order in lines if isinstance(order, pb.Order)]
    for number, order in lines:
        if isinstance(order, str):
            print(f"line {number}: {order}", file=sys.stderr)
    for begin in range(0, len(good), BATCH):
        book.take_in(*good[begin : begin + BATCH])
    print(json.dumps({"imported": len(good), "rejected": len(lines) - len(good)}))
    return 0


def read(path: Path) -> Iterator[tuple[int, pb.Order | str]]:
    """(line number, the order or what is wrong with it)."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, _order(line)


def _order(line: str) -> pb.Order | str:
    try:
        order = json_format.Parse(line, pb.Order())
    except json_format.ParseError as error:
        return str(error)[:300]
    wrong = importing.check(order)
    return f"{order.order_id}: {wrong[0].field}: {wrong[0].message}" if wrong else order


if __name__ == "__main__":
    sys.exit(main())
