"""`python -m services.nlu.evaluate`: compares a candidate with what is live, on the same written lines, which no
training uses. One JSON line on standard output.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.settings import ShopSettings
from services.nlu import bundle
from services.nlu.data import judged_lines
from services.nlu.judging import merit
from services.nlu.learning import figures_of


@dataclass(frozen=True)
class EvaluateConfig:
    shop: ShopSettings
    candidate: str = ""
    """Version; default: the newest."""


def main(config: EvaluateConfig) -> Mapping[str, object]:
    """`versions`, `candidate` and `live` (None where nothing is) with their figures, and `better`."""
    store = ArtifactStore(config.shop.artifacts_url)
    versions = store.versions(bundle.KIND)
    if not versions:
        raise ArtifactError("there is no bundle to evaluate: run `shopctl train nlu` first")
    chosen = {"candidate": config.candidate or versions[-1], "live": store.live(bundle.KIND)}
    lines = judged_lines()
    figures = {
        name: figures_of(bundle.load(store, version), lines) for name, version in chosen.items() if version is not None
    }
    compared = {"better": merit(figures["candidate"]) >= merit(figures["live"])} if "live" in figures else {}
    return {"versions": chosen, "judged": len(lines), **figures, **compared}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.nlu.evaluate", description=__doc__)
    parser.add_argument("--candidate", default="", help="version; default: the newest")
    print(json.dumps(main(EvaluateConfig(ShopSettings(), parser.parse_args().candidate))))
