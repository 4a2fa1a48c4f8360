"""The life of a process, from its ready file to its drain, seen from outside."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.fakes_echo import ask, eventually, plain, service, serving

ROOT = Path(__file__).parents[2]


class Process:
    """What a supervisor knows of it."""

    def __init__(self, running: asyncio.subprocess.Process, ready_file: Path) -> None:
        self.running = running
        self.ready_file = ready_file

    async def ready(self) -> Mapping[str, Any]:
        await eventually(self.ready_file.exists)
        content: Mapping[str, Any] = json.loads(self.ready_file.read_text())
        return content

    async def says(self, line: str) -> None:
        assert self.running.stdout is not None
        assert await self.running.stdout.readline() == f"{line}\n".encode()

    async def end(self) -> list[dict[str, Any]]:
        """The lines that it logged, once it has ended."""
        _, logged = await self.running.communicate()
        return [json.loads(line) for line in logged.decode().splitlines() if line.startswith("{")]


@asynccontextmanager
async def process(folder: Path, **settings: str) -> AsyncIterator[Process]:
    ready_file = folder / "run" / "echo.json"
    given = {f"ECHO_{key.upper()}": value for key, value in settings.items()}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.echo_process",
        cwd=ROOT,
        env={**os.environ, **given, "ECHO_READY_FILE": str(ready_file)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(running, ready_file)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_a_process_says_where_it_listens_and_drains_when_told_to_end(tmp_path: Path) -> None:
    async with process(tmp_path) as echo:
        ready = await echo.ready()
        async with plain(ready["grpc"]) as channel:
            in_progress = asyncio.ensure_future(ask(channel, "Slow", b"kept", metadata=(("x-request-id", "r-1"),)))
            await echo.says("serving")
            echo.running.terminate()
            assert await in_progress == b"kept"
        logged = await echo.end()

    assert (ready["service"], ready["pid"]) == ("echo", echo.running.pid)
    assert set(ready) == {"service", "pid", "grpc", "metrics"}
    assert echo.running.returncode == 0
    assert not echo.ready_file.exists()
    served = next(line for line in logged if line["logger"] == "echo")
    assert (served["service"], served["level"], served["request_id"]) == ("echo", "INFO", "r-1")
    assert (served["message"], served["phone"], served["bytes"]) == ("serving [email]", "[phone]", 4)
    assert len(served["trace_id"]) == 32
    assert logged[-1]["message"] == "stopped"


async def test_spans_reach_the_collector_below_the_caller_s(tmp_path: Path) -> None:
    received: list[ExportTraceServiceRequest] = []

    async def export(request: bytes, _: object) -> bytes:
        received.append(ExportTraceServiceRequest.FromString(request))
        return b""

    trace_id, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    collector = service("opentelemetry.proto.collector.trace.v1.TraceService", unary_Export=export)
    async with serving(collector) as address, process(tmp_path, otlp_endpoint=f"http://{address}") as echo:
        ready = await echo.ready()
        async with plain(ready["grpc"]) as channel:
            await ask(channel, "Echo", metadata=(("traceparent", f"00-{trace_id}-{caller}-01"),))
        echo.running.terminate()
        await echo.end()

    spans = [
        span for request in received for of in request.resource_spans for in_ in of.scope_spans for span in in_.spans
    ]
    resource = {each.key: each.value.string_value for each in received[0].resource_spans[0].resource.attributes}
    assert [(span.name, span.trace_id.hex(), span.parent_span_id.hex()) for span in spans] == [
        ("tests.Echo/Echo", trace_id, caller)
    ]
    assert resource["service.name"] == "echo"


async def test_a_collector_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    async with process(tmp_path, otlp_endpoint="http://127.0.0.1:1") as echo:
        ready = await echo.ready()
        async with plain(ready["grpc"]) as channel:
            assert await ask(channel, "Echo", b"served") == b"served"
        echo.running.terminate()
        await asyncio.wait_for(echo.end(), 5)

    assert echo.running.returncode == 0


async def test_a_part_that_fails_ends_the_process_with_its_error(tmp_path: Path) -> None:
    async with process(tmp_path, fault="late") as echo:
        _, errors = await echo.running.communicate()

    assert echo.running.returncode == 1
    assert b"OSError: the log's disk is full" in errors
    assert not echo.ready_file.exists()


async def test_a_process_told_to_end_while_it_starts_ends(tmp_path: Path) -> None:
    async with process(tmp_path, fault="start") as echo:
        await echo.says("starting")
        echo.running.terminate()
        await echo.says("stopped")
        await echo.end()

    assert echo.running.returncode == 0
    assert not echo.ready_file.exists()


@pytest.mark.parametrize(("key", "said"), [("api_keys", "pair 1 must be name:key"), ("metrics_address", "host:port")])
async def test_a_setting_that_makes_no_sense_is_said_at_once(tmp_path: Path, key: str, said: str) -> None:
    async with process(tmp_path, **{key: "nonsense"}) as echo:
        _, errors = await echo.running.communicate()

    assert echo.running.returncode == 1
    assert said.encode() in errors
