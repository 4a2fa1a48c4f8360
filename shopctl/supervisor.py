"""Starts a shop's processes in order, keeps them running, and ends them in the opposite order."""

import asyncio
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from servicekit.errors import Unavailable
from shopctl.child import Child, Died
from shopctl.processes import Process

READY_SECONDS = 120.0
KILL_AFTER_SECONDS = 5.0
"""Beyond the drain time that the process itself was given."""
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0
"""A process that ran so long begins the waiting times anew."""
FULL_BYTES = 1024 * 1024


class Supervisor:
    """`say` is told, by the process's name, whatever a person at the terminal should know."""

    def __init__(self, home: Path, say: Callable[[str], None], drain_seconds: float = 10.0) -> None:
        self._home, self._say, self._drain_seconds = home, say, drain_seconds
        self._children: list[Child] = []
        self._watches: list[asyncio.Task[None]] = []
        self._changed: Callable[[], None] = lambda: None

    @property
    def children(self) -> Sequence[Child]:
        return self._children

    def on_change(self, heard: Callable[[], None]) -> None:
        """`heard` is called when a process was started again: its id is another."""
        self._changed = heard

    async def start(self, process: Process, env: Mapping[str, str]) -> Child:
        """Waits until it is ready. Raises Unavailable with its last log lines if it ends or takes too long."""
        child = Child(process, self._home, env)
        self._children.append(child)
        await child.start()
        try:
            await child.wait_ready(READY_SECONDS)
        except (Died, TimeoutError) as error:
            what = str(error) or f"was not ready within {READY_SECONDS:.0f} s"
            raise Unavailable(_told(child, f"{what} before it was ready"), "PROCESS_DIED") from None
        self._pin_addresses(child)
        self._watches.append(asyncio.create_task(self._watch(child)))
        return child

    async def stop(self) -> None:
        """Last started, first ended: the gateway drains while the services that it needs still answer."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        for child in reversed(self._children):
            await child.stop(self._drain_seconds + KILL_AFTER_SECONDS)

    async def _watch(self, child: Child) -> None:
        failures, began = 0, time.monotonic()
        while True:
            ending = await child.ended()
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures
            wait = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
            self._say(_told(child, f"{ending}; starting it again in {wait:g} s"))
            await asyncio.sleep(wait)
            failures, began = failures + 1, time.monotonic()
            await self._restart(child)

    async def _restart(self, child: Child) -> None:
        try:
            await child.start()
            self._changed()
            await child.wait_ready(READY_SECONDS)
        except Died:
            return
        except TimeoutError:
            self._say(f"{child.name} was not ready within {READY_SECONDS:.0f} s; ending it")
            await child.stop(KILL_AFTER_SECONDS)
        except OSError as error:
            self._say(f"{child.name} could not be started: {error}")
        else:
            self._say(f"{child.name} is back (pid {child.pid})")

    def _pin_addresses(self, child: Child) -> None:
        """Started again, it listens where it listened: others hold its address."""
        kinds = {"grpc": "GRPC_ADDRESS", "http": "HTTP_ADDRESS", "metrics": "METRICS_ADDRESS"}
        for kind, variable in kinds.items():
            if kind in child.ready:
                child.env[child.process.prefix + variable] = child.ready[kind]


def _told(child: Child, what: str) -> str:
    lines = child.last_lines()
    log = child.log_file
    if shutil.disk_usage(log.parent).free < FULL_BYTES:
        what += f" (the disk of {log.parent} is full)"
    shown = "\n".join(f"    {line}" for line in lines) if lines else "    (it logged nothing)"
    return f"{child.name} {what}. Its last lines ({log}):\n{shown}"
