"""The publisher with a catalogue that is made up: tried again under one request id until it is done."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import services.generator
from servicekit.database import migrate, open_database
from servicekit.errors import InvalidInput, Unavailable
from servicekit.metrics import Metrics
from services.generator.checks import Checks
from services.generator.controls import Controls
from services.generator.drafts import IN_REVIEW, PUBLISHED, Draft
from services.generator.facts import Fact
from services.generator.generator import Copy
from services.generator.publishing import Publisher
from services.generator.records import DraftRecords
from shopkeeper.catalog.v1.catalog_pb2 import Product

MIGRATIONS = Path(services.generator.__file__).parent / "migrations"


@dataclass
class Shop:
    """Keeps one product; `troubles` are raised by one call each, before or after the product is taken in."""

    product: Product
    before: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    changes: int = 0

    async def get(self, _product_id: str) -> Product:
        return self.product

    async def put(self, product: Product, request_id: str) -> None:
        if self.before:
            raise self.before.pop()
        if request_id not in self.imports:
            self.product, self.changes = product, self.changes + 1
        self.imports.append(request_id)
        if self.after:
            raise self.after.pop()


@pytest.fixture
def records(tmp_path: Path) -> DraftRecords:
    engine = open_database(f"sqlite:///{tmp_path}/records.db", "test")
    migrate(engine, "generator", MIGRATIONS)
    return DraftRecords(engine)


def approved(records: DraftRecords) -> str:
    at = datetime.now(UTC)
    copy = Copy("New words.", "model", Controls(), Checks(1.0), (Fact("title", "Mug"),))
    draft = records.create(Draft("d1", "mug", IN_REVIEW, copy, 1, "ann", at, at))
    return records.approve(draft.draft_id, 1, "cy", "").draft_id


@asynccontextmanager
async def publishing(records: DraftRecords, shop: Shop) -> AsyncIterator[Publisher]:
    with ThreadPoolExecutor(2) as executor:
        publisher = Publisher(records, shop, executor, Metrics(CollectorRegistry()), 0.01)
        await publisher.start()
        try:
            yield publisher
        finally:
            await publisher.stop()


async def until_state(records: DraftRecords, draft_id: str, state: str, entries: int) -> Draft:
    async with asyncio.timeout(10):
        while True:
            draft = records.get(draft_id)
            if draft.state == state and len(draft.audit) >= entries:
                return draft
            await asyncio.sleep(0.01)


def mug() -> Product:
    return Product(product_id="mug", title="Mug", description="Old words.", language_code="en")


async def test_an_answer_that_got_lost_is_asked_for_again_and_changes_nothing_twice(records: DraftRecords) -> None:
    shop = Shop(mug(), before=[Unavailable("down")], after=[Unavailable("the answer got lost")])
    draft_id = approved(records)
    async with publishing(records, shop):
        draft = await until_state(records, draft_id, PUBLISHED, 4)
    assert len(shop.imports) == 2
    assert len(set(shop.imports)) == shop.changes == 1
    assert shop.product.description == "New words."
    assert draft.published_text == "Old words."
    assert [entry.action for entry in draft.audit] == ["created", "approved", "publish-failed", "published"]


async def test_what_the_catalogue_refuses_goes_back_to_review(records: DraftRecords) -> None:
    shop = Shop(mug(), before=[InvalidInput("description: has 10,001 characters")])
    draft_id = approved(records)
    async with publishing(records, shop):
        draft = await until_state(records, draft_id, IN_REVIEW, 3)
    assert draft.audit[-1].action == "publish-failed"
    assert "10,001 characters" in draft.audit[-1].note
    assert shop.product.description == "Old words."


async def test_a_fault_that_nobody_foresaw_does_not_end_publishing(records: DraftRecords) -> None:
    shop = Shop(mug(), before=[RuntimeError("a fault of the shop's own making")])
    draft_id = approved(records)
    async with publishing(records, shop):
        await until_state(records, draft_id, PUBLISHED, 3)
    assert shop.product.description == "New words."
