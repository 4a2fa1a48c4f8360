"""What a recommender stands on: catalogue, models, popularity and curations of the moment, rebuilt when one changes."""

import threading
import time
from collections.abc import Mapping

from services.recommender.assortment import Assortment, assemble
from services.recommender.catalogue import Catalogue
from services.recommender.curation import Curations
from services.recommender.learned import Models
from services.recommender.popularity import Popularity, day_of, trends
from services.recommender.retrieval.retriever import Retriever
from services.recommender.text import TextModel, document

SHARE_OF_TIME = 0.05
"""Of its time a busy process may spend rebuilding: one of 50 ms waits until a second has passed since the last."""
LONGEST_WAIT_SECONDS = 3.0
"""But no longer: the first build of a process also loads libraries, and new products should not wait for that."""


class Standing:
    """Safe to use from several threads: what is in use is replaced whole, never changed."""

    def __init__(self, catalogue: Catalogue, models: Models | None = None) -> None:
        self._catalogue = catalogue
        self._models = models
        self._curations = Curations()
        self._days: dict[int, Mapping[str, int]] = {}
        self._stale_days: set[int] = set()
        self._popularity: tuple[Assortment, Popularity] | None = None
        self._revision = 0
        self._built: tuple[object, Retriever] | None = None
        self._own_text: tuple[int, TextModel] | None = None
        self._lock = threading.Lock()
        self._next_build = 0.0

    @property
    def models(self) -> Models | None:
        return self._models

    def use_models(self, models: Models | None) -> None:
        """From the next request on; those in progress end with what they began with."""
        with self._lock:
            self._models = models
            self._revision += 1
            self._next_build = 0.0

    def use_curations(self, curations: Curations) -> None:
        """From the next request on."""
        with self._lock:
            self._curations = curations
            self._revision += 1
            self._next_build = 0.0

    def use_popularity(self, days: Mapping[int, Mapping[str, int]]) -> None:
        """Replaces the counters of these days (day since 1970 -> field -> count)."""
        with self._lock:
            changed = {day: fields for day, fields in days.items() if self._days.get(day) != fields}
            if changed:
                self._days.update({day: dict(fields) for day, fields in changed.items()})
                self._stale_days.update(changed)
                self._revision += 1

    def rebuild(self, now_ms: int) -> None:
        """Without waiting for its turn: for a change that somebody waits for."""
        with self._lock:
            self._rebuilt(now_ms)

    def retriever(self, now_ms: int) -> Retriever:
        """As fresh as `SHARE_OF_TIME` allows."""
        built = self._built
        if built is not None and (built[0] == self._key(now_ms) or time.monotonic() < self._next_build):
            return built[1]
        if not self._lock.acquire(blocking=built is None):
            assert built is not None
            return built[1]
        try:
            return self._rebuilt(now_ms)
        finally:
            self._lock.release()

    def _key(self, now_ms: int) -> object:
        return self._catalogue.version, id(self._models), self._revision, day_of(now_ms)

    def _rebuilt(self, now_ms: int) -> Retriever:
        key, models, started = self._key(now_ms), self._models, time.monotonic()
        if self._built is not None and self._built[0] == key:
            return self._built[1]
        assortment = self._assortment(models)
        retriever = Retriever(assortment, trends(self._popularity_of(assortment), now_ms), models, self._curations)
        self._built = key, retriever
        took = time.monotonic() - started
        # Nothing to sell is no answer to stay with.
        wait = min(took / SHARE_OF_TIME, LONGEST_WAIT_SECONDS) if assortment.sellable.any() else 0.0
        self._next_build = time.monotonic() + wait
        return retriever

    def _popularity_of(self, assortment: Assortment) -> Popularity:
        """Only the days that changed are counted again while the products are the same."""
        if self._popularity is None or self._popularity[0] is not assortment:
            self._popularity = assortment, Popularity([*assortment.rows], self._days)
        else:
            for day in self._stale_days:
                self._popularity[1].put(day, self._days[day])
        self._stale_days.clear()
        return self._popularity[1]

    def _assortment(self, models: Models | None) -> Assortment:
        before = self._built[1] if self._built is not None else None
        text = models.text if models is not None else self._text_of_catalogue()
        if before is not None and before.assortment.text_model is text and before.models is models:
            if before.assortment.version == self._catalogue.version:
                return before.assortment
            return assemble(self._catalogue, text, models.product_ids if models else (), before.assortment)
        return assemble(self._catalogue, text, models.product_ids if models else ())

    def _text_of_catalogue(self) -> TextModel:
        """Fitted to the catalogue itself while there are no models; again whenever it has doubled."""
        if self._own_text is None or len(self._catalogue) >= 2 * self._own_text[0]:
            documents = [document(product) for product in self._catalogue]
            self._own_text = max(len(documents), 1), TextModel.fit(documents)
        return self._own_text[1]
