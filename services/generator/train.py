"""`python -m services.generator.train`: learns to write from the sample shop's copy and replies.

Writes a candidate bundle. Progress goes to standard error, one JSON line with the version and the figures to standard
output. `--ship FOLDER` writes the bundle there instead of into the shop's artifact store: how the bundle that the
repository ships in `sample_shop/bundles` is made.
"""

import argparse
import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from servicekit.artifacts import ArtifactStore
from servicekit.progress import Progress
from servicekit.settings import ShopSettings
from services.generator import bundle, data
from services.generator.chains import Chains
from services.generator.features import codes
from services.generator.fit import FitConfig, fit, loss_of, steps
from services.generator.judging import judge
from services.generator.models.pointer import PointerConfig
from services.generator.vocabulary import Vocabulary

SHIPPED_PASSES = 3.0
"""What ships is trained once and may take longer than what a shop trains at its start."""


@dataclass(frozen=True)
class TrainConfig:
    artifacts_url: str
    promote: bool = False
    """Make it live if nothing is live yet, or if it is better than what is."""
    vocabulary: int = 3300
    share: float = 1.0
    """Of the training texts."""
    judged: int = 60
    """Pieces of copy written for the figures."""
    fit: FitConfig = field(default_factory=FitConfig)


def main(config: TrainConfig, progress: Progress | None = None) -> Mapping[str, object]:
    """Trains, writes the candidate and returns `version`, `promoted`, `seconds` and the figures."""
    started = time.monotonic()
    progress = progress or Progress()
    texts = data.read(config.fit.seed, config.share)
    vocabulary = Vocabulary.learn(data.words(texts), codes(), config.vocabulary)
    examples = data.examples(vocabulary, texts)
    progress.stage("learning to write", steps(examples, config.fit))
    model = fit(PointerConfig(vocabulary.size, vocabulary.pad), examples, config.fit, progress)
    chains = Chains.learn(vocabulary.size, examples)
    held = [data.copy_example(vocabulary, pair) for pair in texts.held_out[:: data.DEV_EVERY]]
    lexicon, contexts = data.gathered_lexicon(), data.contexts(texts)
    progress.stage("figures on held-out products", config.judged)
    figures: dict[str, object] = {
        "texts": len(texts.copy) + len(texts.replies),
        "loss": round(loss_of(model, held, vocabulary.pad), 4),
        "held_out": judge(bundle.writer("", model, vocabulary, lexicon, contexts, chains), config.judged),
    }
    progress.close()
    store = ArtifactStore(config.artifacts_url)
    manifest = bundle.save(
        store,
        model,
        vocabulary,
        lexicon,
        contexts,
        chains,
        data_hash=data.data_hash(texts),
        seed=config.fit.seed,
        commit=_commit(),
        metrics=figures,
    )
    promoted = config.promote and _is_better(store, figures)
    if promoted:
        store.promote(bundle.KIND, manifest.version)
    return {
        "version": manifest.version,
        "promoted": promoted,
        "seconds": round(time.monotonic() - started, 1),
        **figures,
    }


def _is_better(store: ArtifactStore, figures: Mapping[str, object]) -> bool:
    """Than the live one, by the loss on held-out products."""
    live = store.live(bundle.KIND)
    return live is None or loss(figures) <= loss(store.manifest(bundle.KIND, live).metrics)


def loss(figures: Mapping[str, object]) -> float:
    value = figures.get("loss")
    return float(value) if isinstance(value, int | float) else float("inf")


def ship(config: TrainConfig, folder: Path, progress: Progress | None = None) -> Mapping[str, object]:
    """Trains and leaves the new bundle in `folder` alone, as an artifact store lays out a version."""
    before = ArtifactStore(str(folder)).versions(bundle.KIND)
    result = main(config, progress)
    for version in before:
        shutil.rmtree(folder / bundle.KIND / version)
    return result


def _commit() -> str:
    """Of the code that trains; empty outside a checkout, and where there is no git, as in the image."""
    folder = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return found.stdout.strip()


def _run() -> Mapping[str, object]:
    parser = argparse.ArgumentParser(prog="python -m services.generator.train", description=__doc__)
    parser.add_argument("--promote", action="store_true", help="make it live if it is better than what is live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=float, help="over the training texts; default: 1, to ship 3")
    parser.add_argument("--ship", type=Path, help="write it below this folder, in place of the version there")
    chosen = parser.parse_args()
    passes = chosen.passes or (SHIPPED_PASSES if chosen.ship else FitConfig.passes)
    learning = FitConfig(seed=chosen.seed, passes=passes)
    if chosen.ship:
        return ship(TrainConfig(str(chosen.ship), fit=learning), chosen.ship)
    return main(TrainConfig(ShopSettings().artifacts_url, chosen.promote, fit=learning))


if __name__ == "__main__":
    print(json.dumps(_run()))
