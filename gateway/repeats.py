"""What was asked under a request id, kept for a week in the state store so that a repeat asks for the same."""

import asyncio
import logging

from servicekit.state.store import StateStore

KEPT_SECONDS = 7 * 24 * 3600

log = logging.getLogger(__name__)


class StoredRepeats:
    """A store that does not answer stops nobody from buying: a repeat is then read from the cart again."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    async def recall(self, key: str) -> bytes | None:
        try:
            (value,) = await asyncio.to_thread(self._state.get_many, [key])
        except Exception:
            log.exception("the state store does not answer: a repeat may not be known as one")
            return None
        return value

    async def keep(self, key: str, value: bytes) -> None:
        try:
            await asyncio.to_thread(self._state.put, key, value, KEPT_SECONDS)
        except Exception:
            log.exception("the state store does not answer: a repeat will not be known as one")
