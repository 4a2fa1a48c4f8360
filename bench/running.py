"""A whole shop for a bench: `shopctl up` on free ports, in a folder of its own, stopped at the end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Running:
    """Addresses of a shop that answers, and the key that opens it."""

    home: Path
    grpc: str
    http: str
    recommender: str
    api_key: str


@contextmanager
def running_shop(
    shop: str, home: Path, env: Mapping[str, str] | None = None, *options: str, seconds: float = 600
) -> Iterator[Running]:
    """Starts it and waits until it is healthy. Raises RuntimeError with what it said, if it ends instead."""
    command = [sys.executable, "-m", "shopctl", "up", "--shop", shop, "--home", str(home), "--free-ports", *options]
    home.mkdir(parents=True, exist_ok=True)
    said = home / "up.out"
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})})
    try:
        yield _wait(home, process, said, time.monotonic() + seconds)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(home: Path, process: "subprocess.Popen[bytes]", said: Path, deadline: float) -> Running:
    while time.monotonic() < deadline and process.poll() is None:
        run, gateway, recommender = (_read(home / "run" / f"{name}.json") for name in _FILES)
        if run and gateway and recommender and run.get("pid") == process.pid:
            return Running(home, gateway["grpc"], gateway["http"], recommender["grpc"], run.get("api_key", ""))
        time.sleep(0.05)
    raise RuntimeError(f"the shop did not start:\n{said.read_text()[-3000:]}")


_FILES = ("shopctl", "gateway", "recommender")


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found
