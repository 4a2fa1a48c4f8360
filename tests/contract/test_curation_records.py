"""Curations over SQLite and over PostgreSQL, on the tables that the migrations make."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import services.recommender
from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, NotFound, Unavailable
from services.recommender.curating import Curator
from services.recommender.curation import Curation, Curations
from services.recommender.records import MOST_CURATIONS, CurationRecords, Database
from services.recommender.replica_catalogue import ReplicaCatalogue
from tests.running_recommender import small_shop, until

MIGRATIONS = Path(services.recommender.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/records.db", shop_id)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"), shop_id)
    migrate(opened, "recommender", MIGRATIONS)
    yield opened
    if request.param == "postgresql":
        with opened.begin() as connection:
            connection.execute(sa.schema.DropSchema(shop_id, cascade=True))
    opened.dispose()


@pytest.fixture
def records(engine: Engine) -> CurationRecords:
    return CurationRecords(Database(lambda: engine))


def pin(product_id: str) -> Curation:
    return Curation(product_id, pinned=True, actor="ann")


def test_decisions_are_kept_oldest_first(records: CurationRecords) -> None:
    kept = [records.put(each) for each in (pin("b"), Curation("x", hidden=True, actor="ben"), pin("a"))]
    assert records.curations() == kept
    assert [each.update_time_us for each in kept] == sorted({each.update_time_us for each in kept})
    assert kept[0].update_time_us > 1_700_000_000_000_000


def test_the_same_decision_again_keeps_its_place_and_another_takes_a_new_one(records: CurationRecords) -> None:
    first = records.put(pin("b"))
    records.put(pin("a"))
    assert records.put(Curation("b", pinned=True, actor="zoe")) == first
    hidden = records.put(Curation("b", hidden=True, actor="zoe"))
    assert [each.product_id for each in records.curations()] == ["a", "b"]
    assert records.curations()[1] == hidden
    records.put(pin("b"))
    assert Curations.of(records.curations()) == Curations(("a", "b"))


def test_taking_back(records: CurationRecords) -> None:
    records.put(pin("a"))
    assert records.remove("a")
    assert not records.remove("a")
    assert records.curations() == []


def test_no_more_than_a_thousand_even_when_many_decide_at_once(engine: Engine, records: CurationRecords) -> None:
    rows = [
        {"id": f"p{n}", "pinned": n % 2 == 0, "hidden": n % 2 == 1, "at": 1_700_000_000_000_000 + n}
        for n in range(MOST_CURATIONS - 1)
    ]
    told = sa.text("INSERT INTO recommender_curations VALUES (:id, :pinned, :hidden, 'ann', :at)")
    with engine.begin() as connection:
        connection.execute(told, rows)

    with ThreadPoolExecutor(4) as callers:
        answers = [callers.submit(records.put, pin(name)) for name in "abcdefgh"]
    errors = [answer.exception() for answer in answers if answer.exception()]
    assert [type(error) for error in errors] == [Conflict] * 7
    assert {error.reason for error in errors} == {"TOO_MANY_CURATIONS"}
    assert all("the limit is 1000" in str(error) for error in errors)
    assert len(records.curations()) == MOST_CURATIONS
    assert records.put(Curation("p0", hidden=True)).hidden  # one that has a decision may change it
    assert records.remove("p0")
    assert records.put(pin("z")).pinned


def test_a_product_cannot_be_both_in_the_table(engine: Engine) -> None:
    told = sa.text("INSERT INTO recommender_curations VALUES ('a', :yes, :yes, '', 1)")
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(told, {"yes": True})


@pytest.fixture
def catalogue() -> ReplicaCatalogue:
    made = ReplicaCatalogue()
    for told in small_shop(1):
        made.on_product(told.product_id, told, 1)
    return made


def test_a_decision_is_applied_before_it_is_answered(records: CurationRecords, catalogue: ReplicaCatalogue) -> None:
    applied: list[Curations] = []
    curator = Curator(records, catalogue, applied.append, 60)
    curator.decide(pin("shirt-red-0"))
    assert applied == [Curations(("shirt-red-0",))]
    curator.look()
    assert len(applied) == 1  # nothing new
    taken_back = curator.decide(Curation("shirt-red-0", actor="ben"))
    assert (taken_back.pinned, taken_back.hidden, taken_back.actor) == (False, False, "ben")
    assert applied[-1] == Curations()
    assert taken_back.update_time_us > 1_700_000_000_000_000


def test_another_replica_follows(records: CurationRecords, catalogue: ReplicaCatalogue) -> None:
    heard, seen, stop = threading.Event(), [], threading.Event()

    def apply(curations: Curations) -> None:
        seen.append(curations)
        heard.set()

    follower = Curator(records, catalogue, apply, 0.02)
    thread = threading.Thread(target=follower.run, args=(stop,), daemon=True)
    thread.start()
    Curator(records, catalogue, lambda _: None, 60).decide(Curation("novel-red-0", hidden=True))
    assert heard.wait(10)
    stop.set()
    thread.join(10)
    assert seen == [Curations(hidden=frozenset({"novel-red-0"}))]


def test_unknown_products_and_those_that_left(records: CurationRecords, catalogue: ReplicaCatalogue) -> None:
    curator = Curator(records, catalogue, lambda _: None, 60)
    for wanted in (pin("nowhere"), Curation("nowhere")):
        with pytest.raises(NotFound, match="nowhere"):
            curator.decide(wanted)
    curator.decide(pin("shirt-red-0"))
    catalogue.on_product("shirt-red-0", None, 2)
    assert [each.product_id for each in curator.all()] == ["shirt-red-0"]
    curator.decide(Curation("shirt-red-0"))
    assert curator.all() == []


class Relocated(Database):
    """A database that may move to another server."""

    def move_to(self, engine: Engine) -> None:
        self._opened = engine


def test_without_the_records_the_last_decisions_stay(
    engine: Engine, catalogue: ReplicaCatalogue, caplog: pytest.LogCaptureFixture
) -> None:
    database, applied = Relocated(lambda: engine), []
    curator = Curator(CurationRecords(database), catalogue, applied.append, 60)
    curator.decide(pin("shirt-red-0"))
    database.move_to(sa.create_engine("postgresql+psycopg://postgres@127.0.0.1:1/postgres"))
    with pytest.raises(Unavailable):
        curator.look()
    with pytest.raises(Unavailable):
        curator.decide(Curation("shirt-red-0"))
    curator.try_to_look()
    assert "curations stay as they were" in caplog.text
    assert applied == [Curations(("shirt-red-0",))]
    database.move_to(engine)
    curator.decide(Curation("shirt-red-0"))
    assert applied[-1] == Curations()


def test_a_database_that_comes_later_is_found(engine: Engine, catalogue: ReplicaCatalogue) -> None:
    CurationRecords(Database(lambda: engine)).put(pin("shirt-red-0"))
    there, tries = threading.Event(), []

    def open_records() -> Engine:
        tries.append(1)
        if not there.is_set():
            raise Unavailable("records at …: connection refused", reason="RECORDS_UNAVAILABLE")
        return engine

    applied: list[Curations] = []
    curator = Curator(CurationRecords(Database(open_records)), catalogue, applied.append, 0.01)
    for _ in range(20):
        curator.try_to_look()
    assert (len(tries), curator.known) == (1, False)  # it is not asked at every turn
    there.set()
    until(lambda: curator.try_to_look() or curator.known)
    assert applied == [Curations(("shirt-red-0",))]
