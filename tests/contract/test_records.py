"""Records over SQLite and over PostgreSQL, on the tables that the migrations make."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import services.recommender
from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, Unavailable
from services.recommender.records import Database, ImportRecords

MIGRATIONS = Path(services.recommender.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/records.db", shop_id)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"), shop_id)
    yield opened
    if request.param == "postgresql":
        with opened.begin() as connection:
            connection.execute(sa.schema.DropSchema(shop_id, cascade=True))
    opened.dispose()


def test_migrating_twice_and_at_once_does_no_harm(engine: Engine) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(engine, "recommender", MIGRATIONS)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    migrate(engine, "recommender", MIGRATIONS)
    assert failures == []
    assert "recommender_imports" in sa.inspect(engine).get_table_names()


def test_a_repeated_import_gets_the_first_answer(engine: Engine) -> None:
    migrate(engine, "recommender", MIGRATIONS)
    records, request_id = ImportRecords(Database(lambda: engine)), str(uuid.uuid4())
    assert records.begin(request_id) is None
    with pytest.raises(Conflict, match="in progress"):
        records.begin(request_id)
    records.finish(request_id, b"600 imported")
    assert records.begin(request_id) == b"600 imported"


def test_an_import_that_failed_may_be_tried_again(engine: Engine) -> None:
    migrate(engine, "recommender", MIGRATIONS)
    records, request_id = ImportRecords(Database(lambda: engine)), str(uuid.uuid4())
    assert records.begin(request_id) is None
    records.abandon(request_id)
    assert records.begin(request_id) is None


def test_a_database_that_is_not_there_is_named(shop_id: str) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/"):
        open_database("postgresql+psycopg://postgres@127.0.0.1:1/postgres", shop_id)
