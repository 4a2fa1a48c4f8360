"""Model bundles: folders of files under any fsspec URL, checked by checksum, and a live pointer with its history.

Layout: `<url>/<kind>/<version>/{manifest.json, ...}` and `<url>/<kind>/live.json`. The manifest is written last: a
version without one was never finished and does not exist. Nothing in a version is ever changed.
"""

import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import fsspec

MANIFEST = "manifest.json"
POINTER = "live.json"
HISTORY_KEPT = 50


class ArtifactError(Exception):
    """A bundle is missing, broken, or made for other code; the message says which and why."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle is and where it came from."""

    kind: str
    version: str
    created: str
    """ISO 8601, UTC."""
    fingerprint: str
    """Of the features that its models were trained on."""
    data_hash: str = ""
    seed: int = 0
    commit: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by name."""


class ArtifactStore:
    """Bundles of one shop. `cache` is where those of a remote store are kept; default: below the temporary folder."""

    def __init__(self, url: str, cache: Path | None = None) -> None:
        self._fs, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        self._local = "file" in self._protocols()
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._cache = cache or Path(tempfile.gettempdir()) / f"shopkeeper-artifacts-{os.getuid()}" / name

    def save(
        self,
        kind: str,
        folder: Path,
        fingerprint: str,
        *,
        data_hash: str = "",
        seed: int = 0,
        commit: str = "",
        metrics: Mapping[str, object] | None = None,
    ) -> Manifest:
        """Takes in every file of `folder` as a new version. It is a candidate until it is promoted."""
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        now = datetime.now(UTC)
        version = f"{now:%Y%m%dT%H%M%S%f}-{hashlib.sha256(''.join(hashes.values()).encode()).hexdigest()[:8]}"
        manifest = Manifest(
            kind, version, now.isoformat(), fingerprint, data_hash, seed, commit, dict(metrics or {}), hashes
        )
        for name, data in files.items():
            self._write(f"{kind}/{version}/{name}", data)
        self._write(f"{kind}/{version}/{MANIFEST}", json.dumps(asdict(manifest), indent=1).encode())
        return manifest

    def take_in(self, folder: Path) -> Manifest:
        """A version made elsewhere, with its manifest. Raises ArtifactError if it is not whole."""
        try:
            manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise ArtifactError(f"{folder.name}: {MANIFEST} cannot be read: {error}") from error
        for name, expected in manifest.files.items():
            _check(manifest, folder / name, expected)
        for name in manifest.files:
            self._write(f"{manifest.kind}/{manifest.version}/{name}", (folder / name).read_bytes())
        self._write(f"{manifest.kind}/{manifest.version}/{MANIFEST}", (folder / MANIFEST).read_bytes())
        return manifest

    def versions(self, kind: str) -> list[str]:
        """All finished versions, oldest first."""
        folder = f"{self._root}/{kind}"
        if not self._fs.exists(folder):
            return []
        names = sorted(str(path).rstrip("/").rpartition("/")[2] for path in self._fs.ls(folder, detail=False))
        return [name for name in names if self._fs.exists(f"{folder}/{name}/{MANIFEST}")]

    def manifest(self, kind: str, version: str) -> Manifest:
        """Raises ArtifactError if there is no such version, or its manifest cannot be read."""
        data = self._read(f"{kind}/{version}/{MANIFEST}")
        if data is None:
            raise ArtifactError(f"{kind}: there is no version {version!r}; there are {self.versions(kind)}")
        try:
            return Manifest(**json.loads(data))
        except (ValueError, TypeError) as error:
            raise ArtifactError(f"{kind} {version}: {MANIFEST} cannot be read: {error}") from error

    def live(self, kind: str) -> str | None:
        """The version that is served; None if none was ever promoted."""
        history = self._history(kind)
        return history[-1] if history else None

    def promote(self, kind: str, version: str) -> None:
        """Makes it live, after checking that it is whole."""
        self.fetch(kind, version)
        history = self._history(kind)
        if not history or history[-1] != version:
            self._point(kind, [*history, version])

    def rollback(self, kind: str) -> str:
        """Makes the version live that was so before. Raises ArtifactError if there was none."""
        history = self._history(kind)
        if len(history) < 2:
            raise ArtifactError(f"{kind}: there is no earlier live version to go back to")
        self._point(kind, history[:-1])
        return history[-2]

    def fetch(self, kind: str, version: str, fingerprint: str | None = None) -> Path:
        """The folder of a version on this machine, every file checked.

        Raises ArtifactError if it is missing, a checksum differs, or it was made for other features than `fingerprint`.
        """
        manifest = self.manifest(kind, version)
        if fingerprint is not None and manifest.fingerprint != fingerprint:
            raise ArtifactError(
                f"{kind} {version}: made for features {manifest.fingerprint}, this code has {fingerprint}; train again"
            )
        folder = Path(self._root) / kind / version if self._local else self._download(manifest)
        for name, expected in manifest.files.items():
            _check(manifest, folder / name, expected)
        return folder

    def _download(self, manifest: Manifest) -> Path:
        folder = self._cache / manifest.kind / manifest.version
        folder.mkdir(parents=True, exist_ok=True)
        for name, expected in manifest.files.items():
            kept = folder / name
            if kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == expected:
                continue
            data = self._read(f"{manifest.kind}/{manifest.version}/{name}")
            if data is None:
                raise ArtifactError(f"{manifest.kind} {manifest.version}: {name} is missing")
            part = folder / f".{name}.{uuid.uuid4().hex}"
            part.write_bytes(data)
            part.replace(kept)
        return folder

    def _history(self, kind: str) -> list[str]:
        data = self._read(f"{kind}/{POINTER}")
        return [] if data is None else list(json.loads(data)["history"])

    def _point(self, kind: str, history: list[str]) -> None:
        kept = history[-HISTORY_KEPT:]
        self._write(f"{kind}/{POINTER}", json.dumps({"version": kept[-1], "history": kept}).encode())

    def _read(self, path: str) -> bytes | None:
        try:
            return bytes(self._fs.cat_file(f"{self._root}/{path}"))
        except FileNotFoundError:
            return None

    def _write(self, path: str, data: bytes) -> None:
        """Whole or not at all: object stores put so by nature, a file system by renaming."""
        target = f"{self._root}/{path}"
        if not self._local:
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(target, data)
            return
        place = Path(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)

    def _protocols(self) -> tuple[str, ...]:
        protocol = self._fs.protocol
        return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _check(manifest: Manifest, path: Path, expected: str) -> None:
    where = f"{manifest.kind} {manifest.version}: {path.name}"
    if not path.exists():
        raise ArtifactError(f"{where} is missing")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise ArtifactError(f"{where} is broken: SHA-256 {found[:16]}…, its manifest says {expected[:16]}…")
