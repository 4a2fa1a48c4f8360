"""Plain values to protobuf's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from servicekit.errors import InvalidInput, Violation

NANOS = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def money(field: str, amount: object, currency: str) -> Money:
    """`amount` is a number or its text, in whole currency units. Raises InvalidInput."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise InvalidInput.of(Violation("currency", f"{currency!r} is not a three-letter ISO 4217 code"))
    try:
        value = Decimal(str(amount).strip().replace(",", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise InvalidInput.of(Violation(field, f"{amount!r} is not an amount of money below 10^15"))
    units = int(value)
    return Money(currency_code=currency.upper(), units=units, nanos=int((value - units) * NANOS))


def timestamp_of_ms(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1000, nanos=time_ms % 1000 * 1_000_000)


def time_ms(field: str, value: object) -> int:
    """Milliseconds since 1970 of an RFC 3339 text, a datetime, or seconds, ms or µs as a number. Raises InvalidInput.

    A text or datetime without an offset is UTC. Numbers are told apart by size: seconds below 10^11, ms below 10^14.
    """
    if isinstance(value, datetime):
        return _datetime_ms(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_ms(field, value)
    text = str(value).strip()
    if text.lstrip("-").isdigit():
        return _number_ms(field, int(text))
    try:
        return _datetime_ms(datetime.fromisoformat(text.replace(" UTC", "+00:00")))
    except ValueError:
        message = f"{text[:64]!r} is not a time; wanted RFC 3339, e.g. '2026-03-01T12:00:00Z'"
        raise InvalidInput.of(Violation(field, message)) from None


def _datetime_ms(value: datetime) -> int:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(milliseconds=1)


def _number_ms(field: str, value: float) -> int:
    if not 0 <= value < 10**17:
        raise InvalidInput.of(Violation(field, f"{value!r} is not seconds, milliseconds or microseconds since 1970"))
    if value < 10**11:
        return round(value * 1000)
    return int(value) if value < 10**14 else int(value) // 1000
