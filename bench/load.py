"""Closed-loop load: so many callers, each asking again as soon as it is answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import numpy as np

Call = Callable[[int], Awaitable[object]]
"""One call; the number tells which of all calls it is."""


async def closed_loop(call: Call, concurrency: int, seconds: float, warm_up: int = 50) -> dict[str, float]:
    """`p50_ms`, `p99_ms` and `rps` of `concurrency` callers over that time, after some calls that do not count."""
    for number in range(warm_up):
        await call(number)
    times: list[float] = []
    started = time.perf_counter()
    until = started + seconds

    async def caller(first: int) -> None:
        number = first
        while (begun := time.perf_counter()) < until:
            await call(number)
            times.append(time.perf_counter() - begun)
            number += concurrency

    await asyncio.gather(*(caller(first) for first in range(concurrency)))
    elapsed = time.perf_counter() - started
    p50, p99 = np.percentile(np.array(times) * 1000, [50, 99])
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2), "rps": round(len(times) / elapsed, 1)}
