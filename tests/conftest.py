"""Servers for tests: the real ones where they are there, named in the summary where they are not."""

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


def missing(server: str, how: str) -> None:
    """Skips for want of a server; fails where REQUIRE_SERVERS says that this machine must have it."""
    required = os.environ.get("REQUIRE_SERVERS", "").split(",")
    message = f"needs {server}: {how}"
    if server in required:
        pytest.fail(f"{message} (REQUIRE_SERVERS names it)", pytrace=False)
    pytest.skip(message)


@pytest.fixture
def shop_id() -> str:
    """A shop of its own for each test."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def redis_url() -> str:
    import redis

    try:
        redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1).ping()
    except redis.RedisError as error:
        missing("redis", f"{REDIS_URL}: {error}")
    return REDIS_URL


@pytest.fixture(scope="session")
def postgres_url() -> str:
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(POSTGRES_URL, connect_args={"connect_timeout": 2})
        engine.connect().close()
        engine.dispose()
    except sqlalchemy.exc.SQLAlchemyError as error:
        missing("postgresql", f"{POSTGRES_URL}: {error}")
    return POSTGRES_URL


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Broker:
    """A Kafka broker of the tests' own, which may be killed."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home, self._folder, self._port = home, folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self._port}"

    def format(self) -> None:
        """A new KRaft broker that is its own controller."""
        self._folder.mkdir(parents=True, exist_ok=True)
        controller = free_port()
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._folder / "log"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "500",
            "auto.create.topics.enable": "false",
        }
        (self._folder / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in lines.items()))
        command = ["format", "-t", uuid.uuid4().hex[:22], "-c", str(self._folder / "server.properties")]
        subprocess.run(["bash", self._bin("kafka-storage.sh"), *command], check=True, stdout=subprocess.DEVNULL)

    def _bin(self, name: str) -> str:
        return str(self._home / "bin" / name)

    def start(self) -> None:
        """Starts, and waits until it answers."""
        with (self._folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                ["bash", self._bin("kafka-server-start.sh"), str(self._folder / "server.properties")],
                stdout=out,
                stderr=out,
                env={**os.environ, "KAFKA_HEAP_OPTS": "-Xmx400m", "LOG_DIR": str(self._folder / "logs")},
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        import time

        import kafka

        deadline = time.monotonic() + 60
        while True:
            try:
                kafka.KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self._port}", bootstrap_timeout_ms=2000).close()
                return
            except kafka.errors.KafkaError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def kill(self) -> None:
        """SIGKILL, as a machine that loses power."""
        if self._process is not None:
            os.killpg(self._process.pid, 9)
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    home = os.environ.get("KAFKA_HOME")
    if not home:
        missing("kafka", "set KAFKA_HOME to a Kafka distribution")
    if shutil.which("java") is None:
        missing("kafka", "no java on PATH")
    broker = Broker(Path(str(home)), tmp_path_factory.mktemp("kafka"))
    broker.format()
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(params=["sqlite", "kafka"])
def events_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An event log of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/events.db"
    return str(request.getfixturevalue("broker").url)


@pytest.fixture(params=["sqlite", "redis"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A state store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db"
    return str(request.getfixturevalue("redis_url"))
