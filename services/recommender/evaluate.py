"""`python -m services.recommender.evaluate`: compares a candidate with what is live, on the same past and shoppers.

The channels are fitted anew as of a moment in the past, so that they do not know what came after; rankers are judged on
shoppers whose lists no training uses. One JSON line on standard output.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.events import open_event_log
from servicekit.progress import Progress
from servicekit.settings import ShopSettings
from services.recommender import bundle
from services.recommender.catalogue import Catalogue
from services.recommender.data import read_archive
from services.recommender.events import ShopperEvent
from services.recommender.judging import judge
from services.recommender.learned import Models
from services.recommender.learning import LearningConfig, past_moment
from services.recommender.protocol import Figures, ndcg, recall
from services.recommender.replica import read_catalogue

__all__ = ["EvaluateConfig", "Figures", "compare", "main", "ndcg", "recall"]


@dataclass(frozen=True)
class EvaluateConfig:
    shop: ShopSettings
    candidate: str = ""
    """Version; default: the newest."""


def main(config: EvaluateConfig) -> Mapping[str, object]:
    """`candidate`, `live` (None where nothing is) and `peers` with their figures, and `better`."""
    store = ArtifactStore(config.shop.artifacts_url)
    versions = store.versions(bundle.KIND)
    if not versions:
        raise ArtifactError("there is no bundle to evaluate: run `shopctl train recommender` first")
    chosen = {"candidate": config.candidate or versions[-1], "live": store.live(bundle.KIND)}
    log = open_event_log(config.shop.events_url)
    try:
        catalogue = read_catalogue(log, config.shop.id)
    finally:
        log.close()
    models = {name: bundle.load(store, version) for name, version in chosen.items() if version is not None}
    happened = read_archive(config.shop.archive_url)
    return {"versions": chosen, **compare(catalogue, happened, models)}


def compare(catalogue: Catalogue, happened: Sequence[ShopperEvent], models: Mapping[str, Models]) -> dict[str, object]:
    """Figures by name of the models, and of the peers, on one past moment and the same shoppers."""
    past = past_moment(catalogue, happened, LearningConfig(), Progress())
    figures: dict[str, object] = {}
    for name, one in models.items():
        judged = dict(judge(past.retriever, one.ranker, past.profiles, past.wishes, past.known, past.now_ms))
        figures[name] = judged.pop("served")
        figures["peers"] = judged
    if "candidate" in figures and "live" in figures:
        figures["better"] = _ndcg(figures["candidate"]) >= _ndcg(figures["live"])
    return figures


def _ndcg(figures: object) -> float:
    kind = figures.get("all") if isinstance(figures, Mapping) else None
    return float(kind["ndcg_at_20"]) if isinstance(kind, Mapping) else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.recommender.evaluate", description=__doc__)
    parser.add_argument("--candidate", default="", help="version; default: the newest")
    print(json.dumps(main(EvaluateConfig(ShopSettings(), parser.parse_args().candidate))))
