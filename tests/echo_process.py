"""A whole process for the tests of `servicekit.server.run`: `python -m tests.echo_process`, settings as ECHO_*."""

import asyncio
import logging
import sys
from collections.abc import Mapping

from pydantic_settings import SettingsConfigDict

from servicekit.server import GrpcServer, MetricsServer, run
from servicekit.settings import ServiceSettings
from tests.fakes_echo import echo, service


class EchoSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="ECHO_", frozen=True, use_attribute_docstrings=True)

    fault: str = ""
    """`late`: a part fails once it runs; `start`: a part never starts."""


class Faulty:
    """A part that fails, or hangs, as told."""

    def __init__(self, fault: str) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._fault = fault

    async def start(self) -> Mapping[str, str]:
        if self._fault == "start":
            print("starting", flush=True)
            await asyncio.Event().wait()
        if self._fault == "late":
            asyncio.get_running_loop().call_later(0.05, self.failed.set_exception, OSError("the log's disk is full"))
        return {}

    async def stop(self) -> None:
        print("stopped", flush=True)


async def slow(request: bytes, context: object) -> bytes:
    logging.getLogger("echo").info("serving ann@example.com", extra={"phone": "13812345678", "bytes": len(request)})
    print("serving", flush=True)
    await asyncio.sleep(0.4)
    return request


async def main() -> None:
    settings = EchoSettings()
    server = GrpcServer("echo", settings, [service(unary_Echo=echo, unary_Slow=slow)])
    await run("echo", settings, [MetricsServer(settings, server.health.serving), server, Faulty(settings.fault)])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
