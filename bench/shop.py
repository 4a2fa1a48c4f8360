"""`python -m bench.shop`: what the served shelf holds of real customers' next baskets (Recall@20, NDCG@20).

The real CSV is imported up to the cut and trained on by shopctl, as an operator would; the shelf is asked for over gRPC
at the gateway, the shop's clock standing at the newest event. BENCH_DATA names the folder that holds
`uci_online_retail/online_retail.csv`. Without --test it uses the tuning cut, a month earlier.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import grpc

from bench.result import write_result
from bench.retail import Peers, Split, split
from bench.running import Running, running_shop
from services.recommender.protocol import Figures
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

if TYPE_CHECKING:
    from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceAsyncStub

TUNING, TEST = datetime(2011, 10, 9), datetime(2011, 11, 9)
NOTHING: frozenset[str] = frozenset()


def shopctl(home: Path, *arguments: str) -> None:
    """One command of the operator on the bench's shop."""
    command = [sys.executable, "-m", "shopctl", *arguments, "--shop", "uci", "--home", str(home)]
    subprocess.run(command, check=True, stdout=sys.stderr)


async def served(shop: Running, customers: Sequence[str]) -> dict[tuple[str, bool], list[str]]:
    """(customer, without what they had before) -> the shelf."""
    metadata = (("x-api-key", shop.api_key),)
    shelves: dict[tuple[str, bool], list[str]] = {}
    async with grpc.aio.insecure_channel(shop.grpc) as channel:
        stub: StorefrontServiceAsyncStub = StorefrontServiceStub(channel)
        for customer in customers:
            for new in (False, True):
                asked = recommender.RecommendRequest(visitor_id=customer, page_size=20, exclude_purchased=new)
                answer = await stub.Recommend(pb.RecommendRequest(recommend=asked), metadata=metadata, timeout=20)
                shelves[customer, new] = [result.product_id for result in answer.recommend.results]
    return shelves


def figures(data: Split, shelves: dict[tuple[str, bool], list[str]]) -> dict[str, dict[str, dict[str, float]]]:
    """By who made the shelf: `all` and `new`."""
    peers, told = Peers(data), {name: Figures() for name in ("served", "popularity", "copurchase", "own_frequency")}
    for customer, wanted in data.wanted.items():
        had = data.had(customer)
        told["served"].add(shelves[customer, False], shelves[customer, True], wanted, had)
        for name, scores in peers.scores(customer).items():
            told[name].add(peers.shelf(scores, NOTHING), peers.shelf(scores, had), wanted, had)
    return {
        name: {kind: {key: round(value, 4) for key, value in row.items()} for kind, row in figure.means().items()}
        for name, figure in told.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="the reported cut; read it once for each reported figure")
    parser.add_argument("--home", type=Path, help="the shop's folder, kept; imported and trained if it is new")
    options = parser.parse_args()
    cut = TEST if options.test else TUNING
    source = Path(os.environ.get("BENCH_DATA", "data")) / "uci_online_retail" / "online_retail.csv"
    data = split(source, cut)
    with TemporaryDirectory(prefix="shopkeeper-bench-") as folder:
        home = options.home or Path(folder) / "uci"
        if not (home / "events.db").exists():
            shopctl(home, "import", "uci-online-retail", str(source), "--until", f"{cut:%Y-%m-%d}")
            shopctl(home, "train", "recommender", "--promote")
        with running_shop("uci", home) as shop:
            measured = figures(data, asyncio.run(served(shop, list(data.wanted))))
    protocol = f"cut {cut:%Y-%m-%d}, {len(data.wanted)} customers, full catalogue, over gRPC at the gateway"
    peers = {name: measured[name] for name in ("popularity", "copurchase", "own_frequency")}
    write_result("shop", "uci_online_retail" if options.test else "uci_online_retail_tuning", protocol, measured, peers)


if __name__ == "__main__":
    main()
