"""Keeps the clickstream as Parquet, by date of the event, for training.

    <archive>/user-events/date=2026-01-31/<partition>-<first offset>.parquet
    <archive>/user-events/_state/<partition>.json      next offset, and whom to keep out

The state is written after the files. Files of a flush that did not get that far begin at or after the stored offset and
are removed at the start, so that each event is there once. Who wrote a partition's state last owns it: another member
that still holds rows of it finds the state moved on, drops them and joins anew.
"""

import hashlib
import json
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import topics, user_events
from contracts.user_events import BadRecord
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog, Record, Subscription
from shopkeeper.events.v1.events_pb2 import ProfileDeletion

_LOG = logging.getLogger(__name__)
_DAY_MS = 86_400_000
SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("event_type", pa.string()),
        ("time_ms", pa.int64()),
        ("visitor_id", pa.string()),
        ("user_id", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("payload", pa.binary()),
    ]
)
Row = tuple[str, str, int, str, str, int, int, bytes]


class EventArchive:
    """The files, on any fsspec file system."""

    def __init__(self, url: str) -> None:
        self._fs, root = fsspec.core.url_to_fs(url)
        self._root = f"{root}/user-events"

    def load_state(self, partition: int) -> tuple[int, dict[str, int]]:
        """(next offset, {hash of a forgotten visitor: time in ms}) of a partition."""
        path = self._state_path(partition)
        if not self._fs.exists(path):
            return 0, {}
        with self._fs.open(path, "rb") as file:
            state = json.load(file)
        return int(state["next_offset"]), dict(state["forgotten"])

    def save_state(self, partition: int, next_offset: int, forgotten: Mapping[str, int]) -> None:
        data = json.dumps({"next_offset": next_offset, "forgotten": forgotten}).encode()
        self._write(self._state_path(partition), lambda file: file.write(data))

    def _state_path(self, partition: int) -> str:
        return f"{self._root}/_state/{partition}.json"

    def _write(self, path: str, write: Any) -> None:
        """Under another name first, so that no reader sees half a file."""
        self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with self._fs.open(f"{path}.part", "wb") as file:
            write(file)
            file.flush()
            with suppress(AttributeError, OSError):  # only a file on a disk can be asked to stay there
                os.fsync(file.fileno())
        self._fs.mv(f"{path}.part", path)

    def write_rows(self, partition: int, rows: Sequence[Row]) -> None:
        """One file a date."""
        by_date: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_date[_date(row[2])].append(row)
        for date, dated in by_date.items():
            self._write_table(f"{self._root}/date={date}/{partition}-{rows[0][6]}.parquet", _table(dated))

    def _write_table(self, path: str, table: pa.Table) -> None:
        self._write(path, lambda file: pq.write_table(table, file, compression="zstd"))

    def remove_unfinished(self, partition: int, next_offset: int) -> None:
        """Files of a flush whose end was not recorded."""
        for path in self._files(partition):
            if int(path.rsplit("-", 1)[1].removesuffix(".parquet")) >= next_offset:
                self._fs.rm(path)
        for path in self._fs.glob(f"{self._root}/date=*/{partition}-*.parquet.part"):
            self._fs.rm(path)

    def remove_visitors(self, partition: int, visitor_ids: AbstractSet[str]) -> None:
        """Rewrites the files that have rows of these visitors, without them."""
        for path in self._files(partition):
            with self._fs.open(path, "rb") as file:
                visitors = pq.read_table(file, columns=["visitor_id"])["visitor_id"].to_pylist()
            keep = [name not in visitor_ids for name in visitors]
            if not any(keep):
                self._fs.rm(path)
            elif not all(keep):
                with self._fs.open(path, "rb") as file:
                    table = pq.read_table(file)
                self._write_table(path, table.filter(pa.array(keep)))

    def _files(self, partition: int) -> list[str]:
        return sorted(str(path) for path in self._fs.glob(f"{self._root}/date=*/{partition}-*.parquet"))


def _date(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%d}"


def _table(rows: Sequence[Row]) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return pa.table(columns, schema=SCHEMA)


@dataclass
class _Partition:
    """What of a partition has been read since the state was saved at `saved_offset`."""

    saved_offset: int
    next_offset: int
    forgotten: dict[str, int]
    erase: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)


class Archiver:
    """One member of the archivers' consumer group. `run` blocks until `stop` is set."""

    def __init__(
        self,
        log: EventLog,
        archive: EventArchive,
        shop_id: str,
        *,
        member: str,
        flush_seconds: float,
        flush_records: int,
    ) -> None:
        self._log, self._archive, self._shop = log, archive, shop_id
        self._member, self._flush_seconds, self._flush_records = member, flush_seconds, flush_records
        self._topic = topics.user_events(shop_id).name
        self._parts: dict[int, _Partition] = {}
        self._flushed_at = time.monotonic()

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Archives until stopped, or until the partitions have reached the offsets of `until`; flushes at the end."""
        while not stop.is_set() and not self._reached(until):
            try:
                self._serve_membership(stop, until)
            except (Unavailable, OSError) as error:
                _LOG.warning("archiver starts over: %s", error)
                stop.wait(1.0)

    def _serve_membership(self, stop: threading.Event, until: Mapping[int, int] | None) -> None:
        self._parts.clear()
        group, member = f"{self._shop}.archiver", f"{self._shop}-archiver-{self._member}"
        subscription = self._log.subscribe([self._topic], group, member, self.start_at)
        try:
            while not stop.is_set() and not self._reached(until):
                self.archive_once(subscription)
            self.flush(subscription)
        finally:
            _close(subscription)

    def start_at(self, _topic: str, partition: int) -> int:
        """Where a partition goes on that was assigned, after what a killed archiver left is cleared away."""
        next_offset, forgotten = self._archive.load_state(partition)
        self._archive.remove_unfinished(partition, next_offset)
        self._parts[partition] = _Partition(next_offset, next_offset, forgotten)
        return next_offset

    def _reached(self, until: Mapping[int, int] | None) -> bool:
        if until is None:
            return False
        return all(p in self._parts and self._parts[p].next_offset >= end for p, end in until.items() if end)

    def positions(self) -> Mapping[int, int]:
        """Next offset of each partition held."""
        return {partition: part.next_offset for partition, part in self._parts.items()}

    def archive_once(self, subscription: Subscription, timeout_seconds: float = 0.5) -> None:
        """Polls once; writes if it is time."""
        batches = subscription.poll(timeout_seconds, 5000)
        mine = {partition for _, partition in subscription.assigned()}
        self._parts = {partition: part for partition, part in self._parts.items() if partition in mine}
        for (_, partition), records in batches.items():
            if partition not in self._parts:
                raise Unavailable(
                    f"the archive's state of partition {partition} could not be read when it was assigned"
                )
            for record in records:
                self._take(partition, record)
        waiting = sum(len(part.rows) for part in self._parts.values())
        if waiting >= self._flush_records or time.monotonic() - self._flushed_at > self._flush_seconds:
            self.flush(subscription)

    def _take(self, partition: int, record: Record) -> None:
        part = self._parts[partition]
        if record.offset < part.next_offset:
            return
        try:
            event = user_events.read(record, time.time_ns() // 1_000_000)
        except BadRecord:
            part.next_offset = record.offset + 1  # the consumer has put it among the dead letters
            return
        if isinstance(event, ProfileDeletion):
            self._forget(partition, event)
        elif user_events.time_ms(event) > part.forgotten.get(_hash(event.visitor_id), -1):
            times = (event.event_id, event.event_type, user_events.time_ms(event), event.visitor_id, event.user_id)
            part.rows.append((*times, partition, record.offset, event.SerializeToString()))
        part.next_offset = record.offset + 1

    def _forget(self, partition: int, deletion: ProfileDeletion) -> None:
        part = self._parts[partition]
        part.rows = [row for row in part.rows if row[3] != deletion.visitor_id]
        name = _hash(deletion.visitor_id)
        part.forgotten[name] = max(deletion.delete_time.ToMilliseconds(), part.forgotten.get(name, -1))
        part.erase.add(deletion.visitor_id)

    def flush(self, subscription: Subscription) -> None:
        """Writes what waits, then where to go on."""
        self._flushed_at = time.monotonic()
        changed = {number: part for number, part in self._parts.items() if part.next_offset != part.saved_offset}
        for partition, part in changed.items():
            self._flush(partition, part)
        if changed:
            subscription.commit({(self._topic, number): part.next_offset for number, part in changed.items()})

    def _flush(self, partition: int, part: _Partition) -> None:
        stored, _ = self._archive.load_state(partition)
        if stored != part.saved_offset:
            raise Unavailable(f"another member has archived partition {partition} up to {stored}")
        if part.erase:
            self._archive.remove_visitors(partition, part.erase)
        if part.rows:
            self._archive.write_rows(partition, part.rows)
        self._archive.save_state(partition, part.next_offset, part.forgotten)
        part.saved_offset, part.rows, part.erase = part.next_offset, [], set()


def _close(subscription: Subscription) -> None:
    try:
        subscription.close()
    except Exception:
        _LOG.warning("leaving the archivers' group failed", exc_info=True)


def _hash(visitor_id: str) -> str:
    """The archive remembers whom it forgot without keeping their id."""
    return hashlib.sha256(visitor_id.encode()).hexdigest()
