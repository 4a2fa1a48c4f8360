"""The generator's model as files and back: weights (float16), `config.json`, `vocabulary.json`, `lexicon.json`,
`contexts.json`, `chains.safetensors`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file

from servicekit.artifacts import ArtifactError, ArtifactStore, Manifest
from services.generator.chains import Chains
from services.generator.contexts import Contexts
from services.generator.decoding import Decoder
from services.generator.features import fingerprint
from services.generator.lexicon import Lexicon
from services.generator.models.pointer import Pointer, PointerConfig
from services.generator.template import Template
from services.generator.vocabulary import Vocabulary
from services.generator.writing import ModelWriter

KIND = "generator"
WEIGHTS, CONFIG, VOCABULARY, LEXICON = "weights.safetensors", "config.json", "vocabulary.json", "lexicon.json"
CONTEXTS, CHAINS = "contexts.json", "chains.safetensors"


def save(
    store: ArtifactStore,
    model: Pointer,
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    contexts: Contexts,
    chains: Chains,
    *,
    data_hash: str = "",
    seed: int = 0,
    commit: str = "",
    metrics: Mapping[str, object] | None = None,
) -> Manifest:
    """Writes a candidate; the version is the store's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        half = {key: tensor.half().contiguous() for key, tensor in model.state_dict().items()}
        save_file(half, folder / WEIGHTS)
        (folder / CONFIG).write_text(json.dumps(asdict(model.config)))
        (folder / VOCABULARY).write_text(vocabulary.to_json(), encoding="utf-8")
        terms = {kind: sorted(words) for kind, words in lexicon.terms.items()}
        (folder / LEXICON).write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        places = {before: sorted(names) for before, names in contexts.names.items()}
        (folder / CONTEXTS).write_text(json.dumps(places, ensure_ascii=False), encoding="utf-8")
        save_arrays(chains.arrays(), folder / CHAINS)
        return store.save(KIND, folder, fingerprint(), data_hash=data_hash, seed=seed, commit=commit, metrics=metrics)


def load(store: ArtifactStore, version: str) -> ModelWriter:
    """Raises ArtifactError if the bundle is missing, broken, or made for other features than this code's."""
    folder = store.fetch(KIND, version, fingerprint())
    try:
        return _read(folder, version)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(f"{KIND} {version}: cannot be read: {error}") from error


def _read(folder: Path, version: str) -> ModelWriter:
    model = Pointer(PointerConfig(**json.loads((folder / CONFIG).read_text())))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()})
    vocabulary = Vocabulary.from_json((folder / VOCABULARY).read_text(encoding="utf-8"))
    terms = json.loads((folder / LEXICON).read_text(encoding="utf-8"))
    lexicon = Lexicon({kind: frozenset(words) for kind, words in terms.items()})
    places = json.loads((folder / CONTEXTS).read_text(encoding="utf-8"))
    contexts = Contexts({before: frozenset(names) for before, names in places.items()})
    chains = Chains.from_arrays(vocabulary.size, load_arrays(folder / CHAINS))
    return writer(version, model.eval(), vocabulary, lexicon, contexts, chains)


def writer(
    version: str, model: Pointer, vocabulary: Vocabulary, lexicon: Lexicon, contexts: Contexts, chains: Chains
) -> ModelWriter:
    """The model at work."""
    names = Template.load()

    def label(attribute: str, language: str) -> str:
        return names.name(attribute) if language == "zh" else attribute.replace("_", " ")

    return ModelWriter(version, lexicon, Decoder(model, vocabulary, contexts, chains), label)
