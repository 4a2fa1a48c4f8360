"""The event log in one SQLite file, for a laptop and the first minute: what Kafka does, for processes of one machine.

A record is acknowledged when it is on disk (synchronous=FULL); writes that come together share one commit. A group has
one consumer at a time, by a lease that it renews at each poll.
"""

import queue
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from sqlite3 import Connection

import msgspec

from servicekit.errors import InvalidInput, Unavailable, Violation
from servicekit.events.log import Message, Record, StartAt, TopicSpec
from servicekit.sqlite import Connections

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (
  name TEXT PRIMARY KEY, partitions INTEGER, compacted INTEGER, max_bytes INTEGER, retention_bytes INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ends (
  topic TEXT, partition INTEGER, next INTEGER, bytes INTEGER, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  topic TEXT, partition INTEGER, "offset" INTEGER, time_ms INTEGER, key BLOB, value BLOB, headers BLOB,
  PRIMARY KEY (topic, partition, "offset")
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_key ON records (topic, key);
CREATE TABLE IF NOT EXISTS positions (
  topic TEXT, partition INTEGER, grp TEXT, next INTEGER, PRIMARY KEY (topic, partition, grp)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (grp TEXT PRIMARY KEY, member TEXT, until_ms INTEGER) WITHOUT ROWID;
"""
_POLL_SECONDS = 0.005
_FOREVER = 1 << 62
_COMMIT_TOGETHER = 2000


class EmbeddedLog:
    """An EventLog in a file."""

    def __init__(self, path: str, lease_ms: int = 6000) -> None:
        self._connections = Connections(path, _SCHEMA, synchronous="FULL")
        self._lease_ms = lease_ms
        self._specs: dict[str, TopicSpec] = {}
        self._connections.get()

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with self._connections.writing() as db:
            for spec in topics:
                row = (spec.name, spec.partitions, spec.compacted, spec.max_message_bytes, spec.retention_bytes)
                db.execute("INSERT OR IGNORE INTO topics VALUES (?,?,?,?,?)", row)
                ends = [(spec.name, partition) for partition in range(spec.partitions)]
                db.executemany("INSERT OR IGNORE INTO ends VALUES (?,?,0,0)", ends)

    def spec(self, topic: str) -> TopicSpec:
        """The topic as it was created. Raises Unavailable if it was not."""
        if topic not in self._specs:
            row = self._connections.get().execute("SELECT * FROM topics WHERE name = ?", (topic,)).fetchone()
            if row is None:
                raise Unavailable(f"topic {topic!r} does not exist", reason="UNKNOWN_TOPIC")
            self._specs[topic] = TopicSpec(row[0], row[1], bool(row[2]), row[3], row[4])
        return self._specs[topic]

    def partitions(self, topic: str) -> int:
        return self.spec(topic).partitions

    def partition_for(self, topic: str, key: bytes) -> int:
        return zlib.crc32(key) % self.partitions(topic)

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        rows = self._connections.get().execute("SELECT partition, next FROM ends WHERE topic = ?", (topic,))
        return dict(rows.fetchall())

    def committed(self, topic: str, group: str) -> Mapping[int, int]:
        query = "SELECT partition, next FROM positions WHERE topic = ? AND grp = ?"
        return dict(self._connections.get().execute(query, (topic, group)).fetchall())

    def publisher(self) -> "EmbeddedPublisher":
        return EmbeddedPublisher(self, self._connections)

    def subscribe(self, topics: Sequence[str], group: str, member: str, start_at: StartAt) -> "EmbeddedSubscription":
        return EmbeddedSubscription(self, self._connections, topics, group, member, start_at, self._lease_ms)

    def follow(self, topic: str) -> "EmbeddedSubscription":
        return EmbeddedSubscription(self, self._connections, [topic], "", "", _from_the_beginning, self._lease_ms)

    def close(self) -> None:
        self._connections.close()


def _from_the_beginning(_topic: str, _partition: int) -> int:
    return 0


_Queued = tuple[Message, "Future[tuple[int, int]]"]


class EmbeddedPublisher:
    """One thread writes what all others publish, many records a commit."""

    def __init__(self, log: EmbeddedLog, connections: Connections) -> None:
        self._log, self._connections = log, connections
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._turn = 0
        self._thread = threading.Thread(target=self._write_forever, name="event-log-writer", daemon=True)
        self._thread.start()

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        future: Future[tuple[int, int]] = Future()
        future.set_running_or_notify_cancel()  # who waits may leave; the record is on its way
        limit = self._log.spec(message.topic).max_message_bytes
        size = _size(message)
        if size > limit:
            violation = Violation("value", f"the record has {size} bytes, the topic's limit is {limit}")
            future.set_exception(InvalidInput.of(violation))
        else:
            self._queue.put((message, future))
        return future

    def flush(self, timeout_seconds: float = 30.0) -> None:
        """Waits until all that was published is acknowledged. Raises TimeoutError."""
        done = self._marker()
        done.result(timeout_seconds)

    def _marker(self) -> "Future[tuple[int, int]]":
        future: Future[tuple[int, int]] = Future()
        self._queue.put((Message("", None, None), future))
        return future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _write_forever(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, closing = self._gather(first)
            self._write(batch)
            if closing:
                return

    def _gather(self, first: _Queued) -> tuple[list[_Queued], bool]:
        batch = [first]
        while len(batch) < _COMMIT_TOGETHER and not self._queue.empty():
            item = self._queue.get()
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _write(self, batch: list[_Queued]) -> None:
        try:
            with self._connections.writing() as db:
                places = [self._append(db, message) if message.topic else (0, 0) for message, _ in batch]
        except Exception as error:
            for _, future in batch:
                future.set_exception(Unavailable(f"event log: {error}", reason="LOG_UNWRITABLE"))
            return
        for (_, future), place in zip(batch, places, strict=True):
            future.set_result(place)

    def _append(self, db: Connection, message: Message) -> tuple[int, int]:
        spec = self._log.spec(message.topic)
        partition = self._partition(message, spec)
        place = (message.topic, partition)
        if spec.compacted:
            _forget_older(db, message)
        headers = msgspec.msgpack.encode(list(message.headers))
        # What `_drop_oldest` will give back, to the byte: any less, and the log would outgrow its limit for ever.
        size = len(message.key or b"") + len(message.value or b"") + len(headers)
        update = "UPDATE ends SET next = next + 1, bytes = bytes + ? WHERE topic = ? AND partition = ?"
        row = db.execute(update + " RETURNING next, bytes", (size, *place)).fetchone()
        record = (*place, row[0] - 1, time.time_ns() // 1_000_000, message.key, message.value, headers)
        db.execute("INSERT INTO records VALUES (?,?,?,?,?,?,?)", record)
        if 0 <= spec.retention_bytes < row[1]:
            _drop_oldest(db, message.topic, partition, row[1] - spec.retention_bytes * 9 // 10)
        return partition, row[0] - 1

    def _partition(self, message: Message, spec: TopicSpec) -> int:
        if message.partition is not None:
            return message.partition
        if message.key is not None:
            return self._log.partition_for(message.topic, message.key)
        self._turn += 1
        return self._turn % spec.partitions


def _size(message: Message) -> int:
    return len(message.value or b"") + len(message.key or b"") + sum(len(k) + len(v) for k, v in message.headers)


def _forget_older(db: Connection, message: Message) -> None:
    db.execute("DELETE FROM records WHERE topic = ? AND key = ?", (message.topic, message.key))


def _drop_oldest(db: Connection, topic: str, partition: int, excess: int) -> None:
    """Deletes from the beginning until `excess` bytes are gone."""
    query = (
        'SELECT "offset", length(coalesce(key,"")) + length(coalesce(value,"")) + length(headers) FROM records'
        ' WHERE topic = ? AND partition = ? ORDER BY "offset"'
    )
    freed, upto = 0, -1
    for offset, size in db.execute(query, (topic, partition)):
        freed, upto = freed + size, offset
        if freed >= excess:
            break
    db.execute('DELETE FROM records WHERE topic = ? AND partition = ? AND "offset" <= ?', (topic, partition, upto))
    db.execute("UPDATE ends SET bytes = bytes - ? WHERE topic = ? AND partition = ?", (freed, topic, partition))


class EmbeddedSubscription:
    """The one consumer of a group, while it holds the lease; without a group, a follower that needs none."""

    def __init__(
        self,
        log: EmbeddedLog,
        connections: Connections,
        topics: Sequence[str],
        group: str,
        member: str,
        start_at: StartAt,
        lease_ms: int,
    ) -> None:
        self._log, self._connections, self._topics = log, connections, topics
        self._group, self._member, self._start_at, self._lease_ms = group, member, start_at, lease_ms
        self._next: dict[tuple[str, int], int] = {}
        self._lease_until_ms = 0
        self._ask_again_ms = 0
        self._seen_version = -1
        if not group:
            self._lease_until_ms = _FOREVER
            self._take_positions()

    def poll(self, timeout_seconds: float, max_records: int = 500) -> Mapping[tuple[str, int], Sequence[Record]]:
        deadline = time.monotonic() + timeout_seconds
        while True:
            if self._hold_lease() and self._changed():
                batches = self._read(max_records)
                if batches:
                    self._seen_version = -1
                    return batches
            if time.monotonic() >= deadline:
                return {}
            time.sleep(_POLL_SECONDS)

    def _changed(self) -> bool:
        """Whether any other connection has written since the last look; cheap, so it can be asked often."""
        version: int = self._connections.get().execute("PRAGMA data_version").fetchone()[0]
        changed = version != self._seen_version
        self._seen_version = version
        return changed

    def _hold_lease(self) -> bool:
        now_ms = time.time_ns() // 1_000_000
        if now_ms < self._lease_until_ms - self._lease_ms // 2:
            return True
        if now_ms < self._ask_again_ms:
            return False
        with self._connections.writing() as db:
            row = db.execute("SELECT member, until_ms FROM leases WHERE grp = ?", (self._group,)).fetchone()
            if row is not None and row[0] != self._member and row[1] > now_ms:
                self._next.clear()
                self._lease_until_ms = 0
                self._ask_again_ms = now_ms + self._lease_ms // 10
                return False
            until = now_ms + self._lease_ms
            db.execute("INSERT OR REPLACE INTO leases VALUES (?,?,?)", (self._group, self._member, until))
        lost_meanwhile = row is None or row[0] != self._member or self._lease_until_ms < now_ms
        self._lease_until_ms = until
        if lost_meanwhile:
            self._take_positions()
        return True

    def _take_positions(self) -> None:
        self._next = {}
        self._seen_version = -1
        for topic in self._topics:
            committed = self._log.committed(topic, self._group)
            for partition in range(self._log.partitions(topic)):
                start = self._start_at(topic, partition)
                self._next[topic, partition] = committed.get(partition, 0) if start is None else start

    def _read(self, max_records: int) -> dict[tuple[str, int], Sequence[Record]]:
        share = max(1, max_records // max(1, len(self._next)))
        batches: dict[tuple[str, int], Sequence[Record]] = {}
        for place in self._next:
            records = self._read_partition(place, share)
            if records:
                batches[place] = records
                self._next[place] = records[-1].offset + 1
        return batches

    def _read_partition(self, place: tuple[str, int], limit: int) -> list[Record]:
        query = (
            'SELECT topic, partition, "offset", time_ms, key, value, headers FROM records'
            ' WHERE topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?'
        )
        rows = self._connections.get().execute(query, (*place, self._next[place], limit)).fetchall()
        return [Record(t, p, o, ms, key, value, _HEADERS.decode(headers)) for t, p, o, ms, key, value, headers in rows]

    def seek(self, topic: str, partition: int, offset: int) -> None:
        self._next[topic, partition] = offset
        self._seen_version = -1

    def commit(self, positions: Mapping[tuple[str, int], int]) -> None:
        if not self._group:
            return
        rows = [(topic, partition, self._group, offset) for (topic, partition), offset in positions.items()]
        with self._connections.writing() as db:
            db.executemany("INSERT OR REPLACE INTO positions VALUES (?,?,?,?)", rows)

    def assigned(self) -> Sequence[tuple[str, int]]:
        return list(self._next)

    def close(self) -> None:
        if not self._group:
            return
        with self._connections.writing() as db:
            db.execute("DELETE FROM leases WHERE grp = ? AND member = ?", (self._group, self._member))


_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])
