"""A circuit breaker: after several failures in a row a peer is left alone for a while, then tried with one call.

Nygard, Release It!, 2nd ed., chapter 5.
"""

import time
from collections.abc import Callable


class Breaker:
    """Closed, open or half-open. Used by one event loop, or under a lock."""

    def __init__(self, failures_to_open: int, open_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures_to_open
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def closed(self) -> bool:
        return self._opened_at is None

    def allow(self) -> bool:
        """Whether a call may go. In half-open state this takes the only probe: report its end with a method below."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() - self._opened_at < self._open_seconds:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        self._failures += 1
        if self._probing or (self.closed and self._failures >= self._limit):
            self._opened_at, self._probing = self._clock(), False

    def abandoned(self) -> None:
        """The call ended without saying anything of the peer (it was cancelled here)."""
        self._probing = False
