"""`python -m services.recommender.train`: learns from the archive and the catalogue, and writes a candidate bundle.

Progress goes to standard error, one JSON line with the version and the figures to standard output.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from servicekit.artifacts import ArtifactStore
from servicekit.events import open_event_log
from servicekit.progress import Progress
from servicekit.settings import ShopSettings
from services.recommender import bundle
from services.recommender.data import data_hash, read_archive
from services.recommender.learning import LearningConfig, learn_all
from services.recommender.replica import read_catalogue


@dataclass(frozen=True)
class TrainConfig:
    shop: ShopSettings
    promote: bool = False
    """Make it live if nothing is live yet, or if it is better than what is."""
    learning: LearningConfig = field(default_factory=LearningConfig)


def main(config: TrainConfig, progress: Progress | None = None) -> Mapping[str, object]:
    """Trains, writes the candidate and returns `version`, `promoted`, `seconds` and the figures."""
    started = time.monotonic()
    progress = progress or Progress()
    log = open_event_log(config.shop.events_url)
    try:
        catalogue = read_catalogue(log, config.shop.id)
    finally:
        log.close()
    happened = read_archive(config.shop.archive_url)
    learned = learn_all(catalogue, happened, config.learning, progress)
    store = ArtifactStore(config.shop.artifacts_url)
    manifest = bundle.save(
        store,
        learned.models,
        data_hash=data_hash(catalogue, happened),
        seed=config.learning.seed,
        commit=_commit(),
        metrics=learned.metrics,
    )
    promoted = config.promote and _is_better(store, learned.metrics)
    if promoted:
        store.promote(bundle.KIND, manifest.version)
    seconds = round(time.monotonic() - started, 1)
    return {"version": manifest.version, "promoted": promoted, "seconds": seconds, **learned.metrics}


def _is_better(store: ArtifactStore, metrics: Mapping[str, object]) -> bool:
    """Than the live one, by the figures in both manifests: `evaluate` compares on the very same lists."""
    live = store.live(bundle.KIND)
    return live is None or served_ndcg(metrics) >= served_ndcg(store.manifest(bundle.KIND, live).metrics)


def served_ndcg(metrics: Mapping[str, object]) -> float:
    """NDCG@20 on the held-out shoppers; 0 where there were too few to tell."""
    value: object = metrics
    for key in ("held_out", "served", "all", "ndcg_at_20"):
        value = value.get(key, 0.0) if isinstance(value, Mapping) else 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def _commit() -> str:
    """Of the code that trains; empty outside a checkout, and where there is no git, as in the image."""
    folder = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return found.stdout.strip()


def _arguments() -> TrainConfig:
    parser = argparse.ArgumentParser(prog="python -m services.recommender.train", description=__doc__)
    parser.add_argument("--promote", action="store_true", help="make it live if it is better than what is live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cuts", type=int, default=LearningConfig.cuts, help="most past moments to learn from")
    chosen = parser.parse_args()
    learning = replace(LearningConfig(), seed=chosen.seed, cuts=chosen.cuts)
    return TrainConfig(ShopSettings(), chosen.promote, learning)


if __name__ == "__main__":
    print(json.dumps(main(_arguments())))
