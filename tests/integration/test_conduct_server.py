"""What a caller meets at any of our services, told over a real server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc

from servicekit import context
from servicekit.errors import InvalidInput, NotFound, Overloaded, Violation
from servicekit.health import SERVING
from tests.fakes_echo import (
    NAME,
    Gate,
    ask,
    calling,
    echo,
    new_metrics,
    plain,
    refusal,
    relay,
    sample,
    service,
    serving,
)


def details(error: grpc.aio.AioRpcError) -> Status:
    return Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])


async def test_a_wrong_field_is_named_in_the_details() -> None:
    async def fail(request: bytes, _: object) -> bytes:
        raise InvalidInput.of(Violation("page_size", "900 is more than 100"), Violation("filter", "unknown word 瓶"))

    async with serving(service(unary_Fail=fail)) as address, calling(address) as channel:
        error = await refusal(channel, "Fail")

    info, bad = ErrorInfo(), BadRequest()
    packed = details(error).details
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert packed[0].Unpack(info)
    assert packed[1].Unpack(bad)
    assert (info.reason, info.domain) == ("INVALID_INPUT", "shopkeeper")
    assert [(v.field, v.description) for v in bad.field_violations] == [
        ("page_size", "900 is more than 100"),
        ("filter", "unknown word 瓶"),
    ]


async def test_an_error_keeps_its_reason_and_metadata() -> None:
    async def fail(request: bytes, _: object) -> bytes:
        raise NotFound("product p9 does not exist", reason="PRODUCT_NOT_FOUND", metadata={"product_id": "p9"})

    async with serving(service(unary_Fail=fail)) as address, calling(address) as channel:
        error = await refusal(channel, "Fail")

    info = ErrorInfo()
    assert details(error).details[0].Unpack(info)
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "product p9 does not exist")
    assert (info.reason, dict(info.metadata)) == ("PRODUCT_NOT_FOUND", {"product_id": "p9"})


async def test_too_many_violations_still_reach_the_caller() -> None:
    async def fail(request: bytes, _: object) -> bytes:
        raise InvalidInput.of(*(Violation(f"events[{i}].visitor_id", "超过一百二十八个字符" * 9) for i in range(500)))

    async with serving(service(unary_Fail=fail)) as address, plain(address) as channel:
        error = await refusal(channel, "Fail")

    info, bad = ErrorInfo(), BadRequest()
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(error).details[0].Unpack(info)
    assert details(error).details[1].Unpack(bad)
    assert len(bad.field_violations) > 5
    assert len(bad.field_violations) + int(info.metadata["violations_omitted"]) == 500


async def test_what_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async def crash(request: bytes, _: object) -> bytes:
        raise RuntimeError("password=hunter2")

    async with serving(service(unary_Crash=crash)) as address, calling(address) as channel:
        error = await refusal(channel, "Crash", metadata=(("x-request-id", "r-7"),))

    info = ErrorInfo()
    assert details(error).details[0].Unpack(info)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "hunter2" not in f"{error.details()} {error.trailing_metadata()}"
    assert info.metadata["request_id"] == "r-7"
    assert "hunter2" in caplog.text


async def test_a_servicer_that_aborts_by_itself_is_left_to_it() -> None:
    async def abort(request: bytes, servicer_context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        await servicer_context.abort(grpc.StatusCode.DATA_LOSS, "two pages are missing")

    metrics = new_metrics()
    async with serving(service(unary_Abort=abort), metrics=metrics) as address, calling(address) as channel:
        error = await refusal(channel, "Abort")

    labels = {"grpc_type": "unary", "grpc_service": NAME, "grpc_method": "Abort"}
    assert (error.code(), error.details()) == (grpc.StatusCode.DATA_LOSS, "two pages are missing")
    assert sample(metrics, "grpc_server_handled_total", grpc_code="DATA_LOSS", **labels) == 1


async def test_every_kind_of_method_is_conducted() -> None:
    async def many(request: bytes, _: object) -> AsyncIterator[bytes]:
        for _each in range(3):
            yield request

    async def writes(request: bytes, servicer_context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        await servicer_context.write(request)

    async def collect(requests: AsyncIterator[bytes], _: object) -> bytes:
        return b"+".join([request async for request in requests])

    async def both(requests: AsyncIterator[bytes], _: object) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request.upper()

    async def letters() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    metrics = new_metrics()
    mount = service(
        unary_Echo=echo,
        server_stream_Many=many,
        server_stream_Writes=writes,
        client_stream_Collect=collect,
        bidi_stream_Both=both,
    )
    async with serving(mount, metrics=metrics) as address, calling(address) as channel:
        assert await ask(channel, "Echo", b"hello") == b"hello"
        assert [each async for each in channel.unary_stream(f"/{NAME}/Many")(b"x")] == [b"x", b"x", b"x"]
        assert [each async for each in channel.unary_stream(f"/{NAME}/Writes")(b"w")] == [b"w"]
        assert await channel.stream_unary(f"/{NAME}/Collect")(letters()) == b"a+b"
        assert [each async for each in channel.stream_stream(f"/{NAME}/Both")(letters())] == [b"A", b"B"]

    def seen(name: str, kind: str, method: str, **more: str) -> float:
        return sample(metrics, name, grpc_type=kind, grpc_service=NAME, grpc_method=method, **more)

    assert seen("grpc_server_started_total", "unary", "Echo") == 1
    assert seen("grpc_server_handled_total", "unary", "Echo", grpc_code="OK") == 1
    assert seen("grpc_server_msg_sent_total", "server_stream", "Many") == 3
    assert seen("grpc_server_msg_received_total", "client_stream", "Collect") == 2
    assert seen("grpc_server_handled_total", "bidi_stream", "Both", grpc_code="OK") == 1
    assert seen("grpc_server_handling_seconds_count", "bidi_stream", "Both") == 1


async def test_a_stream_that_fails_midway_gives_what_came_and_then_the_reason() -> None:
    async def breaks(request: bytes, _: object) -> AsyncIterator[bytes]:
        yield b"first"
        raise NotFound("the second is gone")

    received: list[bytes] = []
    async with serving(service(server_stream_Breaks=breaks)) as address, calling(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await collect_into(received, channel.unary_stream(f"/{NAME}/Breaks")(b""))

    assert received == [b"first"]
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "the second is gone"


async def collect_into(received: list[bytes], stream: AsyncIterator[bytes]) -> None:
    async for each in stream:
        received.append(each)  # noqa: PERF401 (what came before an error must be kept)


async def test_the_request_id_comes_back_and_one_is_made_where_none_is_given() -> None:
    async def which(request: bytes, _: object) -> bytes:
        return context.request_id().encode()

    async with serving(service(unary_Which=which)) as address, plain(address) as channel:
        call = channel.unary_unary(f"/{NAME}/Which")
        given = call(b"", metadata=(("x-request-id", "order-77"),))
        made = call(b"")
        assert await given == b"order-77"
        assert dict(await given.trailing_metadata())["x-request-id"] == "order-77"
        assert len(await made) == 36
        assert dict(await made.trailing_metadata())["x-request-id"] == (await made).decode()


async def test_a_call_without_a_deadline_gets_the_default() -> None:
    async def hang(request: bytes, _: object) -> bytes:
        await asyncio.Event().wait()
        return b"never"

    async with (
        serving(service(unary_Hang=hang), default_deadline_seconds=0.1) as address,
        plain(address) as channel,
    ):
        error = await refusal(channel, "Hang")

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "0.1 s" in str(error.details())


async def test_a_stream_without_a_deadline_has_a_longer_default_and_keeps_what_came() -> None:
    async def endless(request: bytes, _: object) -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    received: list[bytes] = []
    limits: dict[str, Any] = {"default_deadline_seconds": 0.01, "default_stream_deadline_seconds": 0.2}
    mount = service(server_stream_Endless=endless)
    async with serving(mount, **limits) as address, plain(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await collect_into(received, channel.unary_stream(f"/{NAME}/Endless")(b""))

    assert received == [b"first"]
    assert (caught.value.code(), "0.2 s" in str(caught.value.details())) == (grpc.StatusCode.DEADLINE_EXCEEDED, True)


async def test_a_caller_who_gives_up_is_counted_as_such() -> None:
    metrics, gate = new_metrics(), Gate()
    mount = service(unary_Wait=gate.pass_through)
    async with serving(mount, metrics=metrics) as address, plain(address) as channel:
        late = await refusal(channel, "Wait", timeout=0.3)
        gate.arrived.clear()
        call = channel.unary_unary(f"/{NAME}/Wait")(b"")
        await gate.arrived.wait()
        call.cancel()

    labels = {"grpc_type": "unary", "grpc_service": NAME, "grpc_method": "Wait"}
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert sample(metrics, "grpc_server_handled_total", grpc_code="DEADLINE_EXCEEDED", **labels) == 1
    assert sample(metrics, "grpc_server_handled_total", grpc_code="CANCELLED", **labels) == 1


async def test_more_calls_than_admitted_are_told_when_to_come_back() -> None:
    gate = Gate()
    mount = service(unary_Wait=gate.pass_through)
    async with serving(mount, max_concurrent_calls=1) as address, plain(address) as channel:
        first = asyncio.ensure_future(ask(channel, "Wait", b"served"))
        await gate.arrived.wait()
        error = await refusal(channel, "Wait")
        gate.opened.set()
        assert await first == b"served"
        assert await ask(channel, "Wait", b"later") == b"later"

    info, retry = ErrorInfo(), RetryInfo()
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details(error).details[0].Unpack(info)
    assert details(error).details[1].Unpack(retry)
    assert info.reason == "TOO_MANY_CALLS"
    assert retry.retry_delay.ToMilliseconds() == 1000


async def test_overload_of_a_domain_keeps_its_delay() -> None:
    async def busy(request: bytes, _: object) -> bytes:
        raise Overloaded("at most 5 imports an hour", retry_after_seconds=12.5)

    async with serving(service(unary_Busy=busy)) as address, calling(address) as channel:
        error = await refusal(channel, "Busy")

    retry = RetryInfo()
    assert details(error).details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 12_500


async def test_only_holders_of_a_key_are_let_in_and_they_are_known_by_name() -> None:
    async def who(request: bytes, _: object) -> bytes:
        return context.caller().encode()

    keys: dict[str, Any] = {"api_keys": "gateway:s3cret-of-gateway, reports:s3cret-of-reports"}
    async with serving(service(unary_Who=who), **keys) as address, plain(address) as channel:
        assert await ask(channel, "Who", metadata=(("x-api-key", "s3cret-of-reports"),)) == b"reports"
        missing = await refusal(channel, "Who")
        wrong = await refusal(channel, "Who", metadata=(("x-api-key", "s3cret-of-nobody"),))
        stub: Any = health_pb2_grpc.HealthStub(channel)
        probe = await stub.Check(health_pb2.HealthCheckRequest(service=NAME))
        async with calling(address, peer_api_key="s3cret-of-gateway") as service_of_ours:
            assert await ask(service_of_ours, "Who") == b"gateway"

    infos = [ErrorInfo(), ErrorInfo()]
    assert details(missing).details[0].Unpack(infos[0])
    assert details(wrong).details[0].Unpack(infos[1])
    assert missing.code() is wrong.code() is grpc.StatusCode.UNAUTHENTICATED
    assert [info.reason for info in infos] == ["API_KEY_MISSING", "API_KEY_INVALID"]
    assert probe.status == SERVING


async def test_a_peer_s_refusal_of_our_own_key_is_not_the_caller_s_fault(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    async with (
        serving(service(unary_Echo=echo), api_keys="gateway:s3cret-of-gateway") as inner,
        calling(inner, peer_api_key="not-the-key") as onward,
        serving(relay(onward, "Echo")) as outer,
        calling(outer) as channel,
    ):
        error = await refusal(channel, "Relay")

    assert error.code() is grpc.StatusCode.INTERNAL
    assert "refused by a peer: the API key is not known here" in caplog.text
