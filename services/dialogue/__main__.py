"""`python -m services.dialogue`: composes the dialogue and serves.

The only reader of the environment and opener of connections.
"""

import asyncio
import time
from collections.abc import Callable

from contracts import topics
from contracts.clock import shop_clock
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.server import GrpcServer, MetricsServer, run
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from services.dialogue.composition import dialogue_parts
from services.dialogue.config import DialogueSettings
from services.dialogue.parts import ShopNow

_SILENT_SECONDS = 0.25


def opener(shop: ShopSettings) -> Callable[[], EventLog]:
    """Opens the shop's event log, at the first event that needs it."""

    def open_log() -> EventLog:
        log = open_event_log(shop.events_url)
        log.ensure_topics([topics.user_events(shop.id)])
        return log

    return open_log


def main() -> None:
    shop, settings = ShopSettings(), DialogueSettings()
    state = open_state(shop.state_url, shop.id, _SILENT_SECONDS)
    try:
        asyncio.run(_serve(shop, settings, ShopNow(shop_clock(shop, state), lambda: time.time_ns() // 1_000_000)))
    finally:
        state.close()


async def _serve(shop: ShopSettings, settings: DialogueSettings, now: ShopNow) -> None:
    parts = dialogue_parts(shop, settings, opener(shop), now)
    servers = [part for part in parts if isinstance(part, GrpcServer)]
    metrics = MetricsServer(settings, healthy=lambda: all(server.health.serving() for server in servers))
    await run("dialogue", settings, [metrics, *parts])


if __name__ == "__main__":
    main()
