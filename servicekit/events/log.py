"""An append-only log of keyed records in partitions, whichever system keeps it.

Order holds within a partition; a key always lands in the same one. Records of one consumer group go to one consumer
at a time. Where a consumer begins is its caller's choice (`start_at`): the position that counts is the one stored with
the effect, not the log's own.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class TopicSpec:
    """A topic as it should be. `compacted`: of each key only the last record needs to be kept."""

    name: str
    partitions: int = 4
    compacted: bool = False
    max_message_bytes: int = 4 * 1024 * 1024
    retention_bytes: int = 1024**3


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in the log. `value` is None where a compacted key was removed."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One record to be written. The log sets offset and timestamp, and the partition by the key unless it is named."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = field(default=())
    partition: int | None = None


class Publisher(Protocol):
    """Writes records. Safe to use from several threads."""

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        """Sends; the future holds (partition, offset) once the log has acknowledged it, or the error."""

    def flush(self, timeout_seconds: float = 30.0) -> None:
        """Waits until all that was published is acknowledged."""

    def close(self) -> None: ...


StartAt = Callable[[str, int], int | None]
"""(topic, partition) -> offset to begin at on assignment; None: what the group committed, else the beginning."""


class Subscription(Protocol):
    """One member of a consumer group. Used by one thread."""

    def poll(self, timeout_seconds: float, max_records: int = 500) -> Mapping[tuple[str, int], Sequence[Record]]:
        """Next records by (topic, partition); empty when the time is up."""

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Reads on from that offset."""

    def commit(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Tells the log the next offset of each partition, for lag tools."""

    def assigned(self) -> Sequence[tuple[str, int]]: ...

    def close(self) -> None: ...


class EventLog(Protocol):
    """A connection to the system that keeps the log; opened by `servicekit.events.open_event_log(url)`."""

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        """Creates those that are missing; never alters one that exists."""

    def partitions(self, topic: str) -> int: ...

    def partition_for(self, topic: str, key: bytes) -> int: ...

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        """Offset that the next record of each partition will have."""

    def committed(self, topic: str, group: str) -> Mapping[int, int]:
        """Next offset of each partition as the group committed it; partitions never committed are left out."""

    def publisher(self) -> Publisher: ...

    def subscribe(self, topics: Sequence[str], group: str, member: str, start_at: StartAt) -> Subscription:
        """Joins a group. `member` names this process's place in it, and is kept over its restarts."""

    def follow(self, topic: str) -> Subscription:
        """Reads all partitions of one topic from the beginning, in no group: every follower sees everything."""

    def close(self) -> None: ...
