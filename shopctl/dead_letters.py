"""What could not be taken in: seen, mended, and put back onto the topic, each record once.

Which ones were put back stands in the shop's state store as ranges of offsets, so that a replay of one reason leaves
the others for later. Written after the records are acknowledged: a crash in between replays some twice, and the
consumer knows their event ids.
"""

import base64
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from contracts import topics, user_events
from servicekit.errors import InvalidInput, Violation
from servicekit.events import open_event_log
from servicekit.events.log import EventLog, Message, Record
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from servicekit.state.store import StateStore
from shopctl.console import note, out, print_json, table
from shopctl.importing.publish import read_all, sending
from shopkeeper.events.v1.events_pb2 import UserEvent

REPLAYED_KEY = "dead-letters/replayed"
OWN_HEADERS = "dlq_"
VALUE_SHOWN = 80


@dataclass(frozen=True)
class Letter:
    """One dead letter. `place` is where it lies among the dead letters, `origin` where it came from."""

    place: tuple[int, int]
    origin: str
    reason: str
    message: str
    time_ms: int
    published_ms: int
    """When the record was first published; what told no time of its own happened then, whenever it is put back."""
    record: Record

    @property
    def key(self) -> bytes | None:
        return dict(self.record.headers).get("dlq_key") or None


def show(shop: ShopSettings, reason: str, limit: int, export: Path | None, as_json: bool) -> None:
    with _opened(shop) as (log, state):
        letters = [letter for letter in _letters(log, shop.id) if not reason or letter.reason == reason]
        done = _replayed(state)
    if export:
        count = _export([letter for letter in letters if letter.place not in done], export)
        note(f"{count} dead letters written to {export}; mend `event` there, then: shopctl replay --edit {export}")
        return
    rows = [_row(letter, letter.place in done) for letter in letters[-limit:]]
    if as_json:
        counts = Counter(letter.reason for letter in letters)
        print_json({"shop": shop.id, "count": len(letters), "reasons": dict(counts), "letters": rows})
        return
    columns = ("place", "when", "reason", "what is wrong", "visitor", "replayed")
    keys = ("place", "time", "reason", "message", "visitor", "replayed")
    out.print(
        table(f"{len(letters)} dead letters of shop {shop.id}", columns, [[row[k] for k in keys] for row in rows])
    )


def replay(shop: ShopSettings, reason: str, dry_run: bool, edit: Path | None, as_json: bool) -> int:
    """0 if none is left behind, else 1."""
    mended = _read_edits(edit) if edit else {}
    back, wrong, messages = Counter[str](), Counter[str](), []
    with _opened(shop) as (log, state), sending(log) as send:
        done = _replayed(state)
        for letter in _letters(log, shop.id):
            if letter.place in done or (reason and letter.reason != reason) or (edit and letter.place not in mended):
                continue
            try:
                message = _as_taken_in(shop.id, _message(shop.id, letter, mended.get(letter.place)), letter)
            except user_events.BadRecord as still:
                wrong[letter.reason] += 1
                messages.append(f"{_place(letter.place)}: {still.reason}: {still}")
                continue
            back[letter.reason] += 1
            done.add(letter.place)
            if not dry_run:
                send.put(message)
        send.wait()
        if not dry_run and back:
            state.put(REPLAYED_KEY, _pack(done))
    _print_replay(shop, back, wrong, messages, dry_run, as_json)
    return 1 if wrong else 0


@contextmanager
def _opened(shop: ShopSettings) -> Iterator[tuple[EventLog, StateStore]]:
    log = open_event_log(shop.events_url)
    try:
        log.ensure_topics([topics.user_events(shop.id), topics.dead_letters(shop.id)])
        state = open_state(shop.state_url, shop.id)
        try:
            yield log, state
        finally:
            state.close()
    finally:
        log.close()


def _letters(log: EventLog, shop_id: str) -> Iterator[Letter]:
    """Oldest first."""
    for record in read_all(log, topics.dead_letters(shop_id).name):
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}  # null in Kafka
        origin = ":".join(headers.get(f"{OWN_HEADERS}{name}", "?") for name in ("topic", "partition", "offset"))
        reason, message = headers.get("dlq_reason", "unknown"), headers.get("dlq_message", "")
        told = headers.get("dlq_timestamp", "")
        published_ms = int(told) if told.isdigit() else record.timestamp_ms
        yield Letter(
            (record.partition, record.offset), origin, reason, message, record.timestamp_ms, published_ms, record
        )


def _message(shop_id: str, letter: Letter, event: UserEvent | None) -> Message:
    """The record as it first came, or the mended event in its place."""
    if event is not None:
        return user_events.to_message(shop_id, event)
    headers = [(name, value) for name, value in letter.record.headers if not name.startswith(OWN_HEADERS)]
    return Message(topics.user_events(shop_id).name, letter.key, letter.record.value, headers)


def _as_taken_in(shop_id: str, message: Message, letter: Letter) -> Message:
    """What goes onto the topic: as it came, but with its time where it told none. Put back without one it would happen
    now, and bring back a shopper who was forgotten since. Raises BadRecord for what the consumer would refuse again."""
    record = Record(message.topic, 0, 0, letter.published_ms, message.key, message.value, message.headers)
    event = user_events.read(record, time.time_ns() // 1_000_000)
    if isinstance(event, UserEvent) and user_events.time_ms(event) == letter.published_ms:
        return user_events.to_message(shop_id, event)
    return message


def _export(letters: Iterable[Letter], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for letter in letters:
            line = {"place": _place(letter.place), "reason": letter.reason, "message": letter.message,
                    "key": (letter.key or b"").decode(errors="replace"), **_readable_value(letter)}  # fmt: skip
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


def _readable_value(letter: Letter) -> dict[str, Any]:
    """`event` as JSON where it can be decoded; else the bytes, and an empty `event` to fill in."""
    value = letter.record.value or b""
    try:
        if value[:1] == b"{":
            found = json.loads(value)
            return {"event": found} if isinstance(found, dict) else {"event": {}, "value_base64": _base64(value)}
        event = UserEvent.FromString(value)
        return {"event": json_format.MessageToDict(event, preserving_proto_field_name=True)}
    except Exception:  # any bytes may stand here, and each codec has errors of its own
        return {"event": {}, "value_base64": _base64(value)}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _read_edits(path: Path) -> dict[tuple[int, int], UserEvent]:
    edits = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            partition, _, offset = str(said["place"]).partition(":")
            edits[int(partition), int(offset)] = json_format.ParseDict(said["event"], UserEvent())
        except (ValueError, KeyError, TypeError, json_format.ParseError) as error:
            raise InvalidInput.of(Violation(f"{path.name} line {number}", f"cannot be read: {error}")) from None
    return edits


def _replayed(state: StateStore) -> set[tuple[int, int]]:
    found = state.get_many([REPLAYED_KEY])[0]
    if not found:
        return set()
    ranges: Mapping[str, list[tuple[int, int]]] = json.loads(found)
    return {
        (int(p), offset) for p, pairs in ranges.items() for first, last in pairs for offset in range(first, last + 1)
    }


def _pack(places: Iterable[tuple[int, int]]) -> bytes:
    """{partition: [[first, last], ...]}."""
    ranges: dict[str, list[list[int]]] = {}
    for partition, offset in sorted(places):
        of_partition = ranges.setdefault(str(partition), [])
        if of_partition and of_partition[-1][1] == offset - 1:
            of_partition[-1][1] = offset
        else:
            of_partition.append([offset, offset])
    return json.dumps(ranges).encode()


def _row(letter: Letter, replayed: bool) -> dict[str, object]:
    when = datetime.fromtimestamp(letter.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    visitor = (letter.key or b"").decode(errors="replace")
    value = (letter.record.value or b"")[:VALUE_SHOWN].decode(errors="replace")
    shown = "".join(c if c.isprintable() else "·" for c in value)
    return {"place": _place(letter.place), "time": when, "reason": letter.reason, "message": letter.message,
            "origin": letter.origin, "visitor": visitor, "value": shown, "replayed": replayed}  # fmt: skip


def _place(place: tuple[int, int]) -> str:
    return f"{place[0]}:{place[1]}"


def _print_replay(
    shop: ShopSettings, back: Counter[str], wrong: Counter[str], messages: list[str], dry_run: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"shop": shop.id, "replayed": dict(back), "still_wrong": dict(wrong), "dry_run": dry_run})
        return
    reasons = sorted({*back, *wrong})
    columns = ("reason", "would go back" if dry_run else "put back", "still wrong")
    rows = [(reason, back[reason], wrong[reason]) for reason in reasons]
    out.print(
        table(f"dead letters of shop {shop.id}", columns, rows, right=columns[1:]) if rows else "nothing to replay"
    )
    for message in messages[:10]:
        note(f"still wrong: {message}")
    if wrong:
        note("write them out with `shopctl dead-letters --export FILE`, mend them, then `shopctl replay --edit FILE`")
