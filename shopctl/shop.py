"""A shop's folder: its settings, what `import` remembered of it, and what a running one says of itself."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from servicekit.errors import InvalidInput, Violation
from servicekit.settings import ShopSettings

LOCAL_SERVERS = {
    "events_url": "kafka://127.0.0.1:9092",
    "state_url": "redis://127.0.0.1:6379/0",
    "records_url": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
}
"""Where Kafka, Redis and PostgreSQL usually are on one machine."""
LOCK = ".supervisor"
URLS = ("events_url", "state_url", "records_url", "artifacts_url", "archive_url")


@dataclass(frozen=True)
class Running:
    """What a supervisor leaves in `run/shopctl.json` while its shop is up; only its owner may read it (the key)."""

    pid: int
    shop: str
    started: str
    api_key: str
    urls: dict[str, str]
    children: dict[str, int] = field(default_factory=dict)
    """Process ids by name."""


def open_shop(shop_id: str, home: Path | None, servers: bool = False) -> ShopSettings:
    """Settings from the environment, then the running shop's URLs, then `shop.json`. Raises InvalidInput."""
    given: dict[str, object] = {"id": shop_id, **({"home": home} if home else {})}
    try:
        folder = ShopSettings(**given).home  # type: ignore[arg-type]
        known = _remembered(folder) | (LOCAL_SERVERS if servers else {})
        given |= {name: value for name, value in known.items() if f"SHOP_{name.upper()}" not in os.environ}
        shop = ShopSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InvalidInput.of(Violation(f"shop {name}", f"{first['input']!r}: {first['msg']}")) from None
    owner = read_json(shop.home / "shop.json").get("id", shop.id)
    if owner != shop.id:
        raise InvalidInput.of(Violation("--home", f"{shop.home} is the folder of shop {owner!r}, not of {shop.id!r}"))
    return shop


def environment(shop: ShopSettings) -> dict[str, str]:
    """The `SHOP_` variables that hand the same shop to a process."""
    urls = {f"SHOP_{name.upper()}": str(getattr(shop, name)) for name in URLS}
    return {"SHOP_ID": shop.id, "SHOP_HOME": str(shop.home), "SHOP_CLOCK": shop.clock, **urls}


def remember(shop: ShopSettings, **facts: object) -> None:
    """Writes facts on the shop beside its data, e.g. `clock="log"`; later commands read them."""
    path = shop.home / "shop.json"
    write_json(path, read_json(path) | {"id": shop.id} | facts)


@contextmanager
def hold(home: Path, patience_seconds: float = 0.5) -> Iterator[bool]:
    """Makes this process the shop's supervisor until the end of the block; False if another is.

    A lock that the kernel lets go of with the process, however that ends. Who only looks shares it for a moment.
    """
    home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience_seconds
    with (home / LOCK).open("a") as file:
        while not (held := _locked(file, fcntl.LOCK_EX)) and time.monotonic() < deadline:
            time.sleep(0.05)
        if held:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield held


def supervisor_pid(home: Path) -> int | None:
    """Process id of the shop's supervisor, be it still preparing; None if there is none."""
    if not (home / LOCK).exists():
        return None
    with (home / LOCK).open() as file:
        return None if _locked(file, fcntl.LOCK_SH) else int(file.read() or 0)


def _locked(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def running(home: Path) -> Running | None:
    """What the supervisor says, if there is one and the shop is up."""
    if supervisor_pid(home) is None:
        return None
    found = read_json(home / "run" / "shopctl.json")
    try:
        return Running(**found)
    except TypeError:
        return None


def write_running(home: Path, run: Running) -> None:
    write_json(home / "run" / "shopctl.json", asdict(run), mode=0o600)


def alive(pid: int) -> bool:
    """Whether a process of that id is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Ended, but nobody has asked how; only Linux tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """Empty if there is none or it is half written."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, value: object, mode: int = 0o644) -> None:
    """All at once: a reader sees the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=2)
    fresh.replace(path)


def _remembered(home: Path) -> dict[str, str]:
    facts = read_json(home / "shop.json")
    kept = {"clock": str(facts["clock"])} if "clock" in facts else {}
    run = running(home)
    return kept | (run.urls if run else {})
