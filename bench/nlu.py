"""`python -m bench.nlu --dataset sample_shop`: how well shoppers are understood, on the hand-written test, over gRPC.

Groups `zh` and `en`: intent accuracy over rows of one intent that are in scope, F1 of slots (name and place, micro, as
seqeval counts), calibration error, AUROC of the out-of-scope score, F1 of the sets of intents on rows of two; p50 and
p95 of Parse beside the bare forward of the same sentences in this process. Without --artifacts, a bundle is trained
first. The test set is read once for each figure that is reported; `--dev` measures on held-out training lines instead.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import torch

from bench.result import write_result
from sample_shop import language as spoken
from servicekit.artifacts import ArtifactStore
from services.nlu import bundle
from services.nlu.data import judged_lines
from services.nlu.examples import Example, Span, folded
from services.nlu.judging import Judged, figures
from services.nlu.learned import Learned, read
from services.nlu.text import tokenise
from shopkeeper.nlu.v1 import nlu_pb2 as pb
from shopkeeper.nlu.v1.nlu_pb2_grpc import NluServiceStub

REPORTED = ("intent_accuracy", "slot_f1", "ece", "oos_auroc", "two_intent_f1")
START_SECONDS = 120


@contextmanager
def service(home: Path, artifacts: str) -> Iterator[str]:
    """`python -m services.nlu` on a free port; its address."""
    ready = home / "nlu.json"
    ports = {"NLU_GRPC_ADDRESS": "127.0.0.1:0", "NLU_METRICS_ADDRESS": "127.0.0.1:0"}
    shop = {"SHOP_HOME": str(home), "SHOP_ARTIFACTS_URL": artifacts, "NLU_READY_FILE": str(ready)}
    process = subprocess.Popen([sys.executable, "-m", "services.nlu"], env={**os.environ, **ports, **shop})
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the NLU did not start")
            time.sleep(0.05)
        yield json.loads(ready.read_text())["grpc"]
    finally:
        process.terminate()
        process.wait(30)


def train(home: Path) -> str:
    """A fresh bundle in a shop of its own; the URL of its artifacts."""
    command = [sys.executable, "-m", "services.nlu.train", "--promote"]
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "SHOP_HOME": str(home)})
    return str(home / "artifacts")


def rows(dev: bool) -> list[Example]:
    if dev:
        return judged_lines()
    return [
        Example(one.text, one.language, one.intents, tuple(Span(*span) for span in one.slots))
        for language in spoken.LANGUAGES
        for one in spoken.read_test(language)
    ]


def play(address: str, examples: Sequence[Example]) -> tuple[list[Judged], list[float]]:
    """Each sentence in a call of its own, one after the other; what was understood, and the milliseconds it took."""
    judged, took = [], []
    with grpc.insecure_channel(address) as channel:
        stub = NluServiceStub(channel)
        for example in [*examples[:20], *examples]:
            began = time.perf_counter()
            found = stub.Parse(pb.ParseRequest(text=example.text), timeout=30).understanding
            took.append((time.perf_counter() - began) * 1000)
            judged.append(_judged(found))
    return judged[-len(examples) :], took[-len(examples) :]


def _judged(found: pb.Understanding) -> Judged:
    best = found.ranking[0] if found.ranking else pb.ScoredIntent()
    return Judged(
        tuple(one.intent for one in found.intents),
        best.intent,
        best.confidence,
        found.out_of_scope_score,
        tuple(Span(slot.name, slot.start, slot.end) for slot in found.slots),
    )


def bare(learned: Learned, examples: Sequence[Example]) -> list[float]:
    """Milliseconds of the networks alone, a sentence at a time, on one thread."""
    torch.set_num_threads(1)
    sentences = [tokenise(example.text) for example in examples]
    took = []
    for sentence in [*sentences[:20], *sentences]:
        began = time.perf_counter()
        read(learned, [sentence])
        took.append((time.perf_counter() - began) * 1000)
    return took[-len(sentences) :]


def measured(examples: Sequence[Example], judged: Sequence[Judged], took: Sequence[float]) -> Mapping[str, object]:
    """By language."""
    groups: dict[str, object] = {}
    for language in ("zh", "en"):
        places = [at for at, example in enumerate(examples) if example.language == language]
        found = figures([examples[at] for at in places], [judged[at] for at in places])
        milliseconds = [took[at] for at in places]
        quality = {name: found[name] for name in REPORTED if name in found}
        groups[language] = {"rows": len(places), **quality, **_quantiles("parse", milliseconds)}
    return groups


def _quantiles(name: str, milliseconds: Sequence[float]) -> dict[str, float]:
    cut = statistics.quantiles(milliseconds, n=20)
    return {f"{name}_p50_ms": round(cut[9], 2), f"{name}_p95_ms": round(cut[18], 2)}


def seen_in_training(examples: Sequence[Example]) -> int:
    """Rows that some written training line says too, but for marks and spaces: `hello` cannot be said otherwise."""
    written = {folded(one.text) for language in spoken.LANGUAGES for one in spoken.read_written(language)}
    return sum(folded(example.text) in written for example in examples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=["sample_shop"], default="sample_shop")
    parser.add_argument("--artifacts", default="", help="URL of bundles with a live one (default: train one now)")
    parser.add_argument("--dev", action="store_true", help="held-out training lines in place of the test set")
    options = parser.parse_args()
    examples = rows(options.dev)
    with TemporaryDirectory(prefix="shopkeeper-bench-") as folder:
        artifacts = options.artifacts or train(Path(folder))
        store = ArtifactStore(artifacts)
        learned = bundle.load(store, str(store.live(bundle.KIND)))
        with service(Path(folder), artifacts) as address:
            judged, took = play(address, examples)
        forward = _quantiles("forward", bare(learned, examples))
    date = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    kind = "held-out training lines" if options.dev else "the hand-written test set"
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    protocol = f"{kind}, {seen_in_training(examples)} of {len(examples)} rows also a training line; {date}, {load}"
    dataset = f"{options.dataset}_dev" if options.dev else options.dataset
    write_result("nlu", dataset, protocol, measured(examples, judged, took), {"bare forward": forward})


if __name__ == "__main__":
    main()
