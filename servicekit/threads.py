"""Parts of a process that run in a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Mapping


class ThreadPart:
    """Runs `work` in a thread for the life of the process; its death ends the process."""

    def __init__(self, name: str, work: Callable[[threading.Event], None]) -> None:
        self._name, self._work = name, work
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failed: asyncio.Future[None] = asyncio.Future()

    async def start(self) -> Mapping[str, str]:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        return {}

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except BaseException as error:
            self._report(error)

    def _report(self, error: BaseException) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._fail, error)

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    async def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 15)
