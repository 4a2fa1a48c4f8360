"""How often one caller may ask."""

import time

import pytest

from gateway.identity import Caller, Kind
from gateway.limits import MemoryLimiter, RateLimits
from servicekit.errors import Overloaded

VISITOR = Caller(Kind.BROWSER, visitor_id="visitor-1")
NEWCOMER = Caller(Kind.BROWSER, visitor_id="made-up", is_new=True)
TEAM = Caller(Kind.TEAM, team="team")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_permits_come_back_evenly():
    clock = Clock()
    limiter = MemoryLimiter(clock)
    assert [limiter.take("a", 2, 60) for _ in range(2)] == [0, 0]
    assert limiter.take("a", 2, 60) == pytest.approx(30)
    assert limiter.take("b", 2, 60) == 0, "each name has its own"
    clock.now += 30
    assert limiter.take("a", 2, 60) == 0
    assert limiter.take("a", 2, 60) > 0


def test_names_that_rest_are_forgotten():
    clock = Clock()
    limiter = MemoryLimiter(clock, max_names=10)
    for name in range(100):
        clock.now += 61
        limiter.take(str(name), 2, 60)
    assert len(limiter._buckets) <= 11


async def test_a_visitor_who_asks_too_often_is_told_when_to_come_back():
    limits = RateLimits(MemoryLimiter(Clock()), 2, 0, blocking=False)
    await limits.check(VISITOR, "10.0.0.1")
    await limits.check(VISITOR, "10.0.0.2")
    with pytest.raises(Overloaded) as caught:
        await limits.check(VISITOR, "10.0.0.3")
    assert caught.value.retry_after_seconds == pytest.approx(30)
    for _ in range(10):
        await limits.check(TEAM, "10.0.0.1")


async def test_who_throws_away_the_cookie_is_counted_by_address():
    limits = RateLimits(MemoryLimiter(Clock()), 2, 0, blocking=True)
    await limits.check(NEWCOMER, "10.0.0.1")
    await limits.check(NEWCOMER, "10.0.0.1")
    await limits.check(NEWCOMER, "10.0.0.2")
    with pytest.raises(Overloaded):
        await limits.check(NEWCOMER, "10.0.0.1")


async def test_a_store_that_is_gone_stops_nobody_and_is_left_alone_for_a_while():
    class Gone:
        asked = 0

        def take(self, name: str, limit: int, window_seconds: float) -> float:
            self.asked += 1
            raise ConnectionError("no store")

    gone = Gone()
    limits = RateLimits(gone, 1, 1, blocking=True)
    for _ in range(5):
        await limits.check(VISITOR, "")
    assert gone.asked == 1


async def test_a_store_that_hangs_holds_up_nobody():
    class Hanging:
        def take(self, name: str, limit: int, window_seconds: float) -> float:
            time.sleep(1.5)
            return 60.0

    begun = time.monotonic()
    await RateLimits(Hanging(), 1, 1, blocking=True).check(VISITOR, "")
    assert time.monotonic() - begun < 1.2
