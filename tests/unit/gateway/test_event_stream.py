"""Server-sent events as they go out, before a reader made by hand."""

import asyncio
from collections.abc import AsyncGenerator

from google.protobuf.message import Message

from gateway.event_stream import PING, EventStream, begun
from servicekit.errors import Conflict
from shopkeeper.gateway.v1.gateway_pb2 import PublishResult


class Reader:
    """Takes what is sent; `leave` is the connection's end."""

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self.leave = asyncio.Event()

    async def receive(self) -> dict[str, object]:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            body = message["body"]
            assert isinstance(body, bytes)
            await self.chunks.put(body)


def encode(message: Message) -> bytes:
    assert isinstance(message, PublishResult)
    return message.event_id.encode()


async def test_silence_is_broken_by_comments_and_the_end_is_told_once():
    go_on, ended = asyncio.Event(), []

    async def answers() -> AsyncGenerator[Message, None]:
        yield PublishResult(event_id="one")
        await go_on.wait()
        yield PublishResult(event_id="two")

    reader = Reader()
    stream = EventStream(await begun(answers()), encode, lambda: ended.append(1), ping_seconds=0.001)
    sending = asyncio.create_task(stream({}, reader.receive, reader.send))
    assert await reader.chunks.get() == b"data: one\n\n"
    assert [await reader.chunks.get() for _ in range(3)] == [PING] * 3
    go_on.set()
    while (chunk := await reader.chunks.get()) == PING:
        pass
    assert chunk == b"data: two\n\n"
    assert await reader.chunks.get() == b""
    await sending
    assert ended == [1]


async def test_a_reader_who_leaves_closes_the_source():
    closed, ended = asyncio.Event(), []

    async def answers() -> AsyncGenerator[Message, None]:
        try:
            yield PublishResult(event_id="one")
            await asyncio.Event().wait()
        finally:
            closed.set()

    reader = Reader()
    stream = EventStream(await begun(answers()), encode, lambda: ended.append(1))
    sending = asyncio.create_task(stream({}, reader.receive, reader.send))
    assert await reader.chunks.get() == b"data: one\n\n"
    reader.leave.set()
    await sending
    assert closed.is_set()
    assert ended == [1]


async def test_what_fails_on_the_way_is_the_last_event():
    async def answers() -> AsyncGenerator[Message, None]:
        yield PublishResult(event_id="one")
        raise Conflict("no longer", "CHANGED")

    reader = Reader()
    await EventStream(await begun(answers()), encode, lambda: None)({}, reader.receive, reader.send)
    sent = [reader.chunks.get_nowait() for _ in range(3)]
    assert sent[0] == b"data: one\n\n"
    assert sent[1].startswith(b'event: error\ndata: {"error": {"code": 409, "status": "FAILED_PRECONDITION"')
    assert sent[2] == b""


async def test_a_stream_without_answers_just_ends():
    async def answers() -> AsyncGenerator[Message, None]:
        return
        yield

    reader = Reader()
    await EventStream(await begun(answers()), encode, lambda: None)({}, reader.receive, reader.send)
    assert reader.chunks.get_nowait() == b""
