"""Whether what a shop needs is there before anything is started: its servers answer, its disk has room."""

import errno
import os
import shutil
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from servicekit.errors import Unavailable
from servicekit.settings import ShopSettings

ROOM_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS = 3


def check_servers(shop: ShopSettings) -> None:
    """Raises Unavailable naming every server that does not answer, its URL and its variable."""
    missing = []
    for variable, url in (
        ("SHOP_EVENTS_URL", shop.events_url),
        ("SHOP_STATE_URL", shop.state_url),
        ("SHOP_RECORDS_URL", shop.records_url),
    ):
        probe = PROBES.get(urlsplit(url).scheme.partition("+")[0])
        if probe is None:
            continue
        name, ask = probe
        try:
            ask(url)
        except Exception as error:  # whatever a client library raises: the server is not usable
            missing.append(f"{name} does not answer at {_without_password(url)} ({variable}): {_first_line(error)}")
    if missing:
        raise Unavailable("\n".join(missing), "SERVER_MISSING")


def check_disk(shop: ShopSettings) -> None:
    """Raises Unavailable if the shop's folder cannot be written or has less than 64 MB left."""
    try:
        shop.home.mkdir(parents=True, exist_ok=True)
        if not os.access(shop.home, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write")
    except OSError as error:
        raise Unavailable(f"the shop's folder {shop.home} cannot be used: {error.strerror}", "HOME_UNUSABLE") from None
    left = shutil.disk_usage(shop.home).free
    if left < ROOM_BYTES:
        message = f"the disk of {shop.home} is full: {left >> 20} MB left, at least {ROOM_BYTES >> 20} MB are needed"
        raise Unavailable(message, "DISK_FULL")


def _kafka(url: str) -> None:
    from kafka import KafkaAdminClient

    servers = url.partition("://")[2].split(",")
    client = KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=CONNECT_SECONDS * 1000)
    client.close()


def _redis(url: str) -> None:
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS)
    try:
        client.ping()
    finally:
        client.close()


def _postgresql(url: str) -> None:
    import psycopg

    plain = "postgresql://" + url.partition("://")[2]
    psycopg.connect(plain, connect_timeout=CONNECT_SECONDS).close()


PROBES: Mapping[str, tuple[str, Callable[[str], None]]] = {
    "kafka": ("Kafka", _kafka),
    "redis": ("Redis", _redis),
    "rediss": ("Redis", _redis),
    "postgresql": ("PostgreSQL", _postgresql),
}


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
