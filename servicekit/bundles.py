"""Takes in the bundle that is live, and the next one when it is promoted, while requests go on."""

import logging
import threading
from collections.abc import Callable

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.metrics import Metrics

_LOG = logging.getLogger(__name__)


class BundleWatcher:
    """`take_in` loads a version, tries it out and puts it in place of the one in use.

    A version that it raises for leaves the one in use where it is, and is not tried again.
    """

    def __init__(
        self, kind: str, artifacts: ArtifactStore, take_in: Callable[[str], None], metrics: Metrics, seconds: float
    ) -> None:
        self._kind, self._artifacts, self._take_in = kind, artifacts, take_in
        self._metrics, self._seconds, self._tried = metrics, seconds, ""

    def look(self) -> None:
        """Raises OSError if the artifact store cannot be read now."""
        version = self._live()
        if version is None or version == self._tried:
            return
        try:
            self._take_in(version)
        except OSError:
            raise  # the artifact store may be back at the next look
        except Exception as error:
            self._tried = version
            _LOG.error("bundle not taken in: %s", error, exc_info=not isinstance(error, ArtifactError))
            return
        self._tried = version
        self._metrics.bundle_info.clear()
        self._metrics.bundle_info.labels(self._kind, version).set(1)
        _LOG.info("bundle taken in", extra={"version": version})

    def look_at_start(self) -> None:
        """A service starts without a model rather than not at all."""
        try:
            self.look()
        except OSError as error:
            _LOG.warning("starting without a model: %s", error)

    def _live(self) -> str | None:
        try:
            return self._artifacts.live(self._kind)
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"the pointer to the live bundle cannot be read: {error}") from error

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                self.look()
            except OSError as error:
                _LOG.warning("artifact store: %s", error)
