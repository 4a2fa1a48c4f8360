"""Drafts over SQLite and over PostgreSQL, on the tables that the migrations make."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import services.generator
from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, NotFound
from services.generator.checks import Checks, Finding
from services.generator.controls import Controls
from services.generator.drafts import APPROVED, IN_REVIEW, PUBLISHED, Draft
from services.generator.facts import Fact
from services.generator.generator import Copy
from services.generator.records import DraftRecords

MIGRATIONS = Path(services.generator.__file__).parent / "migrations"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/records.db", shop_id)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"), shop_id)
    migrate(opened, "generator", MIGRATIONS)
    yield opened
    if request.param == "postgresql":
        with opened.begin() as connection:
            connection.execute(sa.schema.DropSchema(shop_id, cascade=True))
    opened.dispose()


@pytest.fixture
def records(engine: Engine) -> DraftRecords:
    return DraftRecords(engine, lambda: NOW)


def draft(text: str = "A mug. 一只杯子。", at: datetime = NOW) -> Draft:
    finding = Finding("missing-fact", "red", 3, 3, "没有提到：red。", blocking=False)
    facts = (Fact("title", "Mug"), Fact("colour", "red"))
    copy = Copy(text, "model", Controls(language="zh"), Checks(0.5, (finding,)), facts, "v1", ("no-model",))
    name = str(uuid.uuid4())
    return Draft(name, "mug-1", IN_REVIEW, copy, 1, "ann", at, at, seed=2**60, mention=("colour",), omit=("price",))


def test_what_is_kept_comes_back_as_it_was(records: DraftRecords) -> None:
    made = draft()
    kept = records.create(made)
    assert kept.copy == made.copy
    assert (kept.seed, kept.mention, kept.omit, kept.created_at) == (2**60, ("colour",), ("price",), NOW)
    assert [(entry.action, entry.actor, entry.text) for entry in kept.audit] == [("created", "ann", made.copy.text)]
    with pytest.raises(NotFound):
        records.get("nowhere")


def test_a_request_id_makes_one_draft(records: DraftRecords) -> None:
    request_id = str(uuid.uuid4())
    first = records.create(draft("one"), request_id)
    assert records.create(draft("two"), request_id).draft_id == first.draft_id
    found = records.by_request(request_id)
    assert found is not None
    assert found.copy.text == "one"
    assert records.by_request(str(uuid.uuid4())) is None
    records.create(draft("three"))
    records.create(draft("four"))


def test_of_many_changes_at_once_one_is_taken(records: DraftRecords) -> None:
    kept = records.create(draft())
    taken = at_once(8, lambda: records.reword(kept, "bo", "edited", ""))
    assert len(taken) == 1
    now = records.get(kept.draft_id)
    assert (now.revision, [entry.action for entry in now.audit]) == (2, ["created", "edited"])


def test_of_many_approvals_at_once_one_is_taken_and_it_waits_in_the_outbox(records: DraftRecords) -> None:
    kept = records.create(draft())
    taken = at_once(8, lambda: records.approve(kept.draft_id, 1, "cy", "good"))
    assert len(taken) == 1
    waiting = records.approvals_due()
    assert [one.draft.draft_id for one in waiting] == [kept.draft_id]
    assert uuid.UUID(waiting[0].import_id)
    assert waiting[0].draft.state == APPROVED


def at_once(count: int, change: Callable[[], Draft]) -> list[Draft]:
    taken: list[Draft] = []
    refused: set[str] = set()
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        try:
            taken.append(change())
        except Conflict as error:
            refused.add(error.reason)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused <= {"REVISION_CHANGED", "NOT_IN_REVIEW"}
    return taken


def test_a_publication_is_noted_once_with_what_it_replaced(records: DraftRecords) -> None:
    kept = records.create(draft())
    records.approve(kept.draft_id, 1, "cy", "")
    records.replaces(kept.draft_id, "old words")
    records.replaces(kept.draft_id, "our own words, seen at a second try")
    records.published(kept.draft_id)
    records.published(kept.draft_id)
    done = records.get(kept.draft_id)
    assert (done.state, done.published_text, done.published_at) == (PUBLISHED, "old words", NOW)
    assert [entry.action for entry in done.audit] == ["created", "approved", "published"]
    assert records.approvals_due() == []


def test_a_publication_that_waits_is_told_of_once_and_due_later(engine: Engine) -> None:
    time = [NOW]
    records = DraftRecords(engine, lambda: time[0])
    kept = records.create(draft())
    records.approve(kept.draft_id, 1, "cy", "")
    for _ in range(3):
        records.postponed(kept.draft_id, NOW + timedelta(seconds=5), "the recommender is down")
    assert records.approvals_due() == []
    time[0] = NOW + timedelta(seconds=6)
    assert [one.attempts for one in records.approvals_due()] == [3]
    assert [entry.action for entry in records.get(kept.draft_id).audit] == ["created", "approved", "publish-failed"]


def test_what_the_catalogue_refuses_comes_back_and_a_new_approval_is_another_import(records: DraftRecords) -> None:
    kept = records.create(draft())
    records.approve(kept.draft_id, 1, "cy", "")
    first = records.approvals_due()[0].import_id
    records.returned(kept.draft_id, "the product is gone")
    assert records.get(kept.draft_id).state == IN_REVIEW
    records.approve(kept.draft_id, 1, "cy", "")
    assert records.approvals_due()[0].import_id != first


def test_newest_come_first_and_pages_join(records: DraftRecords) -> None:
    made = [records.create(draft(f"{hour}", NOW + timedelta(hours=hour // 2))).draft_id for hour in range(6)]
    first = records.page("", "", None, 4)
    rest = records.page("", "", (first[-1].created_at, first[-1].draft_id), 4)
    assert {one.draft_id for one in (*first, *rest)} == set(made)
    assert [one.created_at for one in (*first, *rest)] == sorted((d.created_at for d in (*first, *rest)), reverse=True)
    assert len(first) == 4
    assert len(rest) == 2
    assert records.page(PUBLISHED, "", None, 4) == []
    assert records.page(IN_REVIEW, "mug-2", None, 4) == []
