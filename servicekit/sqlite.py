"""SQLite connections as all embedded stores open them: one per thread, WAL, a busy writer is waited for."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.errors import Unavailable

BUSY_SECONDS = 30.0


class Connections:
    """One connection per thread to one file; `schema` is run when a thread first asks."""

    def __init__(self, path: str, schema: str, synchronous: str) -> None:
        self._path, self._schema, self._synchronous = path, schema, synchronous
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        Path(path).parent.mkdir(parents=True, exist_ok=True)

    def get(self) -> sqlite3.Connection:
        """This thread's connection. Raises Unavailable if the file is none of ours or cannot be opened."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            connection.executescript(self._schema)
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{self._path}: {error}", reason="STORE_UNREADABLE") from error
        with self._lock:
            self._all.append(connection)
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction, taken at once so that two writers never deadlock; rolled back on an error."""
        connection = self.get()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()
