"""Dead letters are seen, mended and put back, each once."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import topics, user_events
from servicekit.errors import InvalidInput
from servicekit.events import open_event_log
from servicekit.events.log import EventLog, Message
from servicekit.settings import ShopSettings
from shopctl import dead_letters
from shopctl.importing.publish import read_all
from shopkeeper.events.v1.events_pb2 import UserEvent

SHOP_ID = "mine"
Replay = Callable[..., tuple[int, dict[str, Any]]]


HAPPENED_MS = 1_700_000_000_000
PUBLISHED_MS = 1_700_000_005_000


def event(event_type: str = "home-page-view") -> UserEvent:
    made = UserEvent(event_id=str(uuid.uuid4()), event_type=event_type, visitor_id="v1")
    made.event_time.FromMilliseconds(HAPPENED_MS)
    return made


@pytest.fixture
def shop(tmp_path: Path) -> ShopSettings:
    return ShopSettings(id=SHOP_ID, home=tmp_path)


@pytest.fixture
def log(shop: ShopSettings) -> EventLog:
    opened = open_event_log(shop.events_url)
    opened.ensure_topics([topics.user_events(SHOP_ID), topics.dead_letters(SHOP_ID)])
    return opened


@pytest.fixture
def replay(shop: ShopSettings, capsys: pytest.CaptureFixture[str]) -> Replay:
    def run(reason: str = "", dry_run: bool = False, edit: Path | None = None) -> tuple[int, dict[str, Any]]:
        code = dead_letters.replay(shop, reason, dry_run, edit, as_json=True)
        return code, json.loads(capsys.readouterr().out)

    return run


def bury(log: EventLog, message: Message, reason: str) -> None:
    """As the consumer does."""
    marks = [("dlq_topic", message.topic.encode()), ("dlq_partition", b"0"), ("dlq_offset", b"7"),
             ("dlq_timestamp", str(PUBLISHED_MS).encode()),
             ("dlq_key", message.key or b""), ("dlq_reason", reason.encode()), ("dlq_message", b"why")]  # fmt: skip
    publisher = log.publisher()
    publisher.publish(Message(topics.dead_letters(SHOP_ID).name, b"k", message.value, [*message.headers, *marks]))
    publisher.close()


def on_topic(log: EventLog) -> list[Message]:
    records = read_all(log, topics.user_events(SHOP_ID).name)
    return [Message(record.topic, record.key, record.value, tuple(record.headers)) for record in records]


def test_a_record_that_is_good_now_goes_back_as_it_first_came_and_only_once(log: EventLog, replay: Replay) -> None:
    original = user_events.to_message(SHOP_ID, event(), json=True)
    bury(log, original, "unknown-event-type")
    assert replay(dry_run=True) == (0, result({"unknown-event-type": 1}, dry_run=True))
    assert on_topic(log) == []
    assert replay() == (0, result({"unknown-event-type": 1}))
    assert on_topic(log) == [Message(original.topic, b"v1", original.value, tuple(original.headers))]
    assert replay() == (0, result({}))
    assert len(on_topic(log)) == 1


@pytest.mark.parametrize("mend", [False, True])
def test_an_event_without_a_time_happened_when_it_was_published_not_when_it_is_put_back(
    log: EventLog, shop: ShopSettings, replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str], mend: bool
) -> None:
    """Else a replay would bring back a shopper who was forgotten in between."""
    untimed = event()
    untimed.ClearField("event_time")
    bury(log, user_events.to_message(SHOP_ID, untimed), "unknown-event-type")
    path = tmp_path / "letters.jsonl"
    dead_letters.show(shop, "", 20, path, as_json=False)
    capsys.readouterr()
    assert replay(edit=path if mend else None) == (0, result({"unknown-event-type": 1}))
    (back,) = on_topic(log)
    assert user_events.time_ms(UserEvent.FromString(back.value or b"")) == PUBLISHED_MS


def test_what_is_still_wrong_stays(log: EventLog, replay: Replay) -> None:
    bury(log, user_events.to_message(SHOP_ID, event("dance")), "unknown-event-type")
    bury(log, user_events.to_message(SHOP_ID, event()), "future-event-time")
    assert replay() == (1, result({"future-event-time": 1}, {"unknown-event-type": 1}))
    assert len(on_topic(log)) == 1


def test_one_reason_first_leaves_the_others_for_later(log: EventLog, replay: Replay) -> None:
    for reason in ("a", "b", "a", "b"):
        bury(log, user_events.to_message(SHOP_ID, event()), reason)
    assert replay("b") == (0, result({"b": 2}))
    assert replay() == (0, result({"a": 2}))
    assert len(on_topic(log)) == 4


def test_a_broken_record_is_written_out_mended_and_put_back(
    log: EventLog, shop: ShopSettings, replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bury(log, user_events.to_message(SHOP_ID, event("dance")), "unknown-event-type")
    bury(log, Message(topics.user_events(SHOP_ID).name, b"v1", b"{broken"), "broken-json")
    path = tmp_path / "letters.jsonl"
    dead_letters.show(shop, "", 20, path, as_json=False)
    capsys.readouterr()
    dance, broken = map(json.loads, path.read_text().splitlines())
    assert dance["event"]["event_type"] == "dance"
    assert broken["value_base64"] == "e2Jyb2tlbg=="
    dance["event"]["event_type"] = "home-page-view"
    path.write_text(json.dumps(dance) + "\n")
    assert replay(edit=path) == (0, result({"unknown-event-type": 1}))
    assert replay(edit=path) == (0, result({}))
    (back,) = on_topic(log)
    assert UserEvent.FromString(back.value or b"").event_type == "home-page-view"


def test_a_mended_file_that_cannot_be_read_names_its_line(replay: Replay, tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('\n{"place": "0:0", "event": {"colour": 1}}\n')
    with pytest.raises(InvalidInput, match=r"letters.jsonl line 2: cannot be read"):
        replay(edit=path)


def result(back: dict[str, int], wrong: dict[str, int] | None = None, dry_run: bool = False) -> dict[str, Any]:
    return {"shop": SHOP_ID, "replayed": back, "still_wrong": wrong or {}, "dry_run": dry_run}
