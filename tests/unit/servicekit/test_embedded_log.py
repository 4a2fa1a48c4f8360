"""What the embedded log promises beyond what every log does (tests/contract/test_event_log.py)."""

from contextlib import closing
from pathlib import Path

from servicekit.events.embedded import EmbeddedLog
from servicekit.events.log import Message, TopicSpec

LIMIT = 20_000
HEADERS = [(f"ce_header_{n}", b"value") for n in range(8)]


def test_a_log_that_runs_for_long_stays_within_its_limit_and_keeps_the_newest(tmp_path: Path) -> None:
    with closing(EmbeddedLog(str(tmp_path / "events.db"))) as log:
        log.ensure_topics([TopicSpec("things", partitions=1, retention_bytes=LIMIT)])
        with closing(log.publisher()) as publisher:
            for n in range(3000):
                publisher.publish(Message("things", b"key", str(n).zfill(50).encode(), HEADERS))
            publisher.flush()
        with closing(log.follow("things")) as follower:
            kept = [int(record.value or b"") for record in follower.poll(1.0, 5000)["things", 0]]
    each = 3 + 50 + sum(len(name) + len(value) for name, value in HEADERS)
    assert kept == list(range(3000 - len(kept), 3000))
    assert LIMIT * 0.7 < len(kept) * each <= LIMIT
