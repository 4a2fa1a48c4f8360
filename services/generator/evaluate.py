"""`python -m services.generator.evaluate`: a candidate beside the live bundle, on the same held-out products."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.settings import ShopSettings
from services.generator import bundle
from services.generator.judging import judge
from services.generator.train import loss


@dataclass(frozen=True)
class EvaluateConfig:
    artifacts_url: str
    candidate: str = ""
    """Version; default: the newest."""
    judged: int = 300
    """Pieces of copy written by each."""


def main(config: EvaluateConfig) -> Mapping[str, object]:
    """`versions`, `candidate` and `live` (None where nothing is) with their figures, and `better`."""
    store = ArtifactStore(config.artifacts_url)
    versions = store.versions(bundle.KIND)
    if not versions:
        raise ArtifactError("there is no bundle to evaluate: run `python -m services.generator.train` first")
    chosen = {"candidate": config.candidate or versions[-1], "live": store.live(bundle.KIND)}
    figures = {name: _figures(store, version, config.judged) for name, version in chosen.items() if version}
    live = figures.get("live")
    better = live is None or loss(figures["candidate"]) <= loss(live)
    return {"versions": chosen, "live": None, **figures, "better": better}


def _figures(store: ArtifactStore, version: str, judged: int) -> dict[str, object]:
    writer = bundle.load(store, version)
    return {"loss": store.manifest(bundle.KIND, version).metrics.get("loss"), "held_out": judge(writer, judged)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.generator.evaluate", description=__doc__)
    parser.add_argument("--candidate", default="", help="version; default: the newest")
    print(json.dumps(main(EvaluateConfig(ShopSettings().artifacts_url, parser.parse_args().candidate))))
