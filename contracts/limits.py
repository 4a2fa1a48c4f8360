"""Checks that the validators share. Each yields violations that name the value and the limit."""

import re
from collections.abc import Iterator, Sized

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from servicekit.errors import Violation

ID_LENGTH = 128
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHOWN = 60


def shown(value: str) -> str:
    """The value as an error message may quote it."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


def text(field: str, value: str, limit: int, *, required: bool = False) -> Iterator[Violation]:
    """At most `limit` characters, not empty if required, and without NUL, which PostgreSQL does not keep."""
    if required and not value:
        yield Violation(field, "is required")
    elif len(value) > limit:
        yield Violation(field, f"has {len(value)} characters, the limit is {limit}: {shown(value)}")
    elif "\0" in value:
        yield Violation(field, f"has a NUL character at position {value.index(chr(0))}: {shown(value)}")


def count(field: str, values: Sized, limit: int) -> Iterator[Violation]:
    """At most `limit` entries."""
    if len(values) > limit:
        yield Violation(field, f"has {len(values)} entries, the limit is {limit}")


def timestamp(field: str, value: Timestamp) -> Iterator[Violation]:
    """What google.protobuf.Timestamp allows: its own methods raise beyond it."""
    if not -62_135_596_800 <= value.seconds <= 253_402_300_799:
        yield Violation(f"{field}.seconds", f"{value.seconds} is not within the years 1 to 9999")
    if not 0 <= value.nanos <= 999_999_999:
        yield Violation(f"{field}.nanos", f"{value.nanos} is not between 0 and 999999999")


def money(field: str, value: Money) -> Iterator[Violation]:
    """Not negative, nanos below one unit, an ISO 4217 code."""
    if value.units < 0 or value.nanos < 0:
        yield Violation(f"{field}.units", f"{value.units}.{abs(value.nanos):09d} is negative, the least is 0")
    if value.nanos > 999_999_999:
        yield Violation(f"{field}.nanos", f"{value.nanos} is above 999999999")
    if not _CURRENCY.fullmatch(value.currency_code):
        yield Violation(f"{field}.currency_code", f"{shown(value.currency_code)} is not an ISO 4217 code such as CNY")
