"""Imports product by product, told apart from good and bad, and what happens when the log is silent."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from servicekit import context
from servicekit.errors import Unavailable
from servicekit.events.log import Message
from services.recommender.answers import import_response
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.writing import CatalogueWriter, ImportResult
from shopkeeper.catalog.v1.catalog_pb2 import Product

Answer = Callable[["Future[tuple[int, int]]", int], None]


class FakePublisher:
    """Keeps what is published and answers as it is told."""

    def __init__(self, answer: Answer) -> None:
        self.messages: list[Message] = []
        self._answer = answer

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        self.messages.append(message)
        future: Future[tuple[int, int]] = Future()
        self._answer(future, len(self.messages) - 1)
        return future

    def flush(self, timeout_seconds: float = 30.0) -> None: ...

    def close(self) -> None: ...


def acknowledged(future: "Future[tuple[int, int]]", offset: int) -> None:
    future.set_result((0, offset))


def refused(future: "Future[tuple[int, int]]", _offset: int) -> None:
    future.set_exception(Unavailable("Kafka at nowhere:9092: no broker"))


def silent(_future: "Future[tuple[int, int]]", _offset: int) -> None: ...


def writer(answer: Answer) -> tuple[CatalogueWriter, FakePublisher]:
    publisher = FakePublisher(answer)
    return CatalogueWriter(publisher, ReplicaCatalogue(), "shop"), publisher


def good(product_id: str) -> Product:
    return Product(product_id=product_id, title="Cup")


async def test_the_bad_ones_are_named_by_their_place_in_the_whole_import() -> None:
    one, publisher = writer(acknowledged)
    result = ImportResult()
    assert await one.put([good("a"), Product(product_id="no title"), good("b")], result) == 1
    assert await one.put([good("c"), Product(product_id="untitled")], result) == 2
    assert await one.put([Product(title="t")], result) == -1
    told = import_response(result)
    assert (told.imported_count, told.rejected_count) == (3, 3)
    assert [(error.index, error.product_id, error.field) for error in told.errors] == [
        (1, "no title", "product_id"),
        (4, "untitled", "title"),
        (5, "", "product_id"),
    ]
    assert told.errors[0].message.startswith("'no title' is not 1 to 128 letters")
    assert [message.key for message in publisher.messages] == [b"a", b"b", b"c"]


async def test_of_many_errors_the_first_thousand_are_told_and_all_are_counted() -> None:
    one, _ = writer(acknowledged)
    result = ImportResult()
    await one.put([Product()] * 1500, result)
    told = import_response(result)
    assert (told.rejected_count, len(told.errors), told.errors[-1].index) == (1500, 1000, 999)


async def test_a_removal_is_a_record_without_a_value() -> None:
    one, publisher = writer(acknowledged)
    assert await one.remove("cup") == 0
    assert (publisher.messages[0].key, publisher.messages[0].value) == (b"cup", None)


async def test_a_log_that_refuses_is_named() -> None:
    one, _ = writer(refused)
    with pytest.raises(Unavailable, match="Kafka at nowhere"):
        await one.put([good("a")], ImportResult())


async def test_a_silent_log_is_said_before_the_caller_gives_up() -> None:
    one, _ = writer(silent)
    with context.entered(timeout_seconds=0.5):
        async with asyncio.timeout(0.5):
            with pytest.raises(Unavailable, match=r"event log did not acknowledge within 0\.4 s"):
                await one.put([good("a")], ImportResult())
