"""The event archive as the domain's events, in order of time."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import fsspec
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError

from services.recommender.catalogue import Catalogue
from services.recommender.codec import to_shopper_event
from services.recommender.events import ShopperEvent
from shopkeeper.events.v1.events_pb2 import UserEvent

COLUMNS = ["event_id", "time_ms", "partition", "offset", "payload"]


def read_archive(url: str, on_file: Callable[[int, int], None] = lambda _done, _all: None) -> list[ShopperEvent]:
    """All events under `<url>/user-events/date=*/`, each id once. `on_file` hears (files read, files in all).

    Raises ValueError naming the file and the row if a payload is no event.
    """
    fs, root = fsspec.core.url_to_fs(url)
    files = sorted(fs.glob(f"{str(root).rstrip('/')}/user-events/date=*/*.parquet"))
    rows: dict[str, tuple[int, int, int, ShopperEvent]] = {}
    for done, path in enumerate(files, start=1):
        with fs.open(path, "rb") as file:
            columns = pq.read_table(file, columns=COLUMNS).to_pydict()
        for place, event_id in enumerate(columns["event_id"]):
            order = columns["time_ms"][place], columns["partition"][place], columns["offset"][place]
            rows.setdefault(event_id, (*order, _event(columns["payload"][place], path, place)))
        on_file(done, len(files))
    return [row[3] for row in sorted(rows.values(), key=lambda row: row[:3])]


def data_hash(catalogue: Catalogue, happened: Sequence[ShopperEvent]) -> str:
    """Of products and events: the same data gives the same hash."""
    digest = hashlib.sha256()
    for part in _names(catalogue, happened):
        digest.update(part.encode())
        digest.update(b"\n")
    return digest.hexdigest()[:16]


def _names(catalogue: Catalogue, happened: Sequence[ShopperEvent]) -> Iterable[str]:
    yield from sorted(product.product_id for product in catalogue)
    yield from sorted(event.event_id for event in happened)


def _event(payload: bytes, path: str, place: int) -> ShopperEvent:
    try:
        return to_shopper_event(UserEvent.FromString(payload))
    except DecodeError as error:
        raise ValueError(f"{path}: row {place} is no event: {error}") from error
