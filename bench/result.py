"""Where a bench leaves what it measured: one JSON line on stdout, the same in bench/results/."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def write_result(
    bench: str, dataset: str | None, protocol: str, metrics: Mapping[str, object], peers: Mapping[str, object]
) -> None:
    """`metrics` and `peers` nest as the issues name them; fractions are 0..1."""
    result = {
        "bench": bench,
        "dataset": dataset,
        "commit": _commit(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": _machine(),
        "protocol": protocol,
        "metrics": metrics,
        "peers": peers,
    }
    RESULTS.mkdir(exist_ok=True)
    name = f"{bench}.{dataset}.json" if dataset else f"{bench}.json"
    (RESULTS / name).write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(result, ensure_ascii=False), flush=True)


def _commit() -> str:
    """Short hash, with `+` where tracked code differs from it."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    command = ["git", "status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.proto"]
    changed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return (head.stdout.strip() or "unknown") + ("+" if changed else "")


def _machine() -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, Python {platform.python_version()}"
