"""The recommender's models as files and back: `weights.safetensors`, `config.json`, `vocabulary.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from servicekit.artifacts import ArtifactError, ArtifactStore, Manifest
from services.recommender.features import fingerprint
from services.recommender.learned import Models
from services.recommender.models.wide_deep import Ranker, WideDeepConfig
from services.recommender.retrieval.co_purchase import Links
from services.recommender.retrieval.neighbours import TasteTable
from services.recommender.text import TextModel

KIND = "recommender"
WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
VOCABULARY = "vocabulary.json"
RANKER = "ranker."

Array = npt.NDArray[np.generic]


def save(
    store: ArtifactStore,
    models: Models,
    *,
    data_hash: str = "",
    seed: int = 0,
    commit: str = "",
    metrics: Mapping[str, object] | None = None,
) -> Manifest:
    """Writes a candidate; the version is the store's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_file({key: np.ascontiguousarray(value) for key, value in _arrays(models).items()}, folder / WEIGHTS)
        config = asdict(models.ranker.config) if models.ranker is not None else None
        (folder / CONFIG).write_text(json.dumps({"ranker": config}))
        words = {"product_ids": list(models.product_ids), "words": models.text.words}
        (folder / VOCABULARY).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        return store.save(KIND, folder, fingerprint(), data_hash=data_hash, seed=seed, commit=commit, metrics=metrics)


def load(store: ArtifactStore, version: str) -> Models:
    """Raises ArtifactError if the bundle is missing, broken, or made for other features than this code's."""
    folder = store.fetch(KIND, version, fingerprint())
    try:
        return _read(folder, version)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(f"{KIND} {version}: cannot be read: {error}") from error


def live(store: ArtifactStore) -> Models | None:
    """The models that are live; None if none were ever promoted."""
    version = store.live(KIND)
    return load(store, version) if version is not None else None


def _arrays(models: Models) -> dict[str, Array]:
    arrays: dict[str, Array] = {
        "text.idf_W": models.text.idf_W,
        "text.components_WD": models.text.components_WD,
        "item2vec_PD": models.item2vec_PD,
        "stats_PS": models.stats_PS,
        "tastes.indptr": models.tastes.indptr,
        "tastes.products": models.tastes.products,
        "tastes.weights": models.tastes.weights,
    }
    for name, links in (("cosine", models.cosine), ("ease", models.ease), ("next_basket", models.next_basket)):
        arrays[f"{name}.targets_PK"], arrays[f"{name}.weights_PK"] = links.targets_PK, links.weights_PK
    if models.ranker is not None:
        arrays.update({f"{RANKER}{name}": array for name, array in models.ranker.tensors().items()})
    return arrays


def _read(folder: Path, version: str) -> Models:
    arrays = load_file(folder / WEIGHTS)
    config = json.loads((folder / CONFIG).read_text())
    words = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))

    def links(name: str) -> Links:
        return Links(arrays[f"{name}.targets_PK"], arrays[f"{name}.weights_PK"])

    return Models(
        version=version,
        product_ids=tuple(words["product_ids"]),
        text=TextModel(words["words"], arrays["text.idf_W"], arrays["text.components_WD"]),
        item2vec_PD=arrays["item2vec_PD"],
        cosine=links("cosine"),
        ease=links("ease"),
        next_basket=links("next_basket"),
        tastes=TasteTable(arrays["tastes.indptr"], arrays["tastes.products"], arrays["tastes.weights"]),
        stats_PS=arrays["stats_PS"],
        ranker=_ranker(config["ranker"], arrays),
    )


def _ranker(config: Mapping[str, object] | None, arrays: Mapping[str, Array]) -> Ranker | None:
    if config is None:
        return None
    plain = dict(config)
    plain["crosses"] = tuple(tuple(pair) for pair in plain["crosses"])  # type: ignore[attr-defined]
    plain["hidden"] = tuple(plain["hidden"])  # type: ignore[arg-type]
    tensors = {name.removeprefix(RANKER): array for name, array in arrays.items() if name.startswith(RANKER)}
    return Ranker.load(WideDeepConfig(**plain), tensors)  # type: ignore[arg-type]
