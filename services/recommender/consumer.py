"""Learns from the clickstream: records in, one atomic write a batch out (docs/architecture.md says why that suffices).

What cannot be taken in goes to the dead-letter topic before the batch is written, so it may be there twice after a
crash, under the same key, but is never missing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field

from contracts import topics, user_events
from contracts.user_events import BadRecord
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog, Message, Publisher, Record, Subscription
from servicekit.metrics import Metrics
from servicekit.state.store import Batch, Fenced, StateStore
from services.recommender import popularity
from services.recommender import profile as profiles
from services.recommender.codec import to_shopper_event
from services.recommender.events import ShopperEvent
from services.recommender.profile import Profile
from services.recommender.store import CLOCK, ProfileStore, profile_key, user_set
from shopkeeper.events.v1.events_pb2 import ProfileDeletion

GROUP = "recommender"
_LOG = logging.getLogger(__name__)
_DAY_SECONDS = 86_400


@dataclass
class Folded:
    """What a batch of records comes to."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    users: dict[str, set[str]] = field(default_factory=dict)
    newest_ms: int = 0
    applied: dict[str, int] = field(default_factory=dict)


class Consumer:
    """One member of the recommender's consumer group. `run` blocks until `stop` is set."""

    def __init__(
        self,
        log: EventLog,
        state: StateStore,
        store: ProfileStore,
        shop_id: str,
        metrics: Metrics,
        *,
        member: str,
        batch_records: int,
        event_id_ring: int,
        counter_days: int,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._log, self._state, self._store, self._shop, self._metrics = log, state, store, shop_id, metrics
        self._member, self._batch_records = f"{shop_id}-{GROUP}-{member}", batch_records
        self._ring, self._counter_days, self._now_ms = event_id_ring, counter_days, now_ms
        self._topic = topics.user_events(shop_id).name
        self._positions: dict[int, int] = {}
        self._next_look = 0.0

    def run(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None:
        """Consumes until stopped, or until the partitions have reached the offsets of `until`."""
        publisher = self._log.publisher()
        try:
            while not stop.is_set() and not self._reached(until):
                self._serve_membership(stop, publisher, until)
        finally:
            publisher.close()

    def _serve_membership(self, stop: threading.Event, publisher: Publisher, until: Mapping[int, int] | None) -> None:
        """One stay in the group; ends when the log or the store is lost, to begin anew from what is stored."""
        self._positions.clear()
        try:
            subscription = self._log.subscribe([self._topic], f"{self._shop}.{GROUP}", self._member, self._start_at)
        except Unavailable as error:
            _LOG.warning("cannot join the consumer group: %s", error)
            stop.wait(1.0)
            return
        try:
            while not stop.is_set() and not self._reached(until):
                self.consume_once(subscription, publisher)
        except (Unavailable, TimeoutError) as error:
            _LOG.warning("consumer starts over: %s", error)
            stop.wait(0.5)
        finally:
            _close(subscription)

    def _start_at(self, topic: str, partition: int) -> int:
        self._positions[partition] = self._state.offset(_stream(topic, partition))
        return self._positions[partition]

    def _reached(self, until: Mapping[int, int] | None) -> bool:
        if until is None:
            return False
        stored = {partition: self._positions.get(partition, 0) for partition in until}
        return all(stored[partition] >= end for partition, end in until.items())

    def consume_once(self, subscription: Subscription, publisher: Publisher, timeout_seconds: float = 0.2) -> int:
        """Polls once and applies what came. Returns how many records that were."""
        batches = subscription.poll(timeout_seconds, self._batch_records)
        for (topic, partition), records in batches.items():
            try:
                self._apply(partition, records, publisher)
            except Fenced as fenced:
                _LOG.warning("reading on from what is stored: %s", fenced)
                self._positions[partition] = fenced.stored
                subscription.seek(topic, partition, fenced.stored)
        if batches:
            subscription.commit({place: self._positions[place[1]] for place in batches})
        self._look_around(subscription)
        return sum(len(records) for records in batches.values())

    def _apply(self, partition: int, records: Sequence[Record], publisher: Publisher) -> None:
        # A partition whose position could not be read when it was assigned: the fence sends it to where it stands.
        begin, end = self._positions.setdefault(partition, -1), records[-1].offset + 1
        fresh = [record for record in records if record.offset >= begin]
        if not fresh:
            return
        if begin < 0:
            raise Fenced(_stream(self._topic, partition), begin, self._state.offset(_stream(self._topic, partition)))
        folded = self._fold(partition, self._readable(fresh, publisher))
        self._state.apply(self._batch(partition, begin, end, folded))
        self._positions[partition] = end
        self._count(folded, fresh)

    def _readable(self, records: Sequence[Record], publisher: Publisher) -> list[ShopperEvent | ProfileDeletion]:
        """The events of the records; the rest is in the dead letters, acknowledged, when this returns."""
        now_ms, events, refused = self._now_ms(), [], []
        for record in records:
            try:
                event = user_events.read(record, now_ms)
            except BadRecord as error:
                refused.append(publisher.publish(dead_letter(self._shop, record, error)))
                self._metrics.dead_lettered.labels(error.reason).inc()
                continue
            events.append(event if isinstance(event, ProfileDeletion) else to_shopper_event(event))
        for future in refused:
            future.result(30)
        return events

    def _fold(self, partition: int, events: Sequence[ShopperEvent | ProfileDeletion]) -> Folded:
        visitors = list(dict.fromkeys(event.visitor_id for event in events))
        folded = Folded(self._store.of_partition(partition, visitors))
        for event in events:
            if isinstance(event, ProfileDeletion):
                known = folded.profiles[event.visitor_id]
                # To its last event, however far a device's clock ran ahead: the ids are forgotten too, and what is sent
                # again must not come back.
                at_ms = max(event.delete_time.ToMilliseconds(), known.forgotten_at_ms, known.last_event_ms)
                folded.profiles[event.visitor_id] = profiles.forget(event.visitor_id, at_ms)
            else:
                self._fold_event(folded, event)
        return folded

    def _fold_event(self, folded: Folded, event: ShopperEvent) -> None:
        if not profiles.fold(folded.profiles[event.visitor_id], event, self._ring):
            return
        for counter, name, n in popularity.increments(event):
            fields = folded.counters.setdefault(counter, {})
            fields[name] = fields.get(name, 0) + n
        if event.user_id:
            folded.users.setdefault(event.user_id, set()).add(event.visitor_id)
        folded.newest_ms = max(folded.newest_ms, event.time_ms)
        folded.applied[event.event_type] = folded.applied.get(event.event_type, 0) + 1

    def _batch(self, partition: int, begin: int, end: int, folded: Folded) -> Batch:
        puts = {profile_key(partition, name): profiles.encode(found) for name, found in folded.profiles.items()}
        return Batch(
            _stream(self._topic, partition),
            begin,
            end,
            puts=puts,
            increments=folded.counters,
            members={user_set(user_id): sorted(visitors) for user_id, visitors in folded.users.items()},
            maxima={CLOCK: folded.newest_ms} if folded.newest_ms else {},
            expiries=dict.fromkeys(folded.counters, self._counter_days * _DAY_SECONDS) if self._counter_days else {},
        )

    def _count(self, folded: Folded, records: Iterable[Record]) -> None:
        for event_type, count in folded.applied.items():
            self._metrics.events_applied.labels(event_type).inc(count)
        now_ms = time.time_ns() / 1e6
        for record in records:
            self._metrics.freshness.observe(max(0.0, now_ms - record.timestamp_ms) / 1000)

    def _look_around(self, subscription: Subscription) -> None:
        """Now and then: the lag, and whether the store still holds what this consumer wrote. A store that came back
        older tells of it at the next write; in a quiet shop that may be long."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + 5
        self._leave({partition for _, partition in subscription.assigned()})
        ends = self._log.end_offsets(self._topic)
        for partition, position in self._positions.items():
            stored = self._state.offset(_stream(self._topic, partition))
            if stored != position:
                _LOG.warning("%s: reading on from %d, as stored", _stream(self._topic, partition), stored)
                self._positions[partition] = stored
                subscription.seek(self._topic, partition, stored)
            if partition in ends:
                self._tell_lag(partition, ends[partition], stored)

    def _leave(self, mine: Set[int]) -> None:
        """Another member tells the lag of what is no longer ours; ours would stand still and look like a backlog."""
        for partition in [partition for partition in self._positions if partition not in mine]:
            del self._positions[partition]
            with suppress(KeyError):
                self._metrics.consumer_lag.remove(self._topic, str(partition))

    def _tell_lag(self, partition: int, end: int, position: int) -> None:
        self._metrics.consumer_lag.labels(self._topic, str(partition)).set(max(0, end - position))
        if position > end:
            _LOG.error(
                "%s ends at offset %d, but the state has taken in %d: it was made from another log. What comes is"
                " passed over until then; bring the old log back, or begin with an empty state",
                _stream(self._topic, partition),
                end,
                position,
            )


def _stream(topic: str, partition: int) -> str:
    return f"{topic}/{partition}"


def _close(subscription: Subscription) -> None:
    try:
        subscription.close()
    except Exception:
        _LOG.warning("leaving the consumer group failed", exc_info=True)


def dead_letter(shop_id: str, record: Record, error: BadRecord) -> Message:
    """The record as it was, with where it stood and what is wrong with it in headers."""
    place = f"{record.topic}:{record.partition}:{record.offset}"
    headers = [
        *record.headers,
        ("dlq_topic", record.topic.encode()),
        ("dlq_partition", str(record.partition).encode()),
        ("dlq_offset", str(record.offset).encode()),
        ("dlq_timestamp", str(record.timestamp_ms).encode()),
        ("dlq_key", record.key or b""),
        ("dlq_reason", error.reason.encode()),
        ("dlq_exception", type(error).__name__.encode()),
        ("dlq_message", str(error)[:1000].encode()),
    ]
    return Message(topics.dead_letters(shop_id).name, place.encode(), record.value, headers)
