"""What the replica answers from: the bundle that is live, swapped whole when another is promoted."""

import logging
import threading

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.errors import Unavailable
from servicekit.metrics import Metrics
from services.nlu import bundle
from services.nlu.understanding import Ask, Understander

_LOG = logging.getLogger(__name__)
_NO_MODEL = "no NLU bundle is live: run `shopctl train nlu --promote`"


class Standing:
    """Holds the understander. Answers in progress end with the one they began with."""

    def __init__(self) -> None:
        self._now: Understander | None = None

    def understander(self) -> Understander:
        """Raises Unavailable, reason NO_MODEL, while there is none."""
        if self._now is None:
            raise Unavailable(_NO_MODEL, reason="NO_MODEL")
        return self._now

    def use(self, understander: Understander) -> None:
        self._now = understander


class BundleWatcher:
    """Swaps in the bundle that is live. One that cannot be loaded leaves the one in use where it is."""

    def __init__(
        self, standing: Standing, artifacts: ArtifactStore, metrics: Metrics, trial: Ask, seconds: float
    ) -> None:
        self._standing, self._artifacts, self._metrics = standing, artifacts, metrics
        self._trial, self._seconds, self._tried = trial, seconds, ""

    def look(self) -> None:
        """Raises OSError if the artifact store cannot be read now."""
        version = self._live()
        if version is None or version == self._tried:
            return
        try:
            understander = Understander(bundle.load(self._artifacts, version))
            understander.understand([self._trial])
        except OSError:
            raise  # the artifact store may be back at the next look
        except Exception as error:
            self._tried = version
            _LOG.error("bundle not taken in: %s", error, exc_info=not isinstance(error, ArtifactError))
            return
        self._tried = version
        self._standing.use(understander)
        self._metrics.bundle_info.clear()
        self._metrics.bundle_info.labels(bundle.KIND, version).set(1)
        _LOG.info("bundle taken in", extra={"version": version})

    def _live(self) -> str | None:
        try:
            return self._artifacts.live(bundle.KIND)
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"the pointer to the live bundle cannot be read: {error}") from error

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                self.look()
            except OSError as error:
                _LOG.warning("artifact store: %s", error)
