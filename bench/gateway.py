"""`python -m bench.gateway`: p50, p99 and rate of Recommend, Search and Chat (a turn, to its last event) through the
gateway, gRPC and HTTP, at 1, 8 and 32 concurrent, beside a bare grpc.aio echo in the same run. The sample shop,
trained, embedded."""

import argparse
import asyncio
import json
import multiprocessing
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import grpc
import httpx

from bench.load import Call, closed_loop
from bench.result import write_result
from bench.running import Running, running_shop
from sample_shop.events import events
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

if TYPE_CHECKING:
    from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceAsyncStub

CONCURRENCY = (1, 8, 32)
QUERIES = ("red dress", "红色 连衣裙", "rice cooker", "running shoes", "手机 壳", "green tea", "cotton shirt", "台灯")
SAID = (
    "how long does delivery take?",
    "想买一件羊毛衫",
    "do you have running shoes under 500?",
    "退货运费谁出",
    "recommend a gift for my mother",
    "怎么开发票",
)
"""Every turn begins a conversation of its own."""


def _echo_server(port: "multiprocessing.Queue[int]") -> None:
    async def serve() -> None:
        server = grpc.aio.server()
        echo: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_echo)
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("bench.Echo", {"Echo": echo})])
        port.put(server.add_insecure_port("127.0.0.1:0"))
        await server.start()
        await server.wait_for_termination()

    asyncio.run(serve())


async def _echo(request: bytes, _context: object) -> bytes:
    return request


@contextmanager
def echo_server() -> Iterator[str]:
    """A bare grpc.aio server in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    port = spawn.Queue()
    process = spawn.Process(target=_echo_server, args=(port,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{port.get(timeout=30)}"
    finally:
        process.kill()


def visitors() -> list[str]:
    """Shoppers of the sample shop who have a history."""
    from datetime import UTC, datetime

    return sorted({event.visitor_id for event in events(datetime.now(UTC))})


def grpc_calls(stub: "StorefrontServiceAsyncStub", key: str, names: list[str]) -> Mapping[str, Call]:
    metadata = (("x-api-key", key),)

    async def recommend(number: int) -> object:
        asked = recommender.RecommendRequest(visitor_id=names[number % len(names)])
        return await stub.Recommend(pb.RecommendRequest(recommend=asked), metadata=metadata)

    async def search(number: int) -> object:
        asked = recommender.SearchRequest(query=QUERIES[number % len(QUERIES)], visitor_id=names[number % len(names)])
        return await stub.Search(pb.SearchRequest(search=asked), metadata=metadata)

    async def chat(number: int) -> object:
        asked = pb.ChatRequest(visitor_id=names[number % len(names)], text=SAID[number % len(SAID)])
        return [event async for event in stub.Chat(asked, metadata=metadata)]

    return {"recommend": recommend, "search": search, "chat": chat}


def http_calls(client: httpx.AsyncClient, key: str, names: list[str]) -> Mapping[str, Call]:
    async def post(path: str, body: Mapping[str, str]) -> httpx.Response:
        answer = await client.post(path, json=body, headers={"x-api-key": key})
        return answer.raise_for_status()

    async def recommend(number: int) -> object:
        return await post("/v1/recommend", {"visitorId": names[number % len(names)]})

    async def search(number: int) -> object:
        name = names[number % len(names)]
        return await post("/v1/search", {"query": QUERIES[number % len(QUERIES)], "visitorId": name})

    async def chat(number: int) -> object:
        return await post("/v1/chat", {"visitorId": names[number % len(names)], "text": SAID[number % len(SAID)]})

    return {"recommend": recommend, "search": search, "chat": chat}


def echo_call(channel: grpc.aio.Channel) -> Call:
    bare: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/bench.Echo/Echo")

    async def call(_number: int) -> object:
        return await bare(b"x" * 100)

    return call


@asynccontextmanager
async def clients(shop: Running) -> AsyncIterator[tuple["StorefrontServiceAsyncStub", httpx.AsyncClient]]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with (
        grpc.aio.insecure_channel(shop.grpc) as channel,
        httpx.AsyncClient(base_url=f"http://{shop.http}", limits=limits, trust_env=False) as http,
    ):
        yield StorefrontServiceStub(channel), http


async def measure(shop: Running, echo: str, seconds: float) -> dict[str, dict[str, object]]:
    figures: dict[str, dict[str, object]] = {"recommend": {}, "search": {}, "chat": {}, "echo": {}}
    names = visitors()
    async with clients(shop) as (stub, http), grpc.aio.insecure_channel(echo) as channel:
        for concurrency in CONCURRENCY:
            for name, call in grpc_calls(stub, shop.api_key, names).items():
                figures[name][f"c{concurrency}"] = await closed_loop(call, concurrency, seconds)
            for name, call in http_calls(http, shop.api_key, names).items():
                figures[name][f"http_c{concurrency}"] = await closed_loop(call, concurrency, seconds)
            figures["echo"][f"c{concurrency}"] = await closed_loop(echo_call(channel), concurrency, seconds)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--no-train", action="store_true", help="without a ranker")
    parser.add_argument("--home", type=Path, help="a prepared shop's folder, kept (default: a new one, removed)")
    options = parser.parse_args()
    env = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    training = ["--no-train"] if options.no_train else []
    with (
        TemporaryDirectory(prefix="shopkeeper-bench-") as folder,
        echo_server() as echo,
        running_shop("sample", options.home or Path(folder), env, *training) as shop,
    ):
        figures = asyncio.run(measure(shop, echo, options.seconds))
    protocol = f"closed loop, {options.seconds:g} s each, sample shop, embedded, client on the same 2 cores"
    write_result("gateway", None, protocol, json.loads(json.dumps(figures)), {"echo": figures["echo"]})


if __name__ == "__main__":
    main()
