"""A server from its start to its drain, as probes, balancers and Prometheus see it."""

import asyncio
import urllib.error
import urllib.request
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from servicekit.health import NOT_SERVING, SERVING, UNKNOWN
from servicekit.server import GrpcServer, MetricsServer, started
from servicekit.settings import ServiceSettings
from tests.fakes_echo import (
    NAME,
    Gate,
    ask,
    calling,
    echo,
    new_metrics,
    plain,
    refusal,
    service,
    serving,
)


async def test_connections_are_renewed_without_a_failed_call() -> None:
    gate = Gate()
    peers: set[str] = set()

    async def peer(request: bytes, servicer_context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        peers.add(servicer_context.peer())
        return request

    mount = service(unary_Peer=peer, unary_Wait=gate.pass_through)
    async with serving(mount, max_connection_age_seconds=0.1) as address, plain(address) as channel:
        long = asyncio.ensure_future(ask(channel, "Wait", b"kept"))
        while len(peers) < 4:
            assert await ask(channel, "Peer", b"x") == b"x"
        gate.opened.set()
        assert await long == b"kept"


async def test_health_by_service_and_its_changes() -> None:
    server = GrpcServer("echo", ServiceSettings(), [service(unary_Echo=echo)], new_metrics())
    seen = []
    async with started([server]) as addresses, plain(addresses["grpc"]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await stub.Check(health_pb2.HealthCheckRequest(service="tests.Nobody"))
        stranger = stub.Watch(health_pb2.HealthCheckRequest(service="tests.Nobody"))
        assert (await stranger.read()).status == UNKNOWN
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=NAME))
        seen.append((await watch.read()).status)
        server.health.set(False, NAME)
        seen.append((await watch.read()).status)
        server.health.set(True, NAME)
        seen.append((await watch.read()).status)
        stopping = asyncio.ensure_future(server.stop())
        while (last := await watch.read()) is not grpc.aio.EOF:
            seen.append(last.status)
        await asyncio.wait_for(stopping, 1)

    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert seen == [SERVING, NOT_SERVING, SERVING, NOT_SERVING]


async def test_reflection_lists_what_is_served() -> None:
    async with serving(service(unary_Echo=echo)) as address, plain(address) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = [each async for each in stub.ServerReflectionInfo(iter([request]))]

    names = {each.name for each in answers[0].list_services_response.service}
    assert names == {NAME, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_reflection_finds_a_method_by_its_full_name() -> None:
    asked = {
        "grpc.health.v1.Health.Check": "file_descriptor_response",
        "grpc.health.v1.Health.Dance": "error_response",
        "grpc.health.v1.Nobody.Check": "error_response",
    }
    async with serving(service()) as address, grpc.aio.insecure_channel(address) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        for symbol, expected in asked.items():
            request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
            answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
            assert [answer.WhichOneof("message_response") for answer in answers] == [expected]


async def test_a_drain_finishes_what_is_in_progress_and_refuses_what_is_new() -> None:
    gate = Gate()
    server = GrpcServer(
        "echo", ServiceSettings(drain_seconds=5), [service(unary_Wait=gate.pass_through)], new_metrics()
    )
    async with started([server]) as addresses, plain(addresses["grpc"]) as channel:
        in_progress = asyncio.ensure_future(ask(channel, "Wait", b"finished"))
        await gate.arrived.wait()
        stopping = asyncio.ensure_future(server.stop())
        async with plain(addresses["grpc"]) as late:
            while (error := await refusal(late, "Wait", timeout=0.2)).code() is not grpc.StatusCode.UNAVAILABLE:
                pass
        assert not server.health.serving(NAME)
        assert not in_progress.done()
        gate.opened.set()
        assert await in_progress == b"finished"
        await asyncio.wait_for(stopping, 2)

    assert error.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_taken_port_is_said_by_the_setting_s_name() -> None:
    async with serving(service(unary_Echo=echo)) as address:
        with pytest.raises(OSError, match=f"grpc_address: cannot listen on {address}"):
            async with serving(service(unary_Echo=echo), grpc_address=address):
                pass


async def test_prometheus_reads_metrics_and_probes_read_health() -> None:
    metrics = new_metrics()
    settings = ServiceSettings()
    grpc_server = GrpcServer("echo", settings, [service(unary_Echo=echo)], metrics)
    metrics_server = MetricsServer(settings, grpc_server.health.serving, metrics.registry)
    async with started([grpc_server, metrics_server]) as addresses, calling(addresses["grpc"]) as channel:
        await ask(channel, "Echo")
        page = await asyncio.to_thread(get, addresses["metrics"], "/metrics")
        alive = await asyncio.to_thread(get, addresses["metrics"], "/healthz")
        grpc_server.health.set(False)
        drained = await asyncio.to_thread(get, addresses["metrics"], "/healthz")
        lost = await asyncio.to_thread(get, addresses["metrics"], "/")

    line = f'grpc_server_handled_total{{grpc_code="OK",grpc_method="Echo",grpc_service="{NAME}",grpc_type="unary"}} 1.0'
    assert (page[0], alive, drained[0], lost[0]) == (200, (200, "ok\n"), 503, 404)
    assert line in page[1].splitlines()


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
