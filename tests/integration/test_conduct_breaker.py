"""When a failing peer is left alone, and how it is tried again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from servicekit.clients import PeerPolicy
from servicekit.errors import Unavailable
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
    refusal,
    sample,
    service,
    serving,
)


async def test_a_failing_peer_is_left_alone_and_then_tried_with_one_call() -> None:
    flaky, metrics = Flaky(failures=4), new_metrics()
    policy = PeerPolicy("echo", failures_to_open=3, open_seconds=0.4)
    async with serving(service(unary_Get=flaky.answer)) as address, calling(address, policy, metrics) as channel:
        for _ in range(3):
            await refusal(channel, "Get")
        with pytest.raises(Unavailable) as at_once:
            await ask(channel, "Get")
        assert flaky.calls == 3
        assert sample(metrics, "shopkeeper_client_breaker_open", peer="echo") == 1
        await asyncio.sleep(0.45)
        probe = asyncio.ensure_future(refusal(channel, "Get"))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await ask(channel, "Get")
        assert (await probe).code() is grpc.StatusCode.UNAVAILABLE
        assert flaky.calls == 4
        await asyncio.sleep(0.45)
        assert await ask(channel, "Get") == b"well"
        assert await ask(channel, "Get") == b"well"

    assert at_once.value.reason == "CIRCUIT_OPEN"
    assert sample(metrics, "shopkeeper_client_breaker_open", peer="echo") == 0
    labels = {"peer": "echo", "grpc_service": NAME, "grpc_method": "Get"}
    assert sample(metrics, "shopkeeper_client_handled_total", grpc_code="UNAVAILABLE", **labels) == 4
    assert sample(metrics, "shopkeeper_client_handled_total", grpc_code="OK", **labels) == 2


async def test_callers_in_a_hurry_cannot_open_the_breaker() -> None:
    gate = Gate()
    policy = PeerPolicy("echo", timeout_seconds=5, failures_to_open=2)
    mount = service(unary_Wait=gate.pass_through, unary_Echo=echo)
    async with serving(mount) as address, calling(address, policy) as channel:
        for _ in range(4):
            assert (await refusal(channel, "Wait", timeout=0.03)).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await ask(channel, "Echo", b"open") == b"open"


async def test_a_caller_who_leaves_in_the_middle_of_the_probe_does_not_shut_the_peer_out() -> None:
    flaky, gate = Flaky(failures=1), Gate()
    policy = PeerPolicy("echo", failures_to_open=1, open_seconds=0.05)
    mount = service(unary_Get=flaky.answer, unary_Wait=gate.pass_through)
    async with serving(mount) as address, calling(address, policy) as channel:
        await refusal(channel, "Get")
        await asyncio.sleep(0.1)
        probe = asyncio.ensure_future(ask(channel, "Wait"))
        await gate.arrived.wait()
        probe.cancel()
        await asyncio.wait([probe])
        await eventually(lambda: answered(channel))


async def answered(channel: Any) -> bool:
    try:
        return await ask(channel, "Get") == b"well"
    except Unavailable:
        return False


async def test_streams_count_for_the_breaker_too() -> None:
    async def breaks(request: bytes, _: object) -> AsyncIterator[bytes]:
        yield b"one"
        raise Unavailable("the model is gone")

    metrics = new_metrics()
    policy = PeerPolicy("echo", failures_to_open=1, open_seconds=60)
    async with serving(service(server_stream_Chat=breaks)) as address, calling(address, policy, metrics) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await drained(channel)
        await eventually(lambda: sample(metrics, "shopkeeper_client_breaker_open", peer="echo") == 1)
        with pytest.raises(Unavailable):
            await drained(channel)
