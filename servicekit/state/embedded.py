"""The state in one SQLite file: a batch is one transaction.

`synchronous=NORMAL`: after a power cut the last batches may be gone, whole; their offsets with them, so the consumer
reads them again.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from servicekit.errors import Unavailable
from servicekit.sqlite import Connections
from servicekit.state.store import Batch, Fenced

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vals (shop TEXT, key TEXT, value BLOB, until REAL, PRIMARY KEY (shop, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
  shop TEXT, name TEXT, field TEXT, n INTEGER, PRIMARY KEY (shop, name, field)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter_ends (shop TEXT, name TEXT, until REAL, PRIMARY KEY (shop, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sets (shop TEXT, name TEXT, member TEXT, PRIMARY KEY (shop, name, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS maxima (shop TEXT, name TEXT, n INTEGER, PRIMARY KEY (shop, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets (shop TEXT, stream TEXT, next INTEGER, PRIMARY KEY (shop, stream)) WITHOUT ROWID;
"""
_KEYS_A_QUERY = 500


class EmbeddedState:
    """A StateStore in a file."""

    def __init__(self, path: str, shop_id: str) -> None:
        self._connections = Connections(path, _SCHEMA, synchronous="NORMAL")
        self._shop = shop_id
        self._connections.get()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connections.writing() as db:
                yield db
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"state: {error}", reason="STATE_UNWRITABLE") from error

    def _rows(self, query: str, *arguments: object) -> list[tuple[object, ...]]:
        try:
            return self._connections.get().execute(query, (self._shop, *arguments)).fetchall()
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"state: {error}", reason="STATE_UNREADABLE") from error

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        found: dict[object, object] = {}
        for at in range(0, len(keys), _KEYS_A_QUERY):
            part = keys[at : at + _KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, value FROM vals WHERE shop = ? AND (until IS NULL OR until > ?) AND key IN ({marks})"
            found.update(self._rows(query, time.time(), *part))  # type: ignore[arg-type]
        return [found.get(key) for key in keys]  # type: ignore[misc]

    def counters(self, name: str) -> Mapping[str, int]:
        rows = self._rows("SELECT until FROM counter_ends WHERE shop = ? AND name = ?", name)
        if rows and float(rows[0][0]) < time.time():  # type: ignore[arg-type]
            return {}
        return dict(self._rows("SELECT field, n FROM counters WHERE shop = ? AND name = ?", name))  # type: ignore[arg-type]

    def members(self, name: str) -> Sequence[str]:
        rows = self._rows("SELECT member FROM sets WHERE shop = ? AND name = ? ORDER BY member", name)
        return [str(row[0]) for row in rows]

    def maximum(self, name: str) -> int:
        return self._number("SELECT n FROM maxima WHERE shop = ? AND name = ?", name)

    def offset(self, stream: str) -> int:
        return self._number("SELECT next FROM offsets WHERE shop = ? AND stream = ?", stream)

    def _number(self, query: str, name: str) -> int:
        rows = self._rows(query, name)
        return int(rows[0][0]) if rows else 0  # type: ignore[call-overload]

    def apply(self, batch: Batch) -> None:
        with self._writing() as db:
            self._fence(db, batch)
            for key, value in batch.puts.items():
                self._put(db, key, value, batch.expiries.get(key))
            for name, fields in batch.increments.items():
                self._increment(db, name, fields, batch.expiries.get(name))
            for name, members in batch.members.items():
                rows = [(self._shop, name, member) for member in members]
                db.executemany("INSERT OR IGNORE INTO sets VALUES (?,?,?)", rows)
            for name, number in batch.maxima.items():
                upsert = "INSERT INTO maxima VALUES (?,?,?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n)"
                db.execute(upsert, (self._shop, name, number))

    def _fence(self, db: sqlite3.Connection, batch: Batch) -> None:
        query = "SELECT next FROM offsets WHERE shop = ? AND stream = ?"
        row = db.execute(query, (self._shop, batch.stream)).fetchone()
        stored = row[0] if row else 0
        if stored != batch.begin:
            raise Fenced(batch.stream, batch.begin, stored)
        db.execute("INSERT OR REPLACE INTO offsets VALUES (?,?,?)", (self._shop, batch.stream, batch.end))

    def _put(self, db: sqlite3.Connection, key: str, value: bytes | None, ttl_seconds: float | None) -> None:
        if value is None:
            db.execute("DELETE FROM vals WHERE shop = ? AND key = ?", (self._shop, key))
            return
        until = time.time() + ttl_seconds if ttl_seconds else None
        db.execute("INSERT OR REPLACE INTO vals VALUES (?,?,?,?)", (self._shop, key, value, until))

    def _increment(self, db: sqlite3.Connection, name: str, fields: Mapping[str, int], ttl: float | None) -> None:
        upsert = "INSERT INTO counters VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
        db.executemany(upsert, [(self._shop, name, field, n) for field, n in fields.items()])
        if ttl:
            row = (self._shop, name, time.time() + ttl)
            db.execute("INSERT OR REPLACE INTO counter_ends VALUES (?,?,?)", row)

    def remove_members(self, name: str, members: Iterable[str]) -> None:
        with self._writing() as db:
            rows = [(self._shop, name, member) for member in members]
            db.executemany("DELETE FROM sets WHERE shop = ? AND name = ? AND member = ?", rows)

    def put(self, key: str, value: bytes | None, ttl_seconds: int | None = None) -> None:
        with self._writing() as db:
            self._put(db, key, value, ttl_seconds)

    def take(self, name: str, limit: int, window_seconds: float) -> float:
        """Generic cell rate algorithm: the one value kept is when the next permit falls due."""
        step, now = window_seconds / limit, time.time()
        with self._writing() as db:
            query = "SELECT value FROM vals WHERE shop = ? AND key = ?"
            row = db.execute(query, (self._shop, f"rate:{name}")).fetchone()
            due = max(float(row[0]) if row else now, now) + step
            wait = due - now - window_seconds
            if wait > 1e-9:
                return wait
            self._put(db, f"rate:{name}", repr(due).encode(), window_seconds)
        return 0.0

    def ping(self) -> None:
        self._rows("SELECT 1 WHERE ? IS NOT NULL")

    def close(self) -> None:
        self._connections.close()
