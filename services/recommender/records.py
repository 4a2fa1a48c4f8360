"""What the recommender keeps in the database: results of imports by request id (AIP-155), and curations."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from servicekit.database import writing
from servicekit.errors import Conflict, Unavailable
from services.recommender.curation import Curation

_IMPORTS = sa.table(
    "recommender_imports",
    sa.column("request_id", sa.String),
    sa.column("started_at", sa.DateTime(timezone=True)),
    sa.column("result", sa.LargeBinary),
)
_CURATIONS = sa.table(
    "recommender_curations",
    sa.column("product_id", sa.String),
    sa.column("pinned", sa.Boolean),
    sa.column("hidden", sa.Boolean),
    sa.column("actor", sa.String),
    sa.column("update_time_us", sa.BigInteger),
)
MOST_CURATIONS = 1000
_NEXT_TRY_SECONDS = 1.0
KEPT = timedelta(days=7)
GIVEN_UP = timedelta(minutes=10)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (InterfaceError, OperationalError) as error:
        raise Unavailable(f"records: {error.orig}", reason="RECORDS_UNAVAILABLE") from error


class Database:
    """The records, opened at the first use that finds them there: without them answers go on. Safe to use from several
    threads."""

    def __init__(self, open_records: Callable[[], Engine]) -> None:
        self._open, self._lock = open_records, threading.Lock()
        self._opened: Engine | None = None
        self._next_try = 0.0

    def engine(self) -> Engine:
        """Raises Unavailable; a server that was not there is asked again after a second."""
        with self._lock:
            if self._opened is None:
                if time.monotonic() < self._next_try:
                    raise Unavailable("records: the database did not answer", reason="RECORDS_UNAVAILABLE")
                self._next_try = time.monotonic() + _NEXT_TRY_SECONDS
                self._opened = self._open()
                self._next_try = 0.0
            return self._opened

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.dispose()


class ImportRecords:
    """Remembers the answer to each import. Blocks; call it in a thread."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def begin(self, request_id: str) -> bytes | None:
        """The first answer, if this request was answered; else None, and the request is now in progress.

        Raises Conflict while another call with this id is in progress. One that never ended is given up after ten
        minutes.
        """
        now = datetime.now(UTC)
        with _errors(), self._database.engine().begin() as connection:
            connection.execute(sa.delete(_IMPORTS).where(_IMPORTS.c.started_at < now - KEPT))
            unfinished = sa.and_(_IMPORTS.c.result.is_(None), _IMPORTS.c.started_at < now - GIVEN_UP)
            connection.execute(sa.delete(_IMPORTS).where(unfinished))
        try:
            with _errors(), self._database.engine().begin() as connection:
                connection.execute(sa.insert(_IMPORTS).values(request_id=request_id, started_at=now, result=None))
            return None
        except IntegrityError:
            return self._first_answer(request_id)

    def _first_answer(self, request_id: str) -> bytes:
        with _errors(), self._database.engine().connect() as connection:
            query = sa.select(_IMPORTS.c.result).where(_IMPORTS.c.request_id == request_id)
            result: bytes | None = connection.execute(query).scalar_one_or_none()
        if result is None:
            raise Conflict(f"request_id: {request_id!r} is in progress", reason="REQUEST_IN_PROGRESS")
        return result

    def finish(self, request_id: str, result: bytes) -> None:
        with _errors(), self._database.engine().begin() as connection:
            where = _IMPORTS.c.request_id == request_id
            connection.execute(sa.update(_IMPORTS).where(where).values(result=result))

    def abandon(self, request_id: str) -> None:
        """The import failed: the same request may be tried again."""
        with _errors(), self._database.engine().begin() as connection:
            connection.execute(sa.delete(_IMPORTS).where(_IMPORTS.c.request_id == request_id))


class CurationRecords:
    """Remembers what merchandisers decided about products. Blocks; call it in a thread."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def curations(self) -> list[Curation]:
        """In the order in which they were made. Raises Unavailable."""
        with _errors(), self._database.engine().connect() as connection:
            return _curations(connection)

    def put(self, wanted: Curation) -> Curation:
        """What is kept: the first decision where the same was decided before, so that a pin keeps its place.

        Raises Conflict if 1,000 products have one already, and Unavailable.
        """
        with writing(self._database.engine()) as connection:
            _alone(connection)
            known = {each.product_id: each for each in _curations(connection)}
            before = known.pop(wanted.product_id, None)
            if before is not None and (before.pinned, before.hidden) == (wanted.pinned, wanted.hidden):
                return before
            if len(known) >= MOST_CURATIONS:
                message = f"{len(known)} products are pinned or hidden already, the limit is {MOST_CURATIONS}"
                raise Conflict(f"{message}: take one back first", reason="TOO_MANY_CURATIONS")
            newest = max((each.update_time_us for each in known.values()), default=0)
            kept = replace(wanted, update_time_us=max(time.time_ns() // 1000, newest + 1))
            connection.execute(sa.delete(_CURATIONS).where(_CURATIONS.c.product_id == wanted.product_id))
            connection.execute(sa.insert(_CURATIONS).values(asdict(kept)))
            return kept

    def remove(self, product_id: str) -> bool:
        """Whether there was one. Raises Unavailable."""
        with writing(self._database.engine()) as connection:
            where = _CURATIONS.c.product_id == product_id
            return connection.execute(sa.delete(_CURATIONS).where(where)).rowcount > 0


def _curations(connection: Connection) -> list[Curation]:
    ordered = sa.select(_CURATIONS).order_by(_CURATIONS.c.update_time_us, _CURATIONS.c.product_id)
    return [Curation(**row._mapping) for row in connection.execute(ordered)]


def _alone(connection: Connection) -> None:
    """Nobody else decides until the transaction ends; on SQLite `writing` sees to that."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE recommender_curations IN SHARE ROW EXCLUSIVE MODE")
