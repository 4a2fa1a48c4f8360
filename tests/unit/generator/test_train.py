"""Training from end to end on a little text: what comes out is a bundle that loads and writes."""

import shutil
from pathlib import Path

import pytest

from sample_shop.copy.pairs import held_out
from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.progress import Progress
from services.generator import bundle, data, evaluate
from services.generator.features import fingerprint
from services.generator.fit import FitConfig
from services.generator.judging import distinct_2, orders
from services.generator.train import TrainConfig, main, ship

LITTLE = FitConfig(passes=0.3, threads=1)


def config(url: Path, promote: bool = True) -> TrainConfig:
    return TrainConfig(str(url), promote, vocabulary=700, share=0.01, judged=2, fit=LITTLE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    url = tmp_path_factory.mktemp("artifacts")
    return url, dict(main(config(url), Progress()))


def test_the_candidate_is_promoted_where_nothing_was_live(trained: tuple[Path, dict[str, object]]) -> None:
    url, result = trained
    assert result["promoted"] is True
    store = ArtifactStore(str(url))
    assert store.live(bundle.KIND) == result["version"]
    manifest = store.manifest(bundle.KIND, str(result["version"]))
    assert (manifest.fingerprint, manifest.seed) == (fingerprint(), LITTLE.seed)
    assert manifest.metrics["loss"] == result["loss"]
    assert bundle.load(store, manifest.version).version == manifest.version


def test_a_bundle_for_other_features_is_refused(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    url, result = trained
    folder = url / bundle.KIND / str(result["version"])
    kept = tmp_path / "files"
    kept.mkdir()
    for file in folder.iterdir():
        if file.name != "manifest.json":
            (kept / file.name).write_bytes(file.read_bytes())
    store = ArtifactStore(str(tmp_path / "other"))
    version = store.save(bundle.KIND, kept, "of-other-features").version
    with pytest.raises(ArtifactError, match="train again"):
        bundle.load(store, version)


def test_the_candidate_is_judged_beside_the_live_one(trained: tuple[Path, dict[str, object]]) -> None:
    url, result = trained
    told = evaluate.main(evaluate.EvaluateConfig(str(url), judged=2))
    assert told["versions"] == {"candidate": result["version"], "live": result["version"]}
    assert told["better"] is True


def test_what_ships_replaces_what_shipped_and_is_the_same_for_the_same_seed(
    trained: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    first = str(trained[1]["version"])
    shutil.copytree(trained[0] / bundle.KIND / first, tmp_path / bundle.KIND / first)
    second = ship(config(tmp_path, promote=False), tmp_path, Progress())
    assert ArtifactStore(str(tmp_path)).versions(bundle.KIND) == [second["version"]]
    assert second["loss"] == trained[1]["loss"]
    assert not (tmp_path / bundle.KIND / "live.json").exists()


def test_held_out_products_teach_nothing() -> None:
    texts = data.read(1, 0.05)
    assert texts.copy
    assert texts.held_out
    assert not any(held_out(pair.product_id) for pair in texts.copy)
    assert all(held_out(pair.product_id) for pair in texts.held_out)
    assert all(held_out(order.source.product_id) for order in orders(20))


def test_the_lexicon_holds_the_catalogue_s_words() -> None:
    terms = data.gathered_lexicon().terms
    assert {"Bramble", "荆果"} <= terms["brand"]
    assert {"sage green", "鼠尾草绿"} <= terms["colour"]
    assert "women" not in terms["value"]


def test_pairs_of_words_are_counted() -> None:
    assert distinct_2(["a b a b", "a b"], "en") == pytest.approx(2 / 4)
    assert distinct_2(["红红红"], "zh") == pytest.approx(1 / 2)
