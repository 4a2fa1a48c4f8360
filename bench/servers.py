"""The real servers that benches use: a broker of their own from KAFKA_HOME, Redis at its usual place."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.broker import Broker


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
    with tempfile.TemporaryDirectory(prefix="shopkeeper-bench-") as folder, _kafka(Path(folder)) as kafka_url:
        yield Servers(Path(folder), kafka_url, _redis())


def _redis() -> str:
    import redis

    url = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/8")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return ""
    return url


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
