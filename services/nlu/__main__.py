"""`python -m services.nlu`: composes the NLU and serves.

The only reader of the environment and opener of connections.
"""

import asyncio

from contracts.clock import Clock, shop_clock, wall
from servicekit.server import GrpcServer, MetricsServer, run
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from services.nlu.composition import serving_parts
from services.nlu.config import NluSettings


def main() -> None:
    shop, settings = ShopSettings(), NluSettings()
    if shop.clock == "wall":
        asyncio.run(_serve(shop, settings, wall))
        return
    state = open_state(shop.state_url, shop.id)
    try:
        asyncio.run(_serve(shop, settings, shop_clock(shop, state)))
    finally:
        state.close()


async def _serve(shop: ShopSettings, settings: NluSettings, clock: Clock) -> None:
    answering = serving_parts(shop, settings, clock)
    doors = [part for part in answering if isinstance(part, GrpcServer)]
    metrics = MetricsServer(settings, healthy=lambda: all(door.health.serving() for door in doors))
    await run("nlu", settings, [metrics, *answering])


if __name__ == "__main__":
    main()
