"""One replica's answers: fetches the shopper's profile, asks the domain, and says what was missing."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from servicekit.breaker import Breaker
from servicekit.errors import Unavailable
from servicekit.metrics import Metrics
from services.recommender import tokens
from services.recommender.meaning import taste_of
from services.recommender.profile import Profile
from services.recommender.recommender import Answer, Ask, Recommender
from services.recommender.search import SearchAnswer, SearchAsk, SearchIndex
from services.recommender.store import ProfileStore

NO_PROFILE_STORE = "no-profile-store"
NO_CURATIONS = "no-curations"
_CLOCK_SECONDS = 1.0
_PAGES_TURN_WITHIN_MS = 3_600_000
_LOG = logging.getLogger(__name__)


class ShopClock:
    """The domain's now: the wall's, or the newest event's for a shop whose history has ended."""

    def __init__(self, kind: Literal["wall", "log"], store: ProfileStore) -> None:
        self._kind, self._store = kind, store
        self._read_at, self._newest_ms = -_CLOCK_SECONDS, 0

    def now_ms(self) -> int:
        wall_ms = time.time_ns() // 1_000_000
        if self._kind == "wall":
            return wall_ms
        if time.monotonic() - self._read_at >= _CLOCK_SECONDS:
            self._read_at = time.monotonic()
            self._newest_ms = self._newest() or wall_ms
        return self._newest_ms

    def _newest(self) -> int:
        """While the store is away, the time last known."""
        try:
            return self._store.newest_event_ms()
        except Unavailable as error:
            _LOG.warning("the shop's clock stands still: %s", error)
            return self._newest_ms


class PatientReader:
    """Reads profiles for answers; a store that failed three times in a row is left alone for a second."""

    def __init__(self, store: ProfileStore) -> None:
        self._store, self._lock = store, threading.Lock()
        self._breaker = Breaker(failures_to_open=3, open_seconds=1.0)

    def read(self, visitor_id: str, user_id: str) -> Profile:
        """Raises Unavailable."""
        with self._lock:
            if not self._breaker.allow():
                raise Unavailable("the profile store did not answer the last calls", reason="STATE_UNAVAILABLE")
        try:
            profile = self._store.read(visitor_id, user_id)
        except BaseException as error:
            with self._lock:
                if isinstance(error, Unavailable):
                    self._breaker.failed()
                else:
                    self._breaker.abandoned()
            raise
        with self._lock:
            self._breaker.succeeded()
        return profile


@dataclass(frozen=True)
class Served:
    """A shelf and what goes with every answer."""

    answer: Answer
    attribution_token: str
    now_ms: int


@dataclass(frozen=True)
class SearchServed:
    """What was found and what goes with every answer."""

    answer: SearchAnswer
    attribution_token: str
    degradations: tuple[str, ...]


class Serving:
    """Blocks on the state store and on the processor: call it in a thread."""

    def __init__(
        self,
        recommender: Recommender,
        index: SearchIndex,
        store: ProfileStore,
        clock: Callable[[], int],
        metrics: Metrics,
        diversity: float | None = None,
        curated: Callable[[], bool] = lambda: True,
    ) -> None:
        self._curated = curated
        self._recommender, self._index, self._profiles = recommender, index, PatientReader(store)
        self._clock, self._metrics, self._diversity = clock, metrics, diversity
        # Answers are Python's to compute, one at a time whatever the threads: taking turns here spares them the fight
        # for the interpreter, which cost a third of the rate. Reading profiles, which waits, goes on beside it.
        self._computing = threading.Lock()

    def now_ms(self) -> int:
        """By the shop's clock."""
        return self._clock()

    def recommend(self, ask: Ask, visitor_id: str, user_id: str, as_of_ms: int = 0) -> Served:
        """A shelf; without the profile store one for a stranger. A later page is ranked as of its first page's now."""
        profile, missing = self._profile(visitor_id, user_id)
        now_ms = self._clock()
        if now_ms - _PAGES_TURN_WITHIN_MS < as_of_ms < now_ms:
            now_ms = as_of_ms
        if ask.diversity is None:
            ask = replace(ask, diversity=self._diversity)
        with self._computing:
            answer = self._recommender.recommend(ask, profile, now_ms)
        degradations = (*answer.degradations, *missing)
        self._count(degradations)
        return Served(replace(answer, degradations=degradations), self._token(ask.placement, now_ms), now_ms)

    def search(self, ask: SearchAsk, visitor_id: str, user_id: str) -> SearchServed:
        """Products that answer a query; what answers it equally well stands by the shopper's taste."""
        profile, missing = self._profile(visitor_id, user_id)
        now_ms = self._clock()
        self._count(missing)
        with self._computing:
            retriever = self._recommender.retriever(now_ms)
            taste = taste_of(retriever, profile, now_ms)
            ask = replace(ask, taste=taste, curations=retriever.curations)
            answer = self._index.search(ask)
        return SearchServed(answer, self._token("search", now_ms), missing)

    def _profile(self, visitor_id: str, user_id: str) -> tuple[Profile, tuple[str, ...]]:
        missing = () if self._curated() else (NO_CURATIONS,)
        if not visitor_id and not user_id:
            return Profile(), missing
        try:
            return self._profiles.read(visitor_id, user_id), missing
        except Unavailable as error:
            _LOG.warning("serving a stranger's shelf: %s", error)
            return Profile(visitor_id=visitor_id), (NO_PROFILE_STORE, *missing)

    def _count(self, degradations: Iterable[str]) -> None:
        for kind in degradations:
            self._metrics.degradations.labels(kind).inc()

    def _token(self, placement: str, now_ms: int) -> str:
        models = self._recommender.models
        return tokens.attribution(placement, models.version if models else "", now_ms)
