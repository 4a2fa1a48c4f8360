"""What the replica answers from: the bundle that is live, swapped whole when another is promoted."""

import logging

from servicekit.errors import Unavailable
from services.nlu.understanding import Understander

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
