"""What was learned goes into files and comes back the same; what does not fit is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from servicekit.artifacts import ArtifactError, ArtifactStore
from services.nlu import bundle, train
from services.nlu.learned import read
from services.nlu.text import tokenise
from tests.unit.nlu.tiny import tiny_learned

SENTENCES = [tokenise(text) for text in ("i want a red dress", "我的快递SK12345678到哪了", "hello")]


def test_there_and_back(tmp_path: Path) -> None:
    store, learned = ArtifactStore(str(tmp_path)), tiny_learned()
    manifest = bundle.save(store, learned, seed=1, metrics={"figure": 0.5})
    back = bundle.load(store, manifest.version)
    assert back.version == manifest.version
    assert (back.schema, back.calibration, back.colours) == (learned.schema, learned.calibration, learned.colours)
    for one, other in zip(read(learned, SENTENCES), read(back, SENTENCES), strict=True):
        np.testing.assert_allclose(one.choices_C, other.choices_C, atol=1e-5)
        np.testing.assert_allclose(one.labels_TL, other.labels_TL, atol=1e-5)


def test_the_same_seed_learns_the_same() -> None:
    tiny_learned.cache_clear()
    first = read(tiny_learned(), SENTENCES)
    tiny_learned.cache_clear()
    for one, other in zip(first, read(tiny_learned(), SENTENCES), strict=True):
        np.testing.assert_allclose(one.choices_C, other.choices_C, atol=1e-4)


def test_a_broken_bundle_names_what_is_wrong(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path))
    version = bundle.save(store, tiny_learned()).version
    with pytest.raises(ArtifactError, match="no version"):
        bundle.load(store, "nothing")
    manifest = tmp_path / "nlu" / version / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"fingerprint": "other"}))
    with pytest.raises(ArtifactError, match="made for features other"):
        bundle.load(store, version)
    manifest.write_text(json.dumps(told))
    (tmp_path / "nlu" / version / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"config.json is broken"):
        bundle.load(store, version)


def test_shipping_leaves_one_bundle_and_makes_it_live(tmp_path: Path) -> None:
    store, shipped = ArtifactStore(str(tmp_path / "artifacts")), tmp_path / "shipped"
    learned = tiny_learned()
    for one in (learned, replace(learned, colours={})):
        version = bundle.save(store, one).version
        train.ship(store, version, shipped)
    there = ArtifactStore(str(shipped))
    assert there.versions(bundle.KIND) == [version]
    assert there.live(bundle.KIND) == version
    assert bundle.load(there, version).colours == {}
