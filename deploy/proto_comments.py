"""The comments of the protos by full name, for the OpenAPI document. Called by `deploy/protos.py`."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

OURS = "shopkeeper."
# Field numbers within descriptor.proto, by which SourceCodeInfo paths name things.
_FILE = {4: "message_type", 5: "enum_type", 6: "service"}
_INSIDE = {2: "field", 3: "nested_type", 4: "enum_type"}


def comments(descriptors: FileDescriptorSet) -> dict[str, str]:
    """Leading comments, a paragraph a line; things without one are left out."""
    return dict(sorted(pair for file in descriptors.file if file.package.startswith(OURS) for pair in _of_file(file)))


def write(descriptor_set: Path, destination: Path) -> None:
    found = comments(FileDescriptorSet.FromString(descriptor_set.read_bytes()))
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def generate(run_protoc: Any, destination: Path) -> None:
    """`run_protoc` is that of `deploy/protos.py`; the file lands in `destination`/gateway/."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        run_protoc("--include_source_info", f"-o{image}")
        write(image, destination / "gateway" / "comments.json")


def _of_file(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        name = _name(file, location.path) if location.leading_comments else None
        if name:
            lines = (line.strip() for line in location.leading_comments.strip().splitlines())
            yield name, " ".join(line for line in lines if line)


def _name(file: FileDescriptorProto, path: Sequence[int]) -> str | None:
    """`[4, 0, 2, 1]` -> the full name of the first message's second field; None for what has no name."""
    names, thing, numbers = [file.package], file, _FILE
    for number, index in zip(path[::2], path[1::2], strict=False):
        if number not in numbers:
            return None
        thing = getattr(thing, numbers[number])[index]
        names.append(thing.name)
        kind = type(thing).__name__
        numbers = {"EnumDescriptorProto": {2: "value"}, "ServiceDescriptorProto": {2: "method"}}.get(kind, _INSIDE)
    return ".".join(names) if len(path) % 2 == 0 else None
