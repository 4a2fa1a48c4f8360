"""The real servers that benches use: a broker from KAFKA_HOME and a Redis, each of their own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.broker import Broker, free_port


@dataclass(frozen=True)
class Servers:
    """`kafka_url` and `redis_url` are empty where the server is not there."""

    folder: Path
    kafka_url: str
    redis_url: str

    def pairs(self) -> list[tuple[str, str, str]]:
        """(name, events URL, state URL) of each way to run that this machine has."""
        found = [("embedded", f"sqlite:///{self.folder}/events.db", f"sqlite:///{self.folder}/state.db")]
        if self.kafka_url and self.redis_url:
            found.append(("kafka_redis", self.kafka_url, self.redis_url))
        return found


@contextmanager
def servers() -> Iterator[Servers]:
    """Starts what can be started, and stops it at the end."""
    with tempfile.TemporaryDirectory(prefix="shopkeeper-bench-") as name:
        folder = Path(name)
        with _kafka(folder) as kafka_url, _redis(folder) as redis_url:
            yield Servers(folder, kafka_url, redis_url)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """REDIS_URL if one is given (an empty database!); else one's own server; else empty."""
    url = os.environ.get("REDIS_URL", "")
    if url or shutil.which("redis-server") is None:
        yield url
        return
    port = free_port()
    options = ["--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _kafka(folder: Path) -> Iterator[str]:
    """KAFKA_URL if a broker is running; else one is started from KAFKA_HOME; else empty."""
    url, home = os.environ.get("KAFKA_URL", ""), os.environ.get("KAFKA_HOME", "")
    if url or not home:
        yield url
        return
    broker = Broker(Path(home), folder / "kafka")
    broker.format()
    broker.start()
    try:
        yield broker.url
    finally:
        broker.kill()
