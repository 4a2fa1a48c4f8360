"""Profiles in the state store.

A profile is kept by partition as well as visitor: whatever partitioner a producer uses, and whenever partitions are
added, each has one writer, the consumer of that partition. Reading merges them, as it merges the visitors of a user.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from servicekit.state.store import StateStore
from services.recommender import profile as profiles
from services.recommender.profile import Profile

CLOCK = "clock"
"""Name of the maximum that holds the newest event time."""

VISITORS_READ = 100
"""Of one user: a producer that calls every guest `guest` must not make each answer read the whole shop."""


def profile_key(partition: int, visitor_id: str) -> str:
    return f"profile:{partition}:{visitor_id}"


def user_set(user_id: str) -> str:
    """Name of the set of a user's visitors."""
    return f"user:{user_id}"


@dataclass(frozen=True)
class Traces:
    """What must be known of visitors to forget them: when they were last heard of, and who they said they were."""

    last_event_ms: int
    user_ids: frozenset[str]


class ProfileStore:
    """Reads profiles for answers and for consumers. Blocks; call it in a thread."""

    def __init__(self, state: StateStore, partitions: int) -> None:
        self._state, self._partitions = state, partitions

    def of_partition(self, partition: int, visitor_ids: Sequence[str]) -> dict[str, Profile]:
        """What that partition's events made of each visitor; a new profile for one never seen."""
        values = self._state.get_many([profile_key(partition, visitor_id) for visitor_id in visitor_ids])
        return {
            visitor_id: profiles.decode(value) if value else Profile(visitor_id=visitor_id)
            for visitor_id, value in zip(visitor_ids, values, strict=True)
        }

    def read(self, visitor_id: str, user_id: str = "") -> Profile:
        """The whole shopper: all partitions, and the visitors of the user if one is named, at most 100."""
        parts = self._parts(self.visitors(visitor_id, user_id)[:VISITORS_READ])
        live = [part for part in parts if part.event_count]
        merged = live[0] if len(live) == 1 else profiles.merge(live)
        own = visitor_id or merged.visitor_id
        merged.linked_visitor_ids = sorted({part.visitor_id for part in live} - {own})
        merged.visitor_id, merged.user_id = own, user_id or merged.user_id
        return merged

    def visitors(self, visitor_id: str, user_id: str = "") -> list[str]:
        """The visitor and, if a user is named, all their others."""
        linked = self._state.members(user_set(user_id)) if user_id else ()
        return list(dict.fromkeys([name for name in (visitor_id, *linked) if name]))

    def traces(self, visitor_ids: Sequence[str]) -> Traces:
        parts = self._parts(visitor_ids)
        last_ms = max((part.last_event_ms for part in parts), default=0)
        return Traces(last_ms, frozenset(part.user_id for part in parts if part.user_id))

    def forgotten(self, visitor_id: str, time_ms: int) -> bool:
        """Whether every partition holds the tombstone of that time or a later one."""
        values = self._state.get_many([profile_key(partition, visitor_id) for partition in range(self._partitions)])
        return all(value is not None and profiles.decode(value).forgotten_at_ms >= time_ms for value in values)

    def unlink(self, user_id: str, visitor_ids: Iterable[str]) -> None:
        self._state.remove_members(user_set(user_id), visitor_ids)

    def newest_event_ms(self) -> int:
        return self._state.maximum(CLOCK)

    def _parts(self, visitor_ids: Sequence[str]) -> list[Profile]:
        keys = [profile_key(partition, name) for name in visitor_ids for partition in range(self._partitions)]
        return [profiles.decode(value) for value in self._state.get_many(keys) if value]
