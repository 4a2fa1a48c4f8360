"""What the recommender keeps in the database: results of imports by request id (AIP-155)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from servicekit.errors import Conflict, Unavailable

_IMPORTS = sa.table(
    "recommender_imports",
    sa.column("request_id", sa.String),
    sa.column("started_at", sa.DateTime(timezone=True)),
    sa.column("result", sa.LargeBinary),
)
KEPT = timedelta(days=7)
GIVEN_UP = timedelta(minutes=10)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(f"records: {error.orig}", reason="RECORDS_UNAVAILABLE") from error


class ImportRecords:
    """Remembers the answer to each import. Blocks; call it in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, request_id: str) -> bytes | None:
        """The first answer, if this request was answered; else None, and the request is now in progress.

        Raises Conflict while another call with this id is in progress. One that never ended is given up after ten
        minutes.
        """
        now = datetime.now(UTC)
        with _errors(), self._engine.begin() as connection:
            connection.execute(sa.delete(_IMPORTS).where(_IMPORTS.c.started_at < now - KEPT))
            unfinished = sa.and_(_IMPORTS.c.result.is_(None), _IMPORTS.c.started_at < now - GIVEN_UP)
            connection.execute(sa.delete(_IMPORTS).where(unfinished))
        try:
            with _errors(), self._engine.begin() as connection:
                connection.execute(sa.insert(_IMPORTS).values(request_id=request_id, started_at=now, result=None))
            return None
        except IntegrityError:
            return self._first_answer(request_id)

    def _first_answer(self, request_id: str) -> bytes:
        with _errors(), self._engine.connect() as connection:
            query = sa.select(_IMPORTS.c.result).where(_IMPORTS.c.request_id == request_id)
            result: bytes | None = connection.execute(query).scalar_one_or_none()
        if result is None:
            raise Conflict(f"request_id: {request_id!r} is in progress", reason="REQUEST_IN_PROGRESS")
        return result

    def finish(self, request_id: str, result: bytes) -> None:
        with _errors(), self._engine.begin() as connection:
            where = _IMPORTS.c.request_id == request_id
            connection.execute(sa.update(_IMPORTS).where(where).values(result=result))

    def abandon(self, request_id: str) -> None:
        """The import failed: the same request may be tried again."""
        with _errors(), self._engine.begin() as connection:
            connection.execute(sa.delete(_IMPORTS).where(_IMPORTS.c.request_id == request_id))
