"""Rows of a file, one at a time, whatever its format: CSV, JSON Lines (plain or .gz) or Parquet."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from servicekit.errors import InvalidInput, Violation

FORMATS: Mapping[str, str] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
MAX_FIELD_CHARACTERS = 2 * 1024 * 1024
PARQUET_BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read.

    `number` is what an editor shows: in CSV the header is row 1, in JSON Lines it is the line, in Parquet it counts
    from 1. `problem` says why the row itself cannot be read; `values` then holds what could be.
    """

    number: int
    values: Mapping[str, Any]
    problem: str = ""


def format_of(path: Path) -> str:
    """`csv`, `jsonl` or `parquet`, by the name. Raises InvalidInput."""
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    found = FORMATS.get(suffixes[-1]) if suffixes else None
    if found is None or (found == "parquet" and path.suffix.lower() == ".gz"):
        wanted = "a name ending in .csv, .jsonl, .ndjson (also .gz) or .parquet"
        raise InvalidInput.of(Violation("file", f"{path.name!r}: wanted {wanted}"))
    return found


def read(path: Path) -> Iterator[Row]:
    """Holds at most one batch in memory. Raises InvalidInput where the file as a whole is not what its name says."""
    readers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    return readers[format_of(path)](path)


def columns(path: Path) -> Sequence[str]:
    """Names in the header; of JSON Lines, the keys of the first row that can be read."""
    kind = format_of(path)
    if kind == "parquet":
        return list(_parquet_file(path).schema_arrow.names)
    if kind == "csv":
        with open_text(path) as file:
            return [name.strip() for name in next(csv.reader(file), [])]
    return next((list(row.values) for row in read(path) if not row.problem), [])


def open_text(path: Path) -> TextIO:
    """Bytes that are not UTF-8 come as lone surrogates, so that one of them spoils its own row and no other."""
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    file: TextIO = opener(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return file


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    with open_text(path) as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        if not header:
            raise InvalidInput.of(Violation("file", f"{path.name!r} is empty; wanted a header"))
        for number, cells in enumerate(_lines(reader, path), start=2):
            if any(cell.strip() for cell in cells):
                yield _csv_row(number, header, cells)


def _lines(reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        message = f"{path.name!r} cannot be read as CSV from here on: {error}"
        raise InvalidInput.of(Violation("file", message)) from None


def _csv_row(number: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    values = dict(zip(header, cells, strict=False))
    if len(cells) > len(header):
        return Row(number, values, f"has {len(cells)} cells where the header has {len(header)}")
    return Row(number, values, _not_utf8("".join(cells)))


def _jsonl(path: Path) -> Iterator[Row]:
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _json_row(number, line)


def _json_row(number: int, line: str) -> Row:
    text = line.rstrip("\r\n")
    if problem := _not_utf8(text):
        return Row(number, {"_line": text}, problem)
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return Row(number, {"_line": text}, f"is not JSON: {error}")
    if not isinstance(value, dict):
        return Row(number, {"_line": text}, "is not a JSON object; wanted one object a line")
    return Row(number, value)


def _not_utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"is not UTF-8 at character {error.start}"
    return ""


def _parquet(path: Path) -> Iterator[Row]:
    number = 0
    for batch in _parquet_file(path).iter_batches(batch_size=PARQUET_BATCH):
        for values in batch.to_pylist():
            number += 1
            yield Row(number, {name: value for name, value in values.items() if value is not None})


def _parquet_file(path: Path) -> Any:
    import pyarrow  # only a Parquet file needs it, and it takes a while to load
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        raise InvalidInput.of(Violation("file", f"{path.name!r} is not a Parquet file: {error}")) from None
