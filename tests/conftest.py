"""Servers for tests: the real ones where they are there, named in the summary where they are not."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.broker import Broker

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
