"""Server reflection that also finds methods.

protobuf's pool in Python finds files by message, enum or service, not by method, which clients such as ghz ask for.
"""

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from grpc_reflection.v1alpha import reflection


class MethodsToo:
    """The default pool, but `pkg.Service.Method` leads to the service's file."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802
        """Raises KeyError for what nobody declared."""
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            name, _, method = symbol.rpartition(".")
            service = self._pool.FindServiceByName(name)
            if method not in service.methods_by_name:
                raise
            return service.file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


def enable(server: grpc.aio.Server, service_names: Sequence[str]) -> None:
    """Adds reflection of these services and of itself."""
    pool: Any = MethodsToo()
    reflection.enable_server_reflection([*service_names, reflection.SERVICE_NAME], server, pool)
