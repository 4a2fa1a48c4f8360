"""The rejected-rows file: the rows as they were, in the same format, each with its number and reason."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from shopctl.importing.rows import Row, columns, format_of

ROW, REASON = "rejected_row", "rejected_reason"
PARQUET_BATCH = 500


class RejectedFile:
    """Beside the input as `NAME.rejected.EXT`; made at the first rejected row, so a clean import leaves none.

    What an earlier import of the same file left is removed. A file that is itself a rejected-rows file can be mended
    and imported: the two columns are left out when read.
    """

    def __init__(self, source: Path) -> None:
        bare = source.with_suffix("") if source.suffix.lower() == ".gz" else source
        self.path = bare.with_name(f"{bare.stem}.rejected{bare.suffix}")
        self._source = source
        self._write: Callable[[Mapping[str, Any]], None] | None = None
        self._close: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        if self.path != self._source:
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def add(self, row: Row, reason: str) -> None:
        if self._write is None:
            self._write, self._close = self._open()
        self._write({**row.values, ROW: row.number, REASON: reason})

    def _open(self) -> tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]:
        openers = {"csv": self._open_csv, "jsonl": self._open_jsonl, "parquet": self._open_parquet}
        return openers[format_of(self._source)]()

    def _text(self) -> TextIO:
        return self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")

    def _open_csv(self) -> tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]:
        file = self._text()
        writer = csv.DictWriter(file, [*columns(self._source), ROW, REASON], extrasaction="ignore")
        writer.writeheader()
        return lambda values: writer.writerow(values) and None, file.close

    def _open_jsonl(self) -> tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]:
        file = self._text()

        def write(values: Mapping[str, Any]) -> None:
            file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")

        return write, file.close

    def _open_parquet(self) -> tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]:
        import pyarrow
        import pyarrow.parquet

        schema = pyarrow.parquet.read_schema(self._source)
        schema = schema.append(pyarrow.field(ROW, pyarrow.int64())).append(pyarrow.field(REASON, pyarrow.string()))
        writer = pyarrow.parquet.ParquetWriter(self.path, schema)
        waiting: list[Mapping[str, Any]] = []

        def flush() -> None:
            if waiting:
                writer.write_table(pyarrow.Table.from_pylist(list(waiting), schema=schema))
                waiting.clear()

        def write(values: Mapping[str, Any]) -> None:
            waiting.append(values)
            if len(waiting) >= PARQUET_BATCH:
                flush()

        def close() -> None:
            flush()
            writer.close()

        return write, close
