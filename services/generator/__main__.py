"""`python -m services.generator`: composes the generator and serves.

The only reader of the environment and opener of connections.
"""

import asyncio

from servicekit.server import GrpcServer, MetricsServer, run
from servicekit.settings import ShopSettings
from services.generator.composition import serving_parts
from services.generator.config import GeneratorSettings


async def _serve(shop: ShopSettings, settings: GeneratorSettings) -> None:
    answering = serving_parts(shop, settings)
    servers = [part for part in answering if isinstance(part, GrpcServer)]
    metrics = MetricsServer(settings, healthy=lambda: all(server.health.serving() for server in servers))
    await run("generator", settings, [metrics, *answering])


def main() -> None:
    asyncio.run(_serve(ShopSettings(), GeneratorSettings()))


if __name__ == "__main__":
    main()
