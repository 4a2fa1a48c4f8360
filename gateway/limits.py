"""How often one caller may ask: permits a minute, kept in memory when embedded, in the state store when shared."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import Protocol

from gateway.identity import Caller, Kind
from servicekit.errors import Overloaded

WINDOW_SECONDS = 60.0
PATIENCE_SECONDS = 0.5
SILENCE_SECONDS = 5.0

log = logging.getLogger(__name__)


class Limiter(Protocol):
    """Grants permits. `servicekit.state.StateStore` is one."""

    def take(self, name: str, limit: int, window_seconds: float) -> float:
        """One of `limit` permits a window. Returns 0 if granted, else seconds to wait."""


class MemoryLimiter:
    """Token buckets of one process: `limit` permits at once, refilled evenly over the window."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, max_names: int = 100_000) -> None:
        self._clock = clock
        self._max_names = max_names
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str, limit: int, window_seconds: float) -> float:
        now = self._clock()
        permits, since = self._buckets.get(name, (float(limit), now))
        permits = min(float(limit), permits + (now - since) * limit / window_seconds)
        granted = permits >= 1
        self._buckets[name] = (permits - 1 if granted else permits, now)
        if len(self._buckets) > self._max_names:
            self._forget_full(now - window_seconds)
        return 0.0 if granted else (1 - permits) * window_seconds / limit

    def _forget_full(self, before: float) -> None:
        """Buckets untouched for a window are full again, so forgetting them changes nothing."""
        kept = {name: bucket for name, bucket in self._buckets.items() if bucket[1] > before}
        self._buckets = dict(list(kept.items())[-self._max_names // 2 :])


class RateLimits:
    """Counts each caller against their share. A store that does not answer in time stops nobody: it is logged, and
    left alone for a while."""

    def __init__(self, limiter: Limiter, shopper_per_minute: int, team_per_minute: int, *, blocking: bool) -> None:
        self._limiter = limiter
        self._shopper_per_minute = shopper_per_minute
        self._team_per_minute = team_per_minute
        self._blocking = blocking
        self._silent_until = 0.0

    async def check(self, caller: Caller, address: str) -> None:
        """Raises Overloaded, with when to come back. `address` stands for a browser that has no cookie yet."""
        limit = self._team_per_minute if caller.kind is Kind.TEAM else self._shopper_per_minute
        if limit and (wait := await self._take(_name(caller, address), limit)) > 0:
            raise Overloaded(
                f"more than {limit} requests a minute; come back in {math.ceil(wait)} s",
                "RATE_LIMIT_EXCEEDED",
                retry_after_seconds=wait,
            )

    async def _take(self, name: str, limit: int) -> float:
        if not self._blocking:
            return self._limiter.take(name, limit, WINDOW_SECONDS)
        if time.monotonic() < self._silent_until:
            return 0.0
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.to_thread(self._limiter.take, name, limit, WINDOW_SECONDS)
        except Exception:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            log.exception("rate limits are not counted for %g s: the state store does not answer", SILENCE_SECONDS)
            return 0.0


def _name(caller: Caller, address: str) -> str:
    if caller.kind is Kind.TEAM:
        return f"rate:team:{caller.team}"
    if caller.is_new:
        return f"rate:address:{address}"
    return f"rate:user:{caller.user_id}" if caller.user_id else f"rate:visitor:{caller.visitor_id}"
