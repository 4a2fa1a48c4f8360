"""State that is read at every request and written by consumers: values, counters, offsets.

Keys are plain strings; the implementation prefixes them with the shop. All methods block; call them in a thread.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Fenced(Exception):
    """Nothing was written: the stored offset is not the one that the write was made for."""

    def __init__(self, stream: str, expected: int, stored: int) -> None:
        super().__init__(f"{stream}: write made for offset {expected}, the store holds {stored}")
        self.stored = stored


@dataclass(frozen=True)
class Batch:
    """One atomic write: all of it, or nothing.

    `stream` names a partition of a topic; `begin` is the offset that must be stored for it (0 at first), `end` the one
    stored afterwards. `puts` are values by key (None deletes), `increments` are counters[name][field] += n,
    `members` are sets[name] united with these, `maxima` are numbers kept where larger, `expiries` are seconds by key
    or counter's or set's name.
    """

    stream: str
    begin: int
    end: int
    puts: Mapping[str, bytes | None] = field(default_factory=dict)
    increments: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    maxima: Mapping[str, int] = field(default_factory=dict)
    expiries: Mapping[str, int] = field(default_factory=dict)


class StateStore(Protocol):
    """Opened by `servicekit.state.open_state(url, shop_id)`. Safe to use from several threads."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Values in the order of `keys`."""

    def counters(self, name: str) -> Mapping[str, int]:
        """All fields of one counter."""

    def members(self, name: str) -> Sequence[str]:
        """A set's members, sorted."""

    def maximum(self, name: str) -> int:
        """The largest number put under that name; 0 if none."""

    def offset(self, stream: str) -> int:
        """The next offset of a stream; 0 if nothing was applied."""

    def apply(self, batch: Batch) -> None:
        """Writes a batch. Raises Fenced if the stored offset is not `batch.begin`."""

    def put(self, key: str, value: bytes | None, ttl_seconds: int | None = None) -> None:
        """One value outside any stream."""

    def remove_members(self, name: str, members: Iterable[str]) -> None:
        """Takes members out of a set."""

    def take(self, name: str, limit: int, window_seconds: float) -> float:
        """One of `limit` permits a window (a rate limit). Returns 0 if granted, else seconds to wait."""

    def ping(self) -> None:
        """Raises if the store does not answer."""

    def close(self) -> None: ...
