"""The event log on Kafka, by kafka-python 3. Producers wait for all replicas and are idempotent; consumers use static
membership, so that one that was killed is back in its place at once, and never commit on their own."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import kafka
import kafka.admin
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.partitioner.default import murmur2

from servicekit.errors import InvalidInput, Unavailable, Violation
from servicekit.events.log import Message, Record, StartAt, TopicSpec

_LARGEST_MESSAGE = 5 * 1024 * 1024
_ANSWER_MS = 10_000
_RECONNECT_MS = 1_000
"""A broker that is back is found within a second; kafka-python's own wait grows to thirty."""


@contextmanager
def _kafka_errors(servers: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        name = type(error).__name__
        message = f"Kafka at {','.join(servers)}: {name}: {error}"
        raise Unavailable(message, reason="LOG_UNAVAILABLE") from error


class KafkaLog:
    """An EventLog on a Kafka cluster."""

    def __init__(self, servers: Sequence[str], session_timeout_ms: int = 6000) -> None:
        self._servers, self._session_timeout_ms = list(servers), session_timeout_ms
        self._lock = threading.Lock()
        self._asking: Any = None
        self._admin: Any = None
        self._partitions: dict[str, int] = {}

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with self._lock, _kafka_errors(self._servers):
            admin = self._open_admin()
            existing = set(admin.list_topics())
            for spec in topics:
                if spec.name not in existing:
                    self._create(admin, spec)

    def _open_admin(self) -> Any:
        if self._admin is None:
            self._admin = kafka.KafkaAdminClient(bootstrap_servers=self._servers, bootstrap_timeout_ms=_ANSWER_MS)
        return self._admin

    def _create(self, admin: Any, spec: TopicSpec) -> None:
        configs = {
            "max.message.bytes": str(spec.max_message_bytes),
            "cleanup.policy": "compact" if spec.compacted else "delete",
            # Retention goes by size: a shop's log is not emptied because nobody came for a week.
            "retention.ms": "-1",
            "retention.bytes": str(spec.retention_bytes),
        }
        topic = kafka.admin.NewTopic(spec.name, num_partitions=spec.partitions, topic_configs=configs)
        try:
            admin.create_topics([topic], wait_for_metadata=True)
        except TopicAlreadyExistsError:
            return  # another process was faster

    def partitions(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = len(self._ask("partitions_for_topic", topic) or ())
        if not self._partitions[topic]:
            del self._partitions[topic]
            raise Unavailable(f"topic {topic!r} does not exist", reason="UNKNOWN_TOPIC")
        return self._partitions[topic]

    def partition_for(self, topic: str, key: bytes) -> int:
        hashed: int = murmur2(key)
        return (hashed & 0x7FFFFFFF) % self.partitions(topic)

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        places = [kafka.TopicPartition(topic, partition) for partition in range(self.partitions(topic))]
        return {place.partition: offset for place, offset in self._ask("end_offsets", places).items()}

    def committed(self, topic: str, group: str) -> Mapping[int, int]:
        with self._lock, _kafka_errors(self._servers):
            offsets = self._group_offsets(group)
        return {
            place.partition: found.offset
            for place, found in offsets.items()
            if place.topic == topic and found.offset >= 0
        }

    def _group_offsets(self, group: str) -> Mapping[Any, Any]:
        """A broker that has just been born says for some seconds that it has no coordinator yet."""
        deadline = time.monotonic() + _ANSWER_MS / 1000
        while True:
            try:
                found: Mapping[Any, Any] = self._open_admin().list_group_offsets({group: None}).get(group, {})
            except KafkaError as error:
                if not getattr(error, "retriable", False) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return found

    def _ask(self, method: str, *arguments: object) -> Any:
        """Asks the one consumer that is kept for questions; it belongs to no group."""
        with self._lock, _kafka_errors(self._servers):
            if self._asking is None:
                self._asking = kafka.KafkaConsumer(
                    bootstrap_servers=self._servers,
                    enable_auto_commit=False,
                    allow_auto_create_topics=False,
                    bootstrap_timeout_ms=_ANSWER_MS,
                )
            return getattr(self._asking, method)(*arguments)

    def publisher(self) -> "KafkaPublisher":
        return KafkaPublisher(self._servers)

    def subscribe(self, topics: Sequence[str], group: str, member: str, start_at: StartAt) -> "KafkaSubscription":
        return KafkaSubscription(self._servers, topics, group, member, start_at, self._session_timeout_ms)

    def follow(self, topic: str) -> "KafkaSubscription":
        self.partitions(topic)
        return KafkaSubscription(self._servers, [topic], "", "", lambda _t, _p: 0, self._session_timeout_ms)

    def close(self) -> None:
        with self._lock:
            for client in (self._asking, self._admin):
                if client is not None:
                    client.close()
            self._asking = self._admin = None


class KafkaPublisher:
    """A producer that waits for all replicas."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = servers
        with _kafka_errors(servers):
            self._producer = kafka.KafkaProducer(
                bootstrap_servers=servers,
                acks="all",
                enable_idempotence=True,
                max_request_size=_LARGEST_MESSAGE,
                delivery_timeout_ms=30_000,
                request_timeout_ms=10_000,
                max_block_ms=_ANSWER_MS,
                bootstrap_timeout_ms=_ANSWER_MS,
                reconnect_backoff_max_ms=_RECONNECT_MS,
                allow_auto_create_topics=False,
            )

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        future: Future[tuple[int, int]] = Future()
        future.set_running_or_notify_cancel()  # who waits may leave; the record is on its way
        try:
            sent = self._producer.send(
                message.topic,
                value=message.value,
                key=message.key,
                headers=list(message.headers),
                partition=message.partition,
            )
        except KafkaError as error:
            future.set_exception(self._unavailable(error))
            return future
        sent.add_callback(lambda metadata: future.set_result((metadata.partition, metadata.offset)))
        sent.add_errback(lambda error: future.set_exception(self._unavailable(error)))
        return future

    def _unavailable(self, error: Exception) -> Exception:
        if "TooLarge" in type(error).__name__:
            return InvalidInput.of(Violation("value", f"too large for the topic: {error}"))
        message = f"Kafka at {','.join(self._servers)}: {type(error).__name__}: {error}"
        return Unavailable(message, reason="LOG_UNAVAILABLE")

    def flush(self, timeout_seconds: float = 30.0) -> None:
        """Waits until all that was published is acknowledged. Raises TimeoutError."""
        try:
            self._producer.flush(timeout=timeout_seconds)
        except KafkaError as error:
            raise TimeoutError(f"not acknowledged within {timeout_seconds} s") from error

    def close(self) -> None:
        self._producer.close(timeout=10)


class _Listener(kafka.ConsumerRebalanceListener):  # type: ignore[misc]
    """Moves each partition that comes in to where its effect stands."""

    def __init__(self, consumer: Any, start_at: StartAt) -> None:
        self._consumer, self._start_at = consumer, start_at

    def on_partitions_revoked(self, revoked: object) -> None:
        """Nothing to save: the position is stored with the effect."""

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        for place in assigned:
            offset = self._start_at(place.topic, place.partition)
            if offset is not None:
                self._consumer.seek(place, offset)


def _open_consumer(servers: Sequence[str], **options: object) -> Any:
    return kafka.KafkaConsumer(
        bootstrap_servers=servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=2 * _LARGEST_MESSAGE,
        bootstrap_timeout_ms=_ANSWER_MS,
        reconnect_backoff_max_ms=_RECONNECT_MS,
        **options,
    )


class KafkaSubscription:
    """One static member of a consumer group; without a group, a follower of one topic."""

    def __init__(
        self,
        servers: Sequence[str],
        topics: Sequence[str],
        group: str,
        member: str,
        start_at: StartAt,
        session_timeout_ms: int,
    ) -> None:
        self._servers = servers
        with _kafka_errors(servers):
            if group:
                self._consumer = _open_consumer(
                    servers,
                    group_id=group,
                    group_instance_id=member,
                    session_timeout_ms=session_timeout_ms,
                    heartbeat_interval_ms=session_timeout_ms // 3,
                )
                self._consumer.subscribe(list(topics), listener=_Listener(self._consumer, start_at))
            else:
                self._consumer = _open_consumer(servers, group_id=None)
                self._follow(topics[0])

    def _follow(self, topic: str) -> None:
        places = [kafka.TopicPartition(topic, p) for p in self._consumer.partitions_for_topic(topic) or ()]
        self._consumer.assign(places)
        self._consumer.seek_to_beginning(*places)

    def poll(self, timeout_seconds: float, max_records: int = 500) -> Mapping[tuple[str, int], Sequence[Record]]:
        with _kafka_errors(self._servers):
            polled = self._consumer.poll(timeout_ms=int(timeout_seconds * 1000), max_records=max_records)
        return {
            (place.topic, place.partition): [
                Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in records
            ]
            for place, records in polled.items()
        }

    def seek(self, topic: str, partition: int, offset: int) -> None:
        with _kafka_errors(self._servers):
            self._consumer.seek(kafka.TopicPartition(topic, partition), offset)

    def commit(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Sends and does not wait: what counts is stored with the effect, this is for lag tools."""
        if self._consumer.config["group_id"] is None:
            return
        offsets = {
            kafka.TopicPartition(*place): kafka.OffsetAndMetadata(offset, "", -1) for place, offset in positions.items()
        }
        with _kafka_errors(self._servers):
            self._consumer.commit_async(offsets)

    def assigned(self) -> Sequence[tuple[str, int]]:
        return [(place.topic, place.partition) for place in self._consumer.assignment()]

    def close(self) -> None:
        self._consumer.close(timeout_ms=2000)
