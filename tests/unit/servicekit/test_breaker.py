"""When a peer is left alone, and how it is let back in."""

from dataclasses import dataclass

from servicekit.breaker import Breaker


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(failures_to_open=3, open_seconds=10, clock=clock)
    for _ in range(3):
        assert breaker.allow()
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = opened(Clock())
    assert not breaker.closed
    assert not breaker.allow()


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(failures_to_open=2, open_seconds=10)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allow()


def test_when_the_time_is_up_one_call_goes_and_no_second() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 9.9
    assert not breaker.allow()
    clock.now += 0.2
    assert breaker.allow()
    assert not breaker.allow()


def test_a_probe_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 11
    breaker.allow()
    breaker.succeeded()
    assert breaker.closed
    assert breaker.allow()
    assert breaker.allow()


def test_a_probe_that_fails_opens_it_for_the_whole_time_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 11
    breaker.allow()
    breaker.failed()
    clock.now += 9
    assert not breaker.allow()
    clock.now += 2
    assert breaker.allow()


def test_a_probe_that_says_nothing_lets_the_next_call_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 11
    breaker.allow()
    breaker.abandoned()
    assert breaker.allow()


def test_calls_that_began_before_it_opened_do_not_prolong_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 9
    breaker.failed()
    clock.now += 2
    assert breaker.allow()
