"""The sample shop's language goes in, a candidate comes out, is judged, and is promoted if it is no worse."""

from dataclasses import replace
from pathlib import Path

import pytest

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.settings import ShopSettings
from services.nlu import bundle, evaluate, train
from services.nlu.augment import AugmentConfig
from services.nlu.data import DataConfig, Lessons, judged_lines, lessons
from services.nlu.examples import folded, is_held_out
from services.nlu.features import FeatureConfig
from services.nlu.fit import FitConfig
from services.nlu.judging import merit
from services.nlu.learning import LearningConfig
from services.nlu.pretraining import PretrainingConfig

SMALL_DATA = DataConfig(grammar_per_intent=1, grammar_pairs=2, texts_per_intent=0)
SMALL = LearningConfig(
    width=16,
    layers=1,
    threads=1,
    features=FeatureConfig(gram_buckets=256, line_buckets=4096),
    pretraining=PretrainingConfig(epochs=0),
    fit=FitConfig(epochs=1, written_times=1, batch=128, line_epochs=2, augment=AugmentConfig(join=0.0)),
)


@pytest.fixture(scope="module")
def read() -> Lessons:
    return lessons(SMALL_DATA, seed=1)


def test_what_is_judged_by_is_nowhere_in_what_is_learnt_from(read: Lessons) -> None:
    secret = {folded(example.text) for example in read.judged}
    assert len(secret) > 200
    assert not secret & {folded(example.text) for example in read.taught}
    assert not secret & {folded(text) for text in read.texts}
    assert all(is_held_out(example) for example in read.judged)
    assert {folded(example.text) for example in judged_lines()} == secret


def test_lessons_hold_all_that_there_is_to_learn(read: Lessons) -> None:
    assert {intent for example in read.taught for intent in example.intents} == set(read.schema.intents)
    assert any(not example.intents for example in read.taught)
    assert any(len(example.intents) == 2 for example in read.taught)
    assert {span.name for example in read.taught for span in example.spans} == set(read.schema.slots)
    assert read.hash() == lessons(SMALL_DATA, seed=1).hash() != lessons(SMALL_DATA, seed=2).hash()
    assert "裙子" in read.slot_words["product"]


def test_train_evaluate_promote(tmp_path: Path) -> None:
    shop = ShopSettings(id="tiny", home=tmp_path)
    store = ArtifactStore(shop.artifacts_url)
    with pytest.raises(ArtifactError, match="no bundle to evaluate"):
        evaluate.main(evaluate.EvaluateConfig(shop))

    config = train.TrainConfig(shop, data=SMALL_DATA, learning=SMALL, promote=True, ship=tmp_path / "shipped")
    first = train.main(config)
    assert first["promoted"] is True
    assert store.live(bundle.KIND) == first["version"]
    assert ArtifactStore(str(tmp_path / "shipped")).live(bundle.KIND) == first["version"]
    manifest = store.manifest(bundle.KIND, str(first["version"]))
    assert manifest.metrics["held_out"] == first["held_out"]
    assert merit(first["held_out"]) > 0.1

    worse = replace(SMALL, fit=replace(SMALL.fit, rate=0.0, line_rate=0.0))
    second = train.main(replace(config, learning=worse, ship=None))
    assert second["promoted"] is False
    assert store.live(bundle.KIND) == first["version"]

    judged = evaluate.main(evaluate.EvaluateConfig(shop))
    assert judged["versions"] == {"candidate": second["version"], "live": first["version"]}
    assert judged["live"] == first["held_out"]
    assert judged["better"] is False
