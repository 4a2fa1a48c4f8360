"""How one service asks another: what travels along, what is tried again, and when a peer is left alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from servicekit import context, tracing
from servicekit.clients import PeerPolicy
from servicekit.errors import DeadlineExceeded, InvalidInput, ServiceError, Unavailable, Violation
from servicekit.status import from_rpc_error
from tests.fakes_echo import (
    NAME,
    Flaky,
    Gate,
    ask,
    calling,
    drained,
    echo,
    eventually,
    new_metrics,
    plain,
    refusal,
    relay,
    sample,
    service,
    serving,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@asynccontextmanager
async def two_hops(inner: Callable[..., Any], **settings: Any) -> AsyncIterator[Any]:
    """caller -> Relay -> Inner"""
    async with (
        serving(service(unary_Inner=inner)) as far,
        calling(far, PeerPolicy("inner", timeout_seconds=30)) as onward,
        serving(relay(onward, "Inner"), **settings) as near,
        plain(near) as channel,
    ):
        yield channel


async def test_the_last_service_knows_how_much_time_the_first_caller_left() -> None:
    async def left(request: bytes, _: object) -> bytes:
        return str(context.remaining_seconds()).encode()

    async with two_hops(left, default_deadline_seconds=3) as channel:
        hurried = float(await ask(channel, "Relay", timeout=0.9))
        unhurried = float(await ask(channel, "Relay"))

    assert 0.3 < hurried <= 0.9
    assert 2.4 < unhurried < 3.1


async def test_the_last_service_stops_when_the_first_caller_s_time_is_up() -> None:
    ended = asyncio.Event()

    async def hang(request: bytes, _: object) -> bytes:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return b"never"

    async with two_hops(hang) as channel:
        error = await refusal(channel, "Relay", timeout=0.15)
        await asyncio.wait_for(ended.wait(), 2)

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_request_id_and_trace_reach_the_last_service() -> None:
    async def which(request: bytes, _: object) -> bytes:
        return f"{context.request_id()} {tracing.trace_id()}".encode()

    metadata = (("x-request-id", "basket-3"), ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"))
    async with two_hops(which) as channel:
        assert await ask(channel, "Relay", metadata=metadata) == f"basket-3 {TRACE}".encode()


async def test_a_peer_s_error_passes_two_hops_unchanged() -> None:
    async def fail(request: bytes, _: object) -> bytes:
        raise InvalidInput(
            "no such placement", "PLACEMENT_UNKNOWN", {"value": "cellar"}, (Violation("placement", "x"),)
        )

    async with two_hops(fail) as channel:
        error = from_rpc_error(await refusal(channel, "Relay"))

    assert isinstance(error, InvalidInput)
    assert (error.message, error.reason) == ("no such placement", "PLACEMENT_UNKNOWN")
    assert (error.metadata, error.violations) == ({"value": "cellar"}, (Violation("placement", "x"),))


async def test_an_unreachable_peer_does_not_show_its_address() -> None:
    async with calling("127.0.0.1:1") as channel:
        error = from_rpc_error(await refusal(channel, "Echo"), "recommender")

    assert isinstance(error, Unavailable)
    assert str(error) == "recommender answered UNAVAILABLE"


async def test_a_peer_s_own_failure_stays_internal() -> None:
    async def crash(request: bytes, _: object) -> bytes:
        raise KeyError("shelf")

    async with two_hops(crash) as channel:
        error = await refusal(channel, "Relay")

    assert error.code() is grpc.StatusCode.INTERNAL
    assert type(from_rpc_error(error)) is ServiceError


async def test_an_idempotent_call_is_tried_again_until_the_peer_is_well() -> None:
    flaky, policy = Flaky(failures=2), PeerPolicy("echo", idempotent=[f"{NAME}/Get"], backoff_seconds=0.01)
    async with serving(service(unary_Get=flaky.answer)) as address, calling(address, policy) as channel:
        assert await ask(channel, "Get") == b"well"
    assert flaky.calls == 3


async def test_no_more_than_the_allowed_attempts() -> None:
    flaky, policy = Flaky(failures=99), PeerPolicy("echo", idempotent=[NAME], backoff_seconds=0.01)
    async with serving(service(unary_Get=flaky.answer)) as address, calling(address, policy) as channel:
        error = from_rpc_error(await refusal(channel, "Get"))
    assert flaky.calls == 3
    assert str(error) == "the index is loading"


async def test_what_is_not_idempotent_is_sent_once() -> None:
    flaky, policy = Flaky(failures=1), PeerPolicy("echo", idempotent=[f"{NAME}/Get"], backoff_seconds=0.01)
    async with serving(service(unary_Buy=flaky.answer)) as address, calling(address, policy) as channel:
        assert (await refusal(channel, "Buy")).code() is grpc.StatusCode.UNAVAILABLE
    assert flaky.calls == 1


async def test_a_call_that_took_too_long_is_not_sent_again() -> None:
    gate, policy = Gate(), PeerPolicy("echo", timeout_seconds=0.1, idempotent=[NAME], backoff_seconds=0.01)
    metrics = new_metrics()
    async with (
        serving(service(unary_Get=gate.pass_through), metrics=metrics) as address,
        calling(address, policy) as channel,
    ):
        assert (await refusal(channel, "Get")).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert sample(metrics, "grpc_server_started_total", grpc_type="unary", grpc_service=NAME, grpc_method="Get") == 1


async def test_retries_end_with_the_deadline() -> None:
    flaky = Flaky(failures=99)
    policy = PeerPolicy(
        "echo", timeout_seconds=0.2, idempotent=[NAME], max_attempts=5, backoff_seconds=10, max_backoff_seconds=10
    )
    async with serving(service(unary_Get=flaky.answer)) as address, calling(address, policy) as channel:
        begun = asyncio.get_running_loop().time()
        await refusal(channel, "Get")
        assert asyncio.get_running_loop().time() - begun < 2
    assert flaky.calls == 1


async def test_no_call_goes_out_when_no_time_is_left() -> None:
    flaky = Flaky(failures=0)
    async with serving(service(unary_Get=flaky.answer)) as address, calling(address) as channel:
        with context.entered(timeout_seconds=0), pytest.raises(DeadlineExceeded, match="no time is left to ask echo"):
            await ask(channel, "Get")
    assert flaky.calls == 0


async def test_a_peer_stops_when_nobody_waits_any_more() -> None:
    ended: list[str] = []

    async def hang(request: bytes, _: object) -> bytes:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("unary")
        return b"never"

    async def endless(request: bytes, _: object) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.2)
        finally:
            ended.append("stream")

    async with serving(service(unary_Hang=hang, server_stream_Chat=endless)) as address, calling(address) as channel:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(channel, "Hang"), 0.1)
        await eventually(lambda: ended == ["unary"])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(drained(channel), 0.1)
        await eventually(lambda: ended == ["unary", "stream"])


async def test_calls_go_round_the_replicas_and_round_one_that_left() -> None:
    async def first(request: bytes, _: object) -> bytes:
        return b"first"

    async def second(request: bytes, _: object) -> bytes:
        return b"second"

    async def answers() -> list[bytes]:
        return [await ask(channel, "Who") for _ in range(20)]

    policy = PeerPolicy("echo", idempotent=[NAME])
    async with serving(service(unary_Who=first)) as one:
        async with serving(service(unary_Who=second)) as other, calling(f"ipv4:{one},{other}", policy) as channel:
            await eventually(lambda: both_answer(channel))
            assert (await answers()).count(b"first") == 10
        async with calling(f"ipv4:{one},{other}", policy) as channel:
            assert await answers() == [b"first"] * 20


async def both_answer(channel: Any) -> bool:
    return {await ask(channel, "Who") for _ in range(2)} == {b"first", b"second"}


async def test_a_peer_that_comes_back_at_the_same_address_is_found_again() -> None:
    async with serving(service(unary_Echo=echo)) as address, calling(address) as channel:
        assert await ask(channel, "Echo", b"1") == b"1"
    policy = PeerPolicy("echo", idempotent=[NAME], failures_to_open=1000)
    async with calling(address, policy) as channel:
        assert (await refusal(channel, "Echo")).code() is grpc.StatusCode.UNAVAILABLE
        async with serving(service(unary_Echo=echo), grpc_address=address):
            assert await ask(channel, "Echo", b"2", wait_for_ready=True, timeout=5) == b"2"
