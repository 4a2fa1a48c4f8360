"""What the recommender's roles that read the event log have in common."""

import threading
from collections.abc import Mapping
from typing import Protocol


class Runs(Protocol):
    """Blocks until `stop` is set, or until the partitions have reached the offsets of `until`."""

    def __call__(self, stop: threading.Event, until: Mapping[int, int] | None = None) -> None: ...
