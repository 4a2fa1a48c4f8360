"""Bundles are whole or refused, and the live pointer goes forward and back."""

from pathlib import Path

import pytest

from servicekit.artifacts import ArtifactError, ArtifactStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    (made / "weights.safetensors").write_bytes(b"w" * 1000)
    (made / "config.json").write_text("{}")
    return made


@pytest.fixture(params=["local", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "local":
        return ArtifactStore(str(tmp_path / "artifacts"))
    return ArtifactStore(f"memory://{tmp_path.name}", cache=tmp_path / "cache")


def put(store: ArtifactStore, folder: Path, text: str) -> str:
    (folder / "config.json").write_text(text)
    return store.save("ranker", folder, "f1", metrics={"recall": 0.3}, seed=7, commit="abc", data_hash="d").version


def test_saved_is_found_again(store: ArtifactStore, folder: Path) -> None:
    assert store.versions("ranker") == []
    version = put(store, folder, "{}")
    assert store.versions("ranker") == [version]
    manifest = store.manifest("ranker", version)
    assert (manifest.fingerprint, manifest.seed, manifest.commit, manifest.data_hash) == ("f1", 7, "abc", "d")
    assert manifest.metrics == {"recall": 0.3}
    assert (store.fetch("ranker", version, "f1") / "weights.safetensors").read_bytes() == b"w" * 1000
    assert store.live("ranker") is None


def test_promote_and_roll_back(store: ArtifactStore, folder: Path) -> None:
    first, second = put(store, folder, "1"), put(store, folder, "2")
    store.promote("ranker", first)
    store.promote("ranker", second)
    store.promote("ranker", second)
    assert store.live("ranker") == second
    assert store.rollback("ranker") == first
    assert store.live("ranker") == first
    with pytest.raises(ArtifactError, match="no earlier"):
        store.rollback("ranker")


def test_other_features_are_refused(store: ArtifactStore, folder: Path) -> None:
    version = put(store, folder, "{}")
    with pytest.raises(ArtifactError, match="features f1, this code has f2"):
        store.fetch("ranker", version, "f2")


def test_what_is_not_there_is_said(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactError, match="no version 'x'"):
        store.promote("ranker", "x")
    assert store.live("ranker") is None


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:500]), "weights.safetensors is broken"),
        (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), "weights.safetensors is broken"),
        (lambda path: path.unlink(), "weights.safetensors is missing"),
    ],
    ids=["cut", "changed", "gone"],
)
def test_a_broken_bundle_is_refused(tmp_path: Path, folder: Path, harm, message: str) -> None:  # type: ignore[no-untyped-def]
    store = ArtifactStore(str(tmp_path / "artifacts"))
    version = put(store, folder, "{}")
    harm(tmp_path / "artifacts" / "ranker" / version / "weights.safetensors")
    with pytest.raises(ArtifactError, match=message):
        store.fetch("ranker", version)
    with pytest.raises(ArtifactError, match=message):
        store.promote("ranker", version)
    assert store.live("ranker") is None


def test_an_unfinished_version_does_not_exist(tmp_path: Path, folder: Path) -> None:
    store = ArtifactStore(str(tmp_path / "artifacts"))
    version = put(store, folder, "{}")
    (tmp_path / "artifacts" / "ranker" / version / "manifest.json").unlink()
    assert store.versions("ranker") == []


def test_a_torn_manifest_is_said(tmp_path: Path, folder: Path) -> None:
    store = ArtifactStore(str(tmp_path / "artifacts"))
    version = put(store, folder, "{}")
    (tmp_path / "artifacts" / "ranker" / version / "manifest.json").write_text('{"kind": "ra')
    with pytest.raises(ArtifactError, match=r"manifest.json cannot be read"):
        store.fetch("ranker", version)
