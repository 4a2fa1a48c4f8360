"""Answers as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.http_errors import error_response

PING = b": ping\n\n"
PING_SECONDS = 15.0
"""Proxies close a connection that is silent for longer, 30 s at the earliest."""


@dataclass(frozen=True)
class Begun:
    """A stream whose first answer is there; None if it ended without one."""

    first: Message | None
    rest: AsyncGenerator[Message, None]


async def begun(answers: AsyncGenerator[Message, None]) -> Begun:
    """Waits for the first answer. Raises what came instead of it."""
    return Begun(await anext(answers, None), answers)


class EventStream(StreamingResponse):
    """Each answer as one `data:` line at once; what fails on the way is the last event, named `error`.

    Silence is broken by a comment every `ping_seconds`. A reader who goes away ends the stream at its source.
    `at_end` is called once, however it ends.
    """

    def __init__(
        self,
        answers: Begun,
        encode: Callable[[Message], bytes],
        at_end: Callable[[], None],
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        super().__init__((), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self._answers = answers
        self._encode = encode
        self._at_end = at_end
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for chunk in self._chunks(gone):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            return  # the reader went away between two events
        finally:
            gone.cancel()
            await self._answers.rest.aclose()
            self._at_end()

    async def _chunks(self, gone: "asyncio.Future[None]") -> AsyncIterator[bytes]:
        answer = self._answers.first
        while answer is not None:
            yield b"data: " + self._encode(answer) + b"\n\n"
            coming = asyncio.ensure_future(anext(self._answers.rest, None))
            try:
                while not coming.done():
                    await _either(coming, gone, self._ping_seconds)
                    if gone.done():
                        return
                    if not coming.done():
                        yield PING
                answer = coming.result()
            except Exception as error:
                yield b"event: error\ndata: " + bytes(error_response(error).body) + b"\n\n"
                return
            finally:
                await _ended(coming)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _either(coming: "asyncio.Future[Message | None]", gone: "asyncio.Future[None]", seconds: float) -> None:
    both: list[asyncio.Future[Any]] = [coming, gone]
    await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


async def _ended(coming: "asyncio.Future[Message | None]") -> None:
    """Cancelled if it still runs, and waited for: a generator that runs cannot be closed."""
    coming.cancel()
    await asyncio.wait([coming])
