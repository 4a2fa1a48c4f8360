"""`python -m services.nlu.train`: learns from the sample shop's language and text, and writes a candidate bundle.

Progress goes to standard error, one JSON line with the version and the figures to standard output. `--ship FOLDER`
writes the bundle into that folder too, as the artifact store lays it out: how `sample_shop/bundles` is made.
"""

import argparse
import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from servicekit.artifacts import ArtifactStore
from servicekit.progress import Progress
from servicekit.settings import ShopSettings
from services.nlu import bundle, concepts
from services.nlu.data import DataConfig, Lessons, lessons
from services.nlu.judging import merit
from services.nlu.learned import Learned
from services.nlu.learning import LearningConfig, figures_of, learn


@dataclass(frozen=True)
class TrainConfig:
    shop: ShopSettings
    promote: bool = False
    """Make it live if nothing is live yet, or if it is better than what is."""
    ship: Path | None = None
    """A folder of bundles to put it into, in the place of the one shipped before."""
    data: DataConfig = field(default_factory=DataConfig)
    learning: LearningConfig = field(default_factory=LearningConfig)


def main(config: TrainConfig, progress: Progress | None = None) -> Mapping[str, object]:
    """Trains, writes the candidate and returns `version`, `promoted`, `seconds` and the figures."""
    started = time.monotonic()
    read = lessons(config.data, config.learning.seed)
    learned = _learn(read, config, progress or Progress())
    metrics = {
        "taught": len(read.taught),
        "texts": len(read.texts),
        "judged": len(read.judged),
        "held_out": figures_of(learned, read.judged),
    }
    store = ArtifactStore(config.shop.artifacts_url)
    told = {"data_hash": read.hash(), "commit": _commit()}
    manifest = bundle.save(store, learned, seed=config.learning.seed, metrics=metrics, **told)
    promoted = config.promote and _is_better(store, metrics)
    if promoted:
        store.promote(bundle.KIND, manifest.version)
    if config.ship is not None:
        ship(store, manifest.version, config.ship)
    return {
        "version": manifest.version,
        "promoted": promoted,
        "seconds": round(time.monotonic() - started, 1),
        **metrics,
    }


def _learn(read: Lessons, config: TrainConfig, progress: Progress) -> Learned:
    return learn(
        read.schema,
        read.taught,
        read.judged,
        read.texts,
        concepts.with_slot_words(read.slot_words),
        read.colours,
        config.learning,
        progress,
    )


def ship(store: ArtifactStore, version: str, folder: Path) -> None:
    """The one bundle of `folder`, live in it: a local artifact store that holds nothing else of this kind."""
    source = store.fetch(bundle.KIND, version)
    target = folder / bundle.KIND
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target / version)
    ArtifactStore(str(folder)).promote(bundle.KIND, version)


def _is_better(store: ArtifactStore, metrics: Mapping[str, object]) -> bool:
    """Than the live one, by the figures in both manifests."""
    live = store.live(bundle.KIND)
    return live is None or merit(metrics.get("held_out")) >= merit(
        store.manifest(bundle.KIND, live).metrics.get("held_out")
    )


def _commit() -> str:
    """Of the code that trains; empty outside a checkout, and where there is no git, as in the image."""
    folder = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return found.stdout.strip()


def _arguments() -> TrainConfig:
    parser = argparse.ArgumentParser(prog="python -m services.nlu.train", description=__doc__)
    parser.add_argument("--promote", action="store_true", help="make it live if it is better than what is live")
    parser.add_argument(
        "--ship", type=Path, help="a folder of bundles to put it into as well, e.g. sample_shop/bundles"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=LearningConfig.threads, help="of the processor")
    chosen = parser.parse_args()
    return TrainConfig(
        ShopSettings(),
        chosen.promote,
        chosen.ship,
        learning=replace(LearningConfig(), seed=chosen.seed, threads=chosen.threads),
    )


if __name__ == "__main__":
    print(json.dumps(main(_arguments())))
