"""NluService: protobuf to plain values and back, nothing else."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import grpc

from contracts.clock import Clock
from services.nlu import answers, requests
from services.nlu.standing import Standing
from services.nlu.understanding import Ask, Understander, Understanding
from shopkeeper.nlu.v1 import nlu_pb2 as pb
from shopkeeper.nlu.v1.nlu_pb2_grpc import NluServiceServicer

PIECE = 16
"""Sentences of one forward pass: whoever asks for one waits behind no more than these."""
Context = grpc.aio.ServicerContext[Any, Any]


class NluServicer(NluServiceServicer):
    """Forward passes run on `executor`, one after the other, never on the event loop."""

    def __init__(self, standing: Standing, clock: Clock, time_zone: str, executor: Executor) -> None:
        self._standing, self._clock = standing, clock
        self._time_zone, self._executor = time_zone, executor

    async def Parse(self, request: pb.ParseRequest, _context: Context) -> pb.ParseResponse:  # noqa: N802
        asked = requests.ask(request, await self._clock(), self._time_zone)
        (found,) = await self._understand([asked])
        return pb.ParseResponse(understanding=found)

    async def BatchParse(self, request: pb.BatchParseRequest, _context: Context) -> pb.BatchParseResponse:  # noqa: N802
        asked = requests.asks(request, await self._clock(), self._time_zone)
        return pb.BatchParseResponse(understandings=await self._understand(asked))

    async def ListIntents(self, request: pb.ListIntentsRequest, _context: Context) -> pb.ListIntentsResponse:  # noqa: N802
        language = requests.language(request)
        learned = self._standing.understander().learned
        return answers.intents(learned.schema, learned.version, language)

    async def _understand(self, asked: Sequence[Ask]) -> list[pb.Understanding]:
        understander, loop = self._standing.understander(), asyncio.get_running_loop()
        found: list[pb.Understanding] = []
        for at in range(0, len(asked), PIECE):
            piece = asked[at : at + PIECE]
            found += await loop.run_in_executor(self._executor, _answer, understander, piece)
        return found


def _answer(understander: Understander, asked: Sequence[Ask]) -> list[pb.Understanding]:
    found: Sequence[Understanding] = understander.understand(asked)
    return [answers.understanding(one, understander.learned.version) for one in found]
