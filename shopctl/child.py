"""One process that a supervisor started: its log, whether it is ready, how it ended."""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from shopctl.processes import Process
from shopctl.shop import read_json

CHECK = "/grpc.health.v1.Health/Check"
POLL_SECONDS = 0.05
LAST_LINES = 15
MAX_LINE = 500


class Died(Exception):
    """A process ended before it was ready."""


class Child:
    """Started again and again under one name; every start appends to the same log."""

    def __init__(self, process: Process, home: Path, env: Mapping[str, str]) -> None:
        self.process, self.env = process, dict(env)
        self._home = home
        self._running: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self.ready: Mapping[str, str] = {}
        """What the process said of itself when it was ready: its addresses by kind."""

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def pid(self) -> int:
        return self._running.pid if self._running else 0

    @property
    def log_file(self) -> Path:
        return self.process.log_file(self._home)

    async def start(self) -> None:
        """In a session of its own, so that Ctrl-C reaches the supervisor alone, which ends them in order."""
        self.process.ready_file(self._home).unlink(missing_ok=True)
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self._running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.process.module,
                env=self.env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def wait_ready(self, timeout_seconds: float) -> None:
        """Until the ready file is there and gRPC health says SERVING. Raises Died or TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while not await self._is_ready():
                if self._running is None or self._running.returncode is not None:
                    raise Died(self.ending())
                await asyncio.sleep(POLL_SECONDS)

    async def _is_ready(self) -> bool:
        return self._said_ready() and await healthy(self.ready.get("grpc", ""), self.env, self.process.prefix)

    def _said_ready(self) -> bool:
        said = read_json(self.process.ready_file(self._home))
        if said.get("pid") != self.pid:
            return False
        self.ready = {key: str(value) for key, value in said.items()}
        return True

    async def ended(self) -> str:
        """Waits for the end; returns it in words."""
        if self._running is not None:
            await self._running.wait()
        return self.ending()

    def ending(self) -> str:
        code = self._running.returncode if self._running else None
        if code is None:
            return "is running"
        if code >= 0:
            return f"exited with code {code}"
        return f"was ended by {signal.Signals(-code).name}"

    def last_lines(self) -> list[str]:
        """What it logged last since it was started, for people."""
        with suppress(OSError), self.log_file.open("rb") as log:
            log.seek(self._log_start)
            tail = log.read()[-64_000:].decode(errors="replace")
            return [line for text in tail.splitlines()[-LAST_LINES:] for line in readable(text)]
        return []

    async def stop(self, drain_seconds: float) -> None:
        """SIGTERM; SIGKILL for it and all it started if it takes longer than it may."""
        running = self._running
        if running is None or running.returncode is not None:
            return
        with suppress(ProcessLookupError):
            running.terminate()
        try:
            await asyncio.wait_for(running.wait(), drain_seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                running.kill()
            await running.wait()


def readable(line: str) -> list[str]:
    """A JSON log line as time, level, message and what was raised; any other line as it is."""
    try:
        said = json.loads(line)
        text = f"{said['time'][11:19]} {said['level']} {' '.join(str(said['message']).split())}"
    except (ValueError, KeyError, TypeError):
        return [line[:MAX_LINE]]
    raised = str(said.get("exception", "")).strip().splitlines()[-1:]
    return [text[:MAX_LINE], *(f"  {each}"[:MAX_LINE] for each in raised)]


async def healthy(address: str, env: Mapping[str, str], prefix: str) -> bool:
    """Whether grpc.health.v1 at the address says SERVING. A process without gRPC is healthy once it said ready."""
    if not address:
        return True
    async with _channel(address, env, prefix) as channel:
        try:
            check: Any = channel.unary_unary(CHECK, response_deserializer=health_pb2.HealthCheckResponse.FromString)
            answer = await check(health_pb2.HealthCheckRequest().SerializeToString(), timeout=1.0)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _channel(address: str, env: Mapping[str, str], prefix: str) -> grpc.aio.Channel:
    options = [("grpc.enable_http_proxy", 0)]
    cert = env.get(f"{prefix}TLS_CERT_FILE")
    if not cert:
        return grpc.aio.insecure_channel(address, options)
    chain, key = Path(cert).read_bytes(), Path(env[f"{prefix}TLS_KEY_FILE"]).read_bytes()
    trusted = env.get(f"{prefix}TLS_CLIENT_CA_FILE")
    roots = Path(trusted).read_bytes() if trusted else chain
    credentials = grpc.ssl_channel_credentials(roots, key, chain)
    return grpc.aio.secure_channel(address, credentials, options)
