"""What keeps a shop's processes running, over real processes that are quick to start."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from servicekit.errors import Unavailable
from shopctl.child import Child, healthy
from shopctl.processes import Address, PortTaken, Process, choose_addresses
from shopctl.shop import read_json
from shopctl.supervisor import Supervisor

ECHO = Process("echo", "tests.echo_process", (Address("ECHO_GRPC_ADDRESS", "echo", "127.0.0.1:0"),))
STUBBORN = Process("stubborn", "tests.fakes_stubborn", ())


class Terminal:
    """What the person at the terminal is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def say(self, text: str) -> None:
        self.lines.append(text)
        self._more.set()

    async def hears(self, words: str, times: int = 1) -> str:
        async with asyncio.timeout(30):
            while len(heard := [line for line in self.lines if words in line]) < times:
                self._more.clear()
                await self._more.wait()
        return heard[-1]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
async def supervisor(tmp_path: Path, terminal: Terminal) -> AsyncIterator[Supervisor]:
    made = Supervisor(tmp_path, terminal.say, drain_seconds=1.0)
    yield made
    await made.stop()


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "ECHO_READY_FILE": str(ECHO.ready_file(home)), "ECHO_GRPC_ADDRESS": "127.0.0.1:0", **more}


async def start(supervisor: Supervisor, home: Path, **more: str) -> Child:
    return await supervisor.start(ECHO, environment(home, **more))


async def test_started_means_that_it_answers_and_stopped_that_it_drained(tmp_path: Path, terminal: Terminal) -> None:
    supervisor = Supervisor(tmp_path, terminal.say)
    child = await start(supervisor, tmp_path)
    assert await healthy(child.ready["grpc"], {}, "ECHO_")
    await supervisor.stop()
    assert not await healthy(child.ready["grpc"], {}, "ECHO_")
    assert child.ending() == "exited with code 0"
    assert not ECHO.ready_file(tmp_path).exists()
    assert terminal.lines == []


async def test_a_killed_process_is_named_and_comes_back_where_it_was(
    tmp_path: Path, supervisor: Supervisor, terminal: Terminal
) -> None:
    child = await start(supervisor, tmp_path)
    address, first = child.ready["grpc"], child.pid
    os.kill(first, signal.SIGKILL)
    told = await terminal.hears("SIGKILL")
    assert told.startswith("echo was ended by SIGKILL")
    assert "INFO serving gRPC" in told
    assert str(ECHO.log_file(tmp_path)) in told
    await terminal.hears("echo is back")
    assert child.pid != first
    assert read_json(ECHO.ready_file(tmp_path))["pid"] == child.pid
    assert await healthy(address, {}, "ECHO_")


async def test_one_that_dies_again_and_again_is_given_longer_each_time(
    tmp_path: Path, supervisor: Supervisor, terminal: Terminal
) -> None:
    child = await start(supervisor, tmp_path)
    child.env["ECHO_FAULT"] = "late"
    os.kill(child.pid, signal.SIGTERM)
    assert "starting it again in 0.5 s" in await terminal.hears("exited with code 1; starting")
    assert "the log's disk is full" in terminal.lines[-1]


async def test_one_that_never_gets_ready_fails_the_start_with_its_last_words(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    missing = Process("missing", "tests.no_such_module", ())
    with pytest.raises(Unavailable, match=r"missing exited with code 1 before it was ready(.|\n)*No module named"):
        await supervisor.start(missing, dict(os.environ))


async def test_one_that_ignores_sigterm_is_killed_after_its_drain_time(tmp_path: Path) -> None:
    child = Child(STUBBORN, tmp_path, {**os.environ, "STUBBORN_READY_FILE": str(STUBBORN.ready_file(tmp_path))})
    await child.start()
    await child.wait_ready(20)
    await child.stop(0.2)
    assert child.ending() == "was ended by SIGKILL"


def test_a_default_port_that_is_taken_is_replaced_and_said(terminal: Terminal) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        process = Process("web", "web", (Address("WEB_ADDRESS", "web", taken),))
        chosen = choose_addresses(process, {}, False, terminal.say)["WEB_ADDRESS"]
        assert chosen != taken
        assert terminal.lines == [f"port {taken.split(':')[1]} (web) is in use; taking {chosen.split(':')[1]} instead"]
        with pytest.raises(PortTaken, match=f"WEB_ADDRESS={taken}: that port is in use"):
            choose_addresses(process, {"WEB_ADDRESS": taken}, False, terminal.say)
    assert choose_addresses(process, {}, False, terminal.say)["WEB_ADDRESS"] == taken


def up(home: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "shopctl", "up", "--shop", "none", "--home", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env={**os.environ, **env})


def test_up_says_what_is_missing_and_fails(tmp_path: Path) -> None:
    done = up(
        tmp_path, SHOP_STATE_URL="redis://127.0.0.1:1/0", SHOP_RECORDS_URL="postgresql+psycopg://u:pw@127.0.0.1:1/x"
    )
    assert done.returncode == 1
    assert "Redis does not answer at redis://127.0.0.1:1/0 (SHOP_STATE_URL)" in done.stderr
    assert "PostgreSQL does not answer at postgresql+psycopg://u:***@127.0.0.1:1/x (SHOP_RECORDS_URL)" in done.stderr
    assert "Traceback" not in done.stderr

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        done = up(tmp_path, GATEWAY_HTTP_ADDRESS=taken)
    assert (done.returncode, done.stderr) == (1, f"error: GATEWAY_HTTP_ADDRESS={taken}: that port is in use\n")

    (tmp_path / "file").write_text("")
    done = up(tmp_path / "file" / "home")
    assert done.returncode == 1
    assert "cannot be used: Not a directory" in done.stderr
