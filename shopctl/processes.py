"""Which processes a shop has, in the order of who needs whom, and the environment each is given."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from servicekit.errors import ServiceError
from servicekit.settings import ShopSettings
from shopctl.shop import environment


class PortTaken(ServiceError):
    """A port that was asked for by name is in use."""


@dataclass(frozen=True)
class Address:
    """One listening address of a process: its variable, what it is for, and where it is when nobody says."""

    variable: str
    purpose: str
    default: str


@dataclass(frozen=True)
class Process:
    """A process of a shop. `needs` maps a variable to the process whose gRPC address it is given."""

    name: str
    module: str
    addresses: tuple[Address, ...]
    needs: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"{self.name.upper()}_"

    def ready_file(self, home: Path) -> Path:
        return home / "run" / f"{self.name}.json"

    def log_file(self, home: Path) -> Path:
        return home / "logs" / f"{self.name}.log"


def _listening(name: str, grpc: int, metrics: int) -> tuple[Address, ...]:
    prefix = name.upper()
    return (
        Address(f"{prefix}_GRPC_ADDRESS", f"{name} gRPC", f"127.0.0.1:{grpc}"),
        Address(f"{prefix}_METRICS_ADDRESS", f"{name} metrics", f"127.0.0.1:{metrics}"),
    )


PROCESSES = (
    Process("recommender", "services.recommender", _listening("recommender", 50051, 9091)),
    Process("nlu", "services.nlu", _listening("nlu", 50052, 9092)),
    Process(
        "generator",
        "services.generator",
        _listening("generator", 50054, 9094),
        needs={"GENERATOR_RECOMMENDER_ADDRESS": "recommender"},
    ),
    Process(
        "dialogue",
        "services.dialogue",
        _listening("dialogue", 50053, 9093),
        needs={
            "DIALOGUE_NLU_ADDRESS": "nlu",
            "DIALOGUE_RECOMMENDER_ADDRESS": "recommender",
            "DIALOGUE_GENERATOR_ADDRESS": "generator",
        },
    ),
    Process(
        "gateway",
        "gateway",
        (
            Address("GATEWAY_GRPC_ADDRESS", "gRPC", "127.0.0.1:50050"),
            Address("GATEWAY_HTTP_ADDRESS", "web", "127.0.0.1:8080"),
            Address("GATEWAY_METRICS_ADDRESS", "gateway metrics", "127.0.0.1:9090"),
        ),
        needs={
            "GATEWAY_RECOMMENDER_ADDRESS": "recommender",
            "GATEWAY_NLU_ADDRESS": "nlu",
            "GATEWAY_GENERATOR_ADDRESS": "generator",
            "GATEWAY_DIALOGUE_ADDRESS": "dialogue",
        },
    ),
)
"""Whoever needs another stands behind it."""


def waves(processes: Sequence[Process] = PROCESSES) -> Iterator[Sequence[Process]]:
    """Processes that can start side by side, because those that they need have started."""
    started: set[str] = set()
    waiting = list(processes)
    while waiting:
        wave = [process for process in waiting if started.issuperset(process.needs.values())]
        yield wave
        started.update(process.name for process in wave)
        waiting = [process for process in waiting if process.name not in started]


@dataclass(frozen=True)
class Keys:
    """Made anew at each start: one for calls between the processes, one for shopctl's calls to the gateway."""

    internal: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    operator: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def variables(self, given: Mapping[str, str]) -> dict[str, str]:
        """Keys that the environment gives are kept beside ours."""
        ours = {f"{process.prefix}API_KEYS": f"peer:{self.internal}" for process in PROCESSES}
        ours["GATEWAY_API_KEYS"] = f"shopctl:{self.operator}"
        joined = {name: ",".join(filter(None, [given.get(name), value])) for name, value in ours.items()}
        return joined | {f"{process.prefix}PEER_API_KEY": self.internal for process in PROCESSES}


def variables(shop: ShopSettings, keys: Keys, process: Process, given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process, but for its addresses."""
    return {
        "OMP_NUM_THREADS": "1",  # the matrices of one answer are too small to share among threads
        **given,
        **environment(shop),
        **keys.variables(given),
        f"{process.prefix}READY_FILE": str(process.ready_file(shop.home)),
        "PYTHONUNBUFFERED": "1",
    }


def choose_addresses(
    process: Process, given: Mapping[str, str], any_port: bool, say: Callable[[str], None]
) -> dict[str, str]:
    """Addresses by variable. A default that is taken is replaced by a free one, and said.

    Raises PortTaken for one that was asked for.
    """
    return {address.variable: _choose(address, given, any_port, say) for address in process.addresses}


def _choose(address: Address, given: Mapping[str, str], any_port: bool, say: Callable[[str], None]) -> str:
    wanted = given.get(address.variable)
    if wanted:
        if not free(wanted):
            raise PortTaken(f"{address.variable}={wanted}: that port is in use", "PORT_TAKEN")
        return wanted
    if not any_port and free(address.default):
        return address.default
    other = free_address(address.default)
    if not any_port:
        say(f"port {_port(address.default)} ({address.purpose}) is in use; taking {_port(other)} instead")
    return other


def free(address: str) -> bool:
    """Whether one could listen there now."""
    host, port = address.rpartition(":")[0].strip("[]"), _port(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_address(default: str) -> str:
    """The same host with a port that is free now."""
    host = default.rpartition(":")[0]
    with socket.socket() as probe:
        probe.bind((host.strip("[]"), 0))
        return f"{host}:{probe.getsockname()[1]}"


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def current_environment() -> dict[str, str]:
    return dict(os.environ)
