"""Progress on standard error: a bar on a terminal, else a line when a stage begins."""

import sys
import time
from typing import TextIO

WIDTH = 30


class Progress:
    """Stages one after the other: `stage` begins one, calling the object makes a step."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stderr
        self._live = self._out.isatty()
        self._label, self._total, self._done = "", 1, 0
        self._started = self._shown = 0.0

    def stage(self, label: str, total: int) -> "Progress":
        self.close()
        self._label, self._total, self._done = label, max(total, 1), 0
        self._started = time.monotonic()
        if not self._live:
            self._out.write(f"{label} ({total})\n")
            self._out.flush()
        return self

    def __call__(self, *_: object) -> None:
        self._done = min(self._done + 1, self._total)
        now = time.monotonic()
        if self._live and (now - self._shown > 0.1 or self._done == self._total):
            self._shown = now
            full = WIDTH * self._done // self._total
            bar = "█" * full + "·" * (WIDTH - full)
            self._out.write(f"\r{self._label:<28} {bar} {self._done}/{self._total} {now - self._started:4.0f} s ")
            self._out.flush()

    def close(self) -> None:
        if self._live and self._label:
            self._out.write("\n")
        self._label = ""
