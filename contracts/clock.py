"""What time it is in the shop: the wall's, or, where history has ended, the newest event's and on from there."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from servicekit.settings import ShopSettings
from servicekit.state.store import StateStore

NEWEST_EVENT = "clock"
"""The maximum in the state store that the recommender's consumer keeps."""

Clock = Callable[[], Awaitable[int]]
"""Milliseconds since 1970 UTC."""


async def wall() -> int:
    return time.time_ns() // 1_000_000


class LogClock:
    """Goes on from the newest event at the pace of the wall, so that what shoppers do now comes after history."""

    def __init__(self, state: StateStore, wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._state = state
        self._wall_ms = wall_ms
        self._behind_ms: int | None = None

    async def __call__(self) -> int:
        newest = await asyncio.to_thread(self._state.maximum, NEWEST_EVENT)
        wall_ms = self._wall_ms()
        if not newest:
            return wall_ms
        behind = wall_ms - newest
        self._behind_ms = behind if self._behind_ms is None else min(self._behind_ms, behind)
        return wall_ms - self._behind_ms


def shop_clock(shop: ShopSettings, state: StateStore) -> Clock:
    return LogClock(state) if shop.clock == "log" else wall
