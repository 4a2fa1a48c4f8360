"""Shop events of a conversation reach the log, and a log that is silent keeps nobody waiting."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from servicekit.errors import Unavailable
from servicekit.events.log import Message
from services.dialogue.outbox import LogOutbox


class Waiting:
    """What is stored and not published yet."""

    def __init__(self) -> None:
        self.rows = [("e1", b""), ("e2", b"")]

    def unpublished(self) -> list[tuple[str, bytes]]:
        return list(self.rows)

    def published(self, event_ids: list[str]) -> None:
        self.rows = [row for row in self.rows if row[0] not in event_ids]


class Log:
    """Opens once `there` is set; until then whoever opens it waits."""

    def __init__(self) -> None:
        self.there, self.tries, self.sent = threading.Event(), 0, list[Message]()

    def open(self) -> "Log":
        self.tries += 1
        if not self.there.wait(5):
            raise Unavailable("silent")
        return self

    def publisher(self) -> "Log":
        return self

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        self.sent.append(message)
        done: Future[tuple[int, int]] = Future()
        done.set_result((0, len(self.sent)))
        return done

    def close(self) -> None:
        pass


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def outbox(log: Log, tmp_path: Path) -> Iterator[tuple[LogOutbox, Waiting]]:
    waiting = Waiting()
    made = LogOutbox(waiting, log.open, "sample", patience=0.05)  # type: ignore[arg-type]
    yield made, waiting
    log.there.set()
    made.close()


async def test_all_that_waits_is_published_once(outbox: tuple[LogOutbox, Waiting], log: Log) -> None:
    log.there.set()
    made, waiting = outbox
    while waiting.rows:
        await made.send()
    await made.send()
    assert len(log.sent) == 2


async def test_many_turns_meet_a_silent_log_and_none_of_them_waits_for_it(
    outbox: tuple[LogOutbox, Waiting], log: Log
) -> None:
    made, waiting = outbox
    began = time.monotonic()
    await asyncio.gather(*(made.send() for _ in range(50)))
    assert time.monotonic() - began < 4  # opening alone takes 5 s
    assert (log.tries, len(waiting.rows)) == (1, 2)
    log.there.set()
    while waiting.rows:
        await made.send()
    assert len(log.sent) == 2
