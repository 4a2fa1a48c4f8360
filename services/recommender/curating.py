"""Merchandisers' decisions: kept in the records, followed by every replica."""

import logging
import threading
import time
from collections.abc import Callable

from servicekit.errors import Unavailable
from services.recommender.curation import Curation, Curations
from services.recommender.records import CurationRecords
from services.recommender.replica_catalogue import ReplicaCatalogue

_LOG = logging.getLogger(__name__)


class Curator:
    """Hands the decisions to `apply` whenever they have changed; those last known stay while the records are away.

    Blocks; call it in a thread.
    """

    def __init__(
        self,
        records: CurationRecords,
        catalogue: ReplicaCatalogue,
        apply: Callable[[Curations], None],
        seconds: float,
    ) -> None:
        self._records, self._catalogue, self._apply, self._seconds = records, catalogue, apply, seconds
        self._applied: Curations | None = None
        # What was read before a decision must not be applied after it.
        self._reading = threading.Lock()

    @property
    def known(self) -> bool:
        """Whether the records were ever read."""
        return self._applied is not None

    def all(self) -> list[Curation]:
        """In the order in which they were made. Raises Unavailable."""
        return self._records.curations()

    def decide(self, wanted: Curation) -> Curation:
        """Keeps a decision; this replica's next answer follows it. Neither pinned nor hidden takes it back.

        Raises NotFound for a product that the shop does not have, Conflict where there are too many already, and
        Unavailable.
        """
        if wanted.pinned or wanted.hidden:
            self._catalogue.message(wanted.product_id)
            kept = self._records.put(wanted)
        else:
            kept = self._taken_back(wanted)
        self.look()
        return kept

    def _taken_back(self, wanted: Curation) -> Curation:
        """Also of a product that has left the shop since."""
        if not self._records.remove(wanted.product_id):
            self._catalogue.message(wanted.product_id)
        return Curation(wanted.product_id, actor=wanted.actor, update_time_us=time.time_ns() // 1000)

    def look(self) -> None:
        """Takes in what was decided, here or at another replica. Raises Unavailable."""
        with self._reading:
            found = Curations.of(self._records.curations())
            if found != self._applied:
                self._apply(found)
                self._applied = found

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            self.try_to_look()

    def try_to_look(self) -> None:
        """Without the records the decisions stay as they were."""
        try:
            self.look()
        except Unavailable as error:
            _LOG.warning("curations stay as they were: %s", error)
