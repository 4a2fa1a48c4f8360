"""A Redis server of a test's own, which may be stopped and killed."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

from bench.broker import free_port
from tests.conftest import missing


class OwnRedis:
    """Keeps nothing but what `save` told it to."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            missing("redis", "no redis-server on PATH")
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        import redis

        options = ["--port", str(self._port), "--dir", str(self._folder), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        client, deadline = redis.Redis.from_url(self.url), time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                client.ping()
                return
            except redis.RedisError:
                time.sleep(0.02)
        raise AssertionError(f"no answer from {self.url}")

    def save(self) -> None:
        """A snapshot, with which it starts again."""
        import redis

        redis.Redis.from_url(self.url).save()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
