"""Runs the generator in threads, within the caller's time, and lets copy stream out of them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor

from servicekit import context
from servicekit.metrics import Metrics
from services.generator.checks import Checks
from services.generator.controls import Controls
from services.generator.facts import Source
from services.generator.generator import Copy, Generator, Order, Reply
from services.generator.situations import Ask

_SHARE_OF_DEADLINE = 0.7
"""Of what is left of the caller's time: the rest is for checks, the template and the way back."""


def in_time(seconds: float) -> Callable[[], bool]:
    """Whether there is time to go on: `seconds` from now, or less if the caller waits less."""
    left = context.remaining_seconds()
    end = time.monotonic() + min(seconds, seconds if left is None else left * _SHARE_OF_DEADLINE)
    return lambda: time.monotonic() < end


class Serving:
    """`writers` is for copy, `talkers` for replies, so that a reply never waits for copy."""

    def __init__(
        self,
        generator: Generator,
        writers: Executor,
        talkers: Executor,
        metrics: Metrics,
        writing_seconds: float,
        reply_seconds: float,
    ) -> None:
        self._generator, self._writers, self._talkers, self._metrics = generator, writers, talkers, metrics
        self._writing_seconds, self._reply_seconds = writing_seconds, reply_seconds

    async def write(self, order: Order) -> AsyncGenerator[str | Copy, None]:
        """Sentences as they are found good, then the copy. Who stops listening stops the writing."""
        loop = asyncio.get_running_loop()
        said: asyncio.Queue[str | None] = asyncio.Queue()
        alive, going = [True], in_time(self._writing_seconds)

        def say(text: str) -> None:
            loop.call_soon_threadsafe(said.put_nowait, text)

        working = loop.run_in_executor(self._writers, self._generator.write, order, say, lambda: alive[0] and going())
        working.add_done_callback(lambda _: said.put_nowait(None))
        try:
            while (text := await said.get()) is not None:
                yield text
            copy = await working
            self._count(copy.degradations)
            yield copy
        finally:
            alive[0] = False

    async def evaluate(self, text: str, source: Source, controls: Controls) -> Checks:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, self._generator.evaluate, text, source, controls)

    async def reply(self, ask: Ask) -> Reply:
        loop, going = asyncio.get_running_loop(), in_time(self._reply_seconds)
        reply = await loop.run_in_executor(self._talkers, self._generator.reply, ask, going)
        self._count(reply.degradations)
        return reply

    def _count(self, degradations: tuple[str, ...]) -> None:
        for kind in degradations:
            self._metrics.degradations.labels(kind).inc()
