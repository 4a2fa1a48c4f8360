"""Requests of the NluService as plain values. Raises InvalidInput that names field, value and limit."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contracts import limits
from servicekit.errors import InvalidInput, Violation
from services.nlu.understanding import Ask
from shopkeeper.nlu.v1 import nlu_pb2 as pb

TEXT_LENGTH = 1000
BATCH = 256
LANGUAGES = ("en", "zh")


def ask(request: pb.ParseRequest, now_ms: int, time_zone: str) -> Ask:
    """`now_ms` and `time_zone` where the request names none."""
    return batch([request], now_ms, time_zone, "")[0]


def asks(request: pb.BatchParseRequest, now_ms: int, time_zone: str) -> list[Ask]:
    """One for each of the batch, which must hold 1 to 256."""
    if not 1 <= len(request.requests) <= BATCH:
        message = f"has {len(request.requests)} entries, the limits are 1 and {BATCH}"
        raise InvalidInput.of(Violation("requests", message))
    return batch(request.requests, now_ms, time_zone, "requests")


def batch(requests: Sequence[pb.ParseRequest], now_ms: int, time_zone: str, field: str) -> list[Ask]:
    """`field` is where the requests stand in the message; "" for the message itself."""
    found = [
        violation
        for place, request in enumerate(requests)
        for violation in _violations(request, f"{field}[{place}]." if field else "")
    ]
    if found:
        raise InvalidInput.of(*found)
    return [_ask(request, now_ms, time_zone) for request in requests]


def _violations(request: pb.ParseRequest, within: str) -> Iterator[Violation]:
    yield from limits.text(f"{within}text", request.text, TEXT_LENGTH, required=True)
    if request.HasField("reference_time"):
        yield from limits.timestamp(f"{within}reference_time", request.reference_time)
    if request.time_zone and _zone(request.time_zone) is None:
        yield Violation(
            f"{within}time_zone", f"{limits.shown(request.time_zone)} is no IANA time zone, e.g. Asia/Shanghai"
        )


def _zone(name: str) -> ZoneInfo | None:
    """None for what is no time zone. Names are looked up as files: some are folders, or lie outside."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _ask(request: pb.ParseRequest, now_ms: int, time_zone: str) -> Ask:
    zone = ZoneInfo(request.time_zone or time_zone)
    if request.HasField("reference_time"):
        at = request.reference_time.ToDatetime(tzinfo=UTC)
    else:
        at = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        return Ask(request.text, at.astimezone(zone))
    except OverflowError:
        return Ask(request.text, at.replace(tzinfo=zone))


def language(request: pb.ListIntentsRequest) -> str:
    """Of the descriptions: `en` where none is named."""
    code = request.language_code or "en"
    if code not in LANGUAGES:
        raise InvalidInput.of(Violation("language_code", f"{limits.shown(code)} is none of {', '.join(LANGUAGES)}"))
    return code
