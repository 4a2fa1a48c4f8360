"""Generates the stubs from protos/, or lints the protos. Called by `make protos` and `make lint`."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import google.api.annotations_pb2
import proto_comments  # beside this file
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
# Google's own protos (google/api, google/type) come with the package googleapis-common-protos.
GOOGLE = Path(google.api.annotations_pb2.__file__).resolve().parents[2]


def proto_files() -> list[str]:
    """All of ours, relative to protos/, in a stable order."""
    return sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))


def run_protoc(*arguments: str) -> None:
    """protoc over all of ours; raises if it complains."""
    includes = [f"-I{PROTOS}", f"-I{GOOGLE}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    if protoc.main(["protoc", *includes, *arguments, *proto_files()]) != 0:
        raise SystemExit("protoc failed")


def generate(destination: Path) -> None:
    """Writes the typed stubs, and the comments for the OpenAPI document, below `destination`."""
    run_protoc(*(f"--{kind}_out={destination}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")))
    proto_comments.generate(run_protoc, destination)
    # In a process of its own, which sees the stubs just made.
    schema = [sys.executable, str(ROOT / "deploy" / "event_schema.py"), str(destination)]
    subprocess.run(schema, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def lint() -> int:
    """buf's STANDARD rules over a descriptor image, so that no schema registry is asked. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        image = f"{folder}/image.binpb"
        run_protoc("--include_imports", "--include_source_info", f"-o{image}")
        return subprocess.run(["buf", "lint", image, "--config", str(ROOT / "buf.yaml")], check=False).returncode


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint", action="store_true", help="check the protos instead of generating stubs")
    parser.add_argument("--out", type=Path, default=ROOT, help="where the stubs go (default: the repository)")
    options = parser.parse_args(arguments)
    if options.lint:
        return lint()
    generate(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
