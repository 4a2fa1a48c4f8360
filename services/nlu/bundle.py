"""What was learned as files and back: `weights.safetensors` (half precision), `config.json`, `vocabulary.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from servicekit.artifacts import ArtifactError, ArtifactStore, Manifest
from services.nlu.concepts import Concepts
from services.nlu.examples import About, Schema
from services.nlu.features import FeatureConfig, Vocabulary, fingerprint
from services.nlu.learned import Calibration, Learned
from services.nlu.models.encoder import EncoderConfig, JointModel
from services.nlu.models.ngrams import LineModel

KIND = "nlu"
WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
VOCABULARY = "vocabulary.json"
LINE = "line."
TRANSITIONS = "transitions"


def save(
    store: ArtifactStore,
    learned: Learned,
    *,
    data_hash: str = "",
    seed: int = 0,
    commit: str = "",
    metrics: Mapping[str, object] | None = None,
) -> Manifest:
    """Writes a candidate; the version is the store's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_file(_tensors(learned), folder / WEIGHTS)
        (folder / CONFIG).write_text(json.dumps(_config(learned), ensure_ascii=False), encoding="utf-8")
        words = {"words": learned.vocabulary.words, "concepts": learned.vocabulary.concepts.phrases}
        (folder / VOCABULARY).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        return store.save(KIND, folder, fingerprint(), data_hash=data_hash, seed=seed, commit=commit, metrics=metrics)


def load(store: ArtifactStore, version: str) -> Learned:
    """Raises ArtifactError if the bundle is missing, broken, or made for other features than this code's."""
    folder = store.fetch(KIND, version, fingerprint())
    try:
        return _read(folder, version)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(f"{KIND} {version}: cannot be read: {error}") from error


def _tensors(learned: Learned) -> dict[str, Tensor]:
    parts: list[tuple[str, nn.Module]] = [(LINE, learned.line)]
    parts += [(f"encoder{place}.", encoder) for place, encoder in enumerate(learned.encoders)]
    found = {
        f"{prefix}{name}": tensor.half().contiguous() if tensor.is_floating_point() else tensor.contiguous()
        for prefix, model in parts
        for name, tensor in model.state_dict().items()
    }
    return found | {TRANSITIONS: torch.from_numpy(learned.transitions_LL).half()}


def _config(learned: Learned) -> dict[str, object]:
    return {
        "encoders": [asdict(encoder.config) for encoder in learned.encoders],
        "features": asdict(learned.features),
        "calibration": asdict(learned.calibration),
        "intents": {name: asdict(about) for name, about in learned.schema.intents.items()},
        "slots": {name: asdict(about) for name, about in learned.schema.slots.items()},
        "colours": dict(learned.colours),
    }


def _read(folder: Path, version: str) -> Learned:
    tensors = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    words = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
    schema = Schema(_abouts(config["intents"]), _abouts(config["slots"]))
    features = FeatureConfig(**config["features"])
    line = LineModel(features.line_buckets, len(schema.choices))
    _load(line, LINE, tensors)
    return Learned(
        version,
        schema,
        Vocabulary(words["words"], Concepts(words["concepts"])),
        features,
        tuple(_encoder(place, one, tensors) for place, one in enumerate(config["encoders"])),
        line,
        config["colours"],
        tensors[TRANSITIONS].numpy(),
        Calibration(**config["calibration"]),
    )


def _encoder(place: int, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> JointModel:
    model = JointModel(EncoderConfig(**config))
    _load(model, f"encoder{place}.", tensors)
    return model


def _load(model: nn.Module, prefix: str, tensors: Mapping[str, Tensor]) -> None:
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    kept = {name: tensor.long() if name.endswith("position_ids") else tensor for name, tensor in own.items()}
    model.load_state_dict(kept)
    model.eval()


def _abouts(told: Mapping[str, Mapping[str, Any]]) -> dict[str, About]:
    return {name: About(one["en"], one["zh"], tuple(one["slots"]), one["kind"]) for name, one in told.items()}
