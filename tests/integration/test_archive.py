"""Every event of the stream stands in the archive once, whatever happens to the archiver; who is forgotten does not."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest

from contracts import topics, user_events
from servicekit.events.log import EventLog, Message, Subscription
from services.recommender.archive import Archiver, EventArchive
from shopkeeper.events.v1.events_pb2 import UserEvent
from tests.clickstream import event, open_shop, publish, publish_messages

DAY_MS = 86_400_000
NOON_MS = 1_700_049_600_000  # 2023-11-15 12:00 UTC


@pytest.fixture
def log(events_url: str, shop_id: str) -> Iterator[EventLog]:
    with closing(open_shop(events_url, shop_id)) as opened:
        yield opened


class FullDisk(EventArchive):
    """Writes files until the disk is full: the state no longer fits."""

    def save_state(self, partition: int, next_offset: int, forgotten: object) -> None:
        raise OSError(28, "No space left on device")


def archiver(log: EventLog, archive: EventArchive, shop_id: str, member: str = "one") -> Archiver:
    return Archiver(log, archive, shop_id, member=member, flush_seconds=3600, flush_records=1_000_000)


def archive_all(log: EventLog, archive: EventArchive, shop_id: str) -> None:
    """Archives what is in the log, and ends."""
    ends = log.end_offsets(topics.user_events(shop_id).name)
    archiver(log, archive, shop_id).run(threading.Event(), ends)


def rows_of(url: str) -> list[dict[str, object]]:
    fs, root = fsspec.core.url_to_fs(url)
    rows = []
    for path in sorted(fs.glob(f"{root}/user-events/date=*/*.parquet")):
        with fs.open(path, "rb") as file:
            rows += [{**row, "date": path.split("date=")[1][:10]} for row in pq.read_table(file).to_pylist()]
    return rows


def ids_in(url: str) -> list[str]:
    return sorted(str(row["event_id"]) for row in rows_of(url))


def views(count: int, visitors: int = 5) -> list[UserEvent]:
    return [event(f"v{n % visitors}", "detail-page-view", "cup", at_ms=NOON_MS + n) for n in range(count)]


def test_events_lie_by_the_date_of_the_event(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    told = [event("ann", "detail-page-view", "cup", at_ms=NOON_MS + day * DAY_MS) for day in (-1, 0, 0, 2)]
    publish(log, shop_id, told)
    archive_all(log, EventArchive(str(tmp_path / "archive")), shop_id)
    rows = rows_of(str(tmp_path / "archive"))
    assert [row["date"] for row in rows] == ["2023-11-14", "2023-11-15", "2023-11-15", "2023-11-17"]
    assert all(f"{datetime.fromtimestamp(int(str(r['time_ms'])) / 1000, UTC):%Y-%m-%d}" == r["date"] for r in rows)
    assert [UserEvent.FromString(bytes(row["payload"])) for row in rows] == told  # type: ignore[arg-type]


def test_killed_between_files_and_state_each_event_is_there_once(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    url, told = str(tmp_path / "archive"), views(100)
    publish(log, shop_id, told[:40])
    archive_all(log, EventArchive(url), shop_id)
    for upto in (60, 80):
        publish(log, shop_id, told[upto - 20 : upto])
        with pytest.raises(OSError, match="No space"):
            read_and_flush(log, archiver(log, FullDisk(url), shop_id), shop_id, upto)
        assert len(rows_of(url)) > 40  # the files are there, of which the state knows nothing
    publish(log, shop_id, told[80:])
    archive_all(log, EventArchive(url), shop_id)
    assert ids_in(url) == sorted(one.event_id for one in told)


def read_and_flush(log: EventLog, one: Archiver, shop_id: str, records: int) -> None:
    with closing(joined(log, one, shop_id)) as subscription:
        read_up_to(one, subscription, records)
        one.flush(subscription)


def joined(log: EventLog, one: Archiver, shop_id: str, member: str = "one") -> Subscription:
    topic = topics.user_events(shop_id).name
    return log.subscribe([topic], f"{shop_id}.archiver", f"{shop_id}-archiver-{member}", one.start_at)


def read_up_to(one: Archiver, subscription: Subscription, records: int) -> None:
    for _ in range(200):
        if sum(one.positions().values()) >= records:
            return
        one.archive_once(subscription, 0.1)
    raise AssertionError(f"read only {one.positions()}")


def test_a_member_that_lost_its_partitions_adds_nothing(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    url, told = str(tmp_path / "archive"), views(30)
    publish(log, shop_id, told)
    sleeper = archiver(log, EventArchive(url), shop_id, "sleeper")
    subscription = joined(log, sleeper, shop_id, "sleeper")
    read_up_to(sleeper, subscription, 30)
    subscription.close()  # to the group it is gone, but it has not heard of it
    archive_all(log, EventArchive(url), shop_id)
    with pytest.raises(Exception, match="another member has archived"):
        sleeper.flush(subscription)
    assert ids_in(url) == sorted(one.event_id for one in told)


def test_who_is_forgotten_leaves_the_archive_and_stays_out(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    url, told = str(tmp_path / "archive"), views(20, visitors=2)
    of_other = sorted(one.event_id for one in told if one.visitor_id == "v1")
    publish(log, shop_id, told)
    archive_all(log, EventArchive(url), shop_id)
    assert len(rows_of(url)) == 20
    publish_messages(log, [user_events.forget_message(shop_id, "v0", NOON_MS + 1000, p) for p in range(2)])
    publish(log, shop_id, told)  # the producer sends everything again
    archive_all(log, EventArchive(url), shop_id)
    assert ids_in(url) == sorted(2 * of_other)
    publish(log, shop_id, told[:1])
    publish(log, shop_id, [event("v0", "detail-page-view", "cup", at_ms=NOON_MS + 1001)])
    archive_all(log, EventArchive(url), shop_id)  # another process, which knows it from the state
    assert [row["time_ms"] for row in rows_of(url) if row["visitor_id"] == "v0"] == [NOON_MS + 1001]
    assert b"v0" not in b"".join(path.read_bytes() for path in (tmp_path / "archive").rglob("*.json"))


def test_forgotten_before_the_first_flush_is_never_written(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    url = str(tmp_path / "archive")
    publish(log, shop_id, views(10, visitors=1))
    publish_messages(log, [user_events.forget_message(shop_id, "v0", NOON_MS + 1000, p) for p in range(2)])
    publish(log, shop_id, [event("v0", "detail-page-view", "hat", at_ms=NOON_MS + 5000)])
    archive_all(log, EventArchive(url), shop_id)
    assert [row["time_ms"] for row in rows_of(url)] == [NOON_MS + 5000]


def test_bad_records_are_passed_over(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    url, topic, told = str(tmp_path / "archive"), topics.user_events(shop_id).name, views(4)
    junk = [b"\xff\xfe", b"{broken", b"", b"\x0a\x05ab", b'{"event_id": "no-uuid"}', b"x" * (1024 * 1024 + 1)]
    publish(log, shop_id, told[:2])
    publish_messages(log, [Message(topic, b"v0", value, partition=n % 2) for n, value in enumerate(junk)])
    publish(log, shop_id, told[2:])
    archive_all(log, EventArchive(url), shop_id)
    assert ids_in(url) == sorted(one.event_id for one in told)
    states = [json.loads(path.read_text()) for path in (tmp_path / "archive").rglob("_state/*.json")]
    assert sum(state["next_offset"] for state in states) == len(told) + len(junk)


def test_an_archive_that_is_no_folder(log: EventLog, shop_id: str) -> None:
    url, told = f"memory://archive-{uuid.uuid4().hex}", views(12, visitors=3)
    publish(log, shop_id, told)
    archive_all(log, EventArchive(url), shop_id)
    publish_messages(log, [user_events.forget_message(shop_id, "v2", NOON_MS + 1000, p) for p in range(2)])
    archive_all(log, EventArchive(url), shop_id)
    assert ids_in(url) == sorted(one.event_id for one in told if one.visitor_id != "v2")


def test_half_a_file_of_a_killed_archiver_is_cleared_away(log: EventLog, shop_id: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive" / "user-events" / "date=2023-11-15"
    folder.mkdir(parents=True)
    (folder / "0-7.parquet.part").write_bytes(b"PAR1half")
    publish(log, shop_id, views(3))
    archive_all(log, EventArchive(str(tmp_path / "archive")), shop_id)
    assert len(ids_in(str(tmp_path / "archive"))) == 3
    assert not list(folder.glob("*.part"))
