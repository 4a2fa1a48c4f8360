"""Records by SQLAlchemy: SQLite in a file, or a schema of its own in PostgreSQL for each shop. Alembic migrates."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from servicekit.errors import Unavailable


def open_database(url: str, shop_id: str) -> Engine:
    """Connects to the shop's records. Raises Unavailable if the server or the file cannot be had.

    Errors and logs show no values: they are what shoppers said.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    schema = shop_id.replace("-", "_")
    options = {"options": f"-csearch_path={schema}", "connect_timeout": 5}
    engine = sqlalchemy.create_engine(parsed, connect_args=options, pool_pre_ping=True, hide_parameters=True)
    try:
        with engine.begin() as connection:
            _one_at_a_time(connection, f"schema {schema}")  # IF NOT EXISTS alone lets two of them collide
            connection.execute(sqlalchemy.schema.CreateSchema(schema, if_not_exists=True))
    except sqlalchemy.exc.OperationalError as error:
        shown = parsed.render_as_string(hide_password=True)
        raise Unavailable(f"records at {shown}: {error.orig}", reason="RECORDS_UNAVAILABLE") from error
    return engine


def _open_sqlite(url: sqlalchemy.engine.URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")

    event.listen(engine, "connect", prepare)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads in order to write: on SQLite it is the only writer from its first statement on.

    Without that, two that read first and write then would both fail. On PostgreSQL lock what is read with
    `SELECT ... FOR UPDATE`. Raises Unavailable if the database does not answer.
    """
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
    except sqlalchemy.exc.OperationalError as error:
        raise Unavailable(f"records: {error.orig}", reason="RECORDS_UNAVAILABLE") from error


def migrate(engine: Engine, service: str, migrations: Path) -> None:
    """Brings the service's tables to the newest revision. Several processes may call it at once."""
    with engine.begin() as connection:
        _one_at_a_time(connection, service)
        config = Config()
        config.set_main_option("script_location", str(migrations))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        config.attributes["version_table"] = f"{service}_version"
        command.upgrade(config, "head")


def _one_at_a_time(connection: Connection, work: str) -> None:
    """Until the transaction ends no other process does the same work."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(work.encode()).digest()[:6])
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
