"""`python -m bench.copy`: copy that a running generator writes for products it was not trained on, over gRPC.

The bench's own checker judges each text by the catalogue's facts; the template's texts for the same requests stand
beside. `coverage` counts long texts of the channels with room for facts, `coverage_medium` the medium ones. BENCH_DATA
names the folder that holds `uci_online_retail/online_retail.csv`: products with a title and a price, in English only,
so that all there is to cover is the title (`names_product`).
"""

import argparse
import asyncio
import itertools
import os
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import grpc

from bench.copy_checker import CopyChecker, catalogue_facts, coverage, folded, forbidden
from bench.result import write_result
from bench.running import Running, running_shop
from sample_shop.copy.facts import facts_of
from sample_shop.copy.pairs import CHANNELS, LANGUAGES, STYLES, Channel, Language, Length, Style, held_out
from sample_shop.products import products as sample_products
from shopctl.importing import uci, uci_shop
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.generator.v1 import generator_pb2 as pb
from shopkeeper.generator.v1.generator_pb2_grpc import GeneratorServiceStub

if TYPE_CHECKING:
    from shopkeeper.generator.v1.generator_pb2_grpc import GeneratorServiceAsyncStub

TEXTS = 800
SECONDS = 30.0
WITH_ROOM = ("product-page", "email", "live")
LENGTHS: tuple[Length, ...] = ("long", "medium", "short")
SHOPS = {"sample_shop": "sample", "uci_online_retail": "uci"}


@dataclass(frozen=True)
class Request:
    product: Product
    language: Language
    channel: Channel
    style: Style
    length: Length


@dataclass(frozen=True)
class Written:
    """A text and what the bench's checker says of it. `coverage` is None where the channel has no room."""

    request: Request
    text: str
    origin: str
    ms: float
    unfaithful: bool
    forbidden: bool
    names_it: bool
    coverage: float | None


def requests(dataset: str, texts: int, seed: int) -> list[Request]:
    """Held-out products, as evenly as can be over language, channel, style and length."""
    dice = random.Random(seed)
    shelf = sample_products() if dataset == "sample_shop" else _retail()
    kept = [product for product in shelf if held_out(product.product_id)]
    languages = LANGUAGES if dataset == "sample_shop" else ("en",)
    manners = [(la, c, s, le) for la in languages for c in CHANNELS for s in STYLES for le in LENGTHS]
    found: list[Request] = []
    while len(found) < texts:
        for product, manner in zip(dice.sample(kept, len(kept)), _turns(manners, dice), strict=False):
            found.append(Request(product, *manner))
    return found[:texts]


def _turns(
    manners: Sequence[tuple[Language, Channel, Style, Length]], dice: random.Random
) -> Iterator[tuple[Language, Channel, Style, Length]]:
    while True:
        yield from dice.sample(manners, len(manners))


def _retail() -> list[Product]:
    source = Path(os.environ.get("BENCH_DATA", "data")) / "uci_online_retail" / "online_retail.csv"
    return [uci_shop.product(item) for item in uci.items(uci.clean(source).sales)]


class Bench:
    """Asks the generator and checks what it says."""

    def __init__(self, shop: Running, channel: grpc.aio.Channel, shelf: Sequence[Product]) -> None:
        self._stub: GeneratorServiceAsyncStub = GeneratorServiceStub(channel)
        self._metadata = (("x-api-key", shop.api_key),)
        self._checkers = {language: CopyChecker(shelf, language) for language in LANGUAGES}

    async def write(self, request: Request, seed: int, use_template: bool) -> Written:
        controls = pb.CopyControls(
            channel=request.channel, style=request.style, length=request.length, language_code=request.language
        )
        asked = pb.GenerateCopyRequest(product=request.product, controls=controls, seed=seed, use_template=use_template)
        begun = time.perf_counter()
        copy = pb.Copy()
        async for answer in self._stub.GenerateCopy(asked, metadata=self._metadata, timeout=SECONDS):
            if answer.HasField("done"):
                copy = answer.done.copy
        return self._checked(request, copy, (time.perf_counter() - begun) * 1000)

    def _checked(self, request: Request, copy: pb.Copy, ms: float) -> Written:
        facts = catalogue_facts(request.product, request.language)
        room = request.channel in WITH_ROOM and request.length != "short"
        return Written(
            request=request,
            text=copy.text,
            origin=copy.origin,
            ms=ms,
            unfaithful=not copy.text or bool(self._checkers[request.language].unfaithful(facts, copy.text)),
            forbidden=bool(forbidden(copy.text, facts)),
            names_it=folded(facts_of(request.product, request.language)[0].value) in folded(copy.text),
            coverage=coverage(facts, copy.text, request.language) if room else None,
        )


def figures(texts: Sequence[Written]) -> dict[str, float]:
    """Counts of texts, shares and means of some that were written."""
    covered = {
        length: [one.coverage for one in texts if one.coverage is not None and one.request.length == length]
        for length in ("long", "medium")
    }
    return {
        "texts": len(texts),
        "coverage": _mean(covered["long"]),
        "coverage_medium": _mean(covered["medium"]),
        "unfaithful": sum(one.unfaithful for one in texts),
        "forbidden_words": sum(one.forbidden for one in texts),
        "names_product": _mean([float(one.names_it) for one in texts]),
        "fallback_rate": round(sum(one.origin == "template" for one in texts) / len(texts), 4),
        "repaired_rate": round(sum(one.origin == "repaired" for one in texts) / len(texts), 4),
        "distinct_2": distinct_2(texts),
        "p50_ms": round(statistics.median(one.ms for one in texts), 1),
    }


def distinct_2(texts: Sequence[Written]) -> float:
    """Different pairs of neighbours among all: of words in English, of characters in Chinese; mean of languages."""
    shares = []
    for language in LANGUAGES:
        pairs = [pair for one in texts if one.request.language == language for pair in _neighbours(one)]
        shares += [len(set(pairs)) / len(pairs)] if pairs else []
    return round(statistics.mean(shares), 4) if shares else 0.0


def _neighbours(one: Written) -> list[tuple[str, str]]:
    words = re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", one.text.lower())
    return list(itertools.pairwise(words))


def grouped(texts: Sequence[Written]) -> dict[str, dict[str, float]]:
    languages = {one.request.language for one in texts}
    parts: dict[str, Sequence[Written]] = {
        name: [one for one in texts if one.request.language == name] for name in sorted(languages)
    }
    return {"all": figures(texts)} | {name: figures(part) for name, part in parts.items()}


def _mean(values: Sequence[float]) -> float:
    return round(statistics.mean(values), 4) if values else 0.0


async def measure(shop: Running, asked: Sequence[Request]) -> tuple[list[Written], list[Written]]:
    """The model's texts and the template's."""
    shelf = sample_products()
    async with grpc.aio.insecure_channel(shop.grpc) as channel:
        bench = Bench(shop, channel, shelf)
        for request in asked[:5]:
            await bench.write(request, 0, use_template=False)
        written = [await bench.write(request, seed, use_template=False) for seed, request in enumerate(asked)]
        template = [await bench.write(request, seed, use_template=True) for seed, request in enumerate(asked)]
    return written, template


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=tuple(SHOPS), default="sample_shop")
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a prepared shop's folder, kept (default: a new one, removed)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many texts, the doubtful ones first")
    options = parser.parse_args()
    asked = requests(options.dataset, options.texts, options.seed)
    with (
        TemporaryDirectory(prefix="shopkeeper-bench-") as folder,
        running_shop(SHOPS[options.dataset], options.home or Path(folder), None, "--no-train") as shop,
    ):
        written, template = asyncio.run(measure(shop, asked))
    show(written, options.show)
    designs = len({one.product.product_id for one in asked})
    protocol = f"{len(asked)} texts for {designs} held-out products, over gRPC at the gateway, one after the other"
    write_result("copy", options.dataset, protocol, grouped(written), {"template": grouped(template)})


def show(texts: Sequence[Written], count: int) -> None:
    for one in sorted(texts, key=lambda one: not (one.unfaithful or one.forbidden))[:count]:
        request = one.request
        doubt = "!" if one.unfaithful or one.forbidden else " "
        print(f"{doubt} [{request.product.product_id} {request.channel} {request.style} {one.origin}] {one.text}")


if __name__ == "__main__":
    main()
