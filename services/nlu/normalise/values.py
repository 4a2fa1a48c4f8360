"""What slots' words are made into."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Amounts:
    """Inclusive; None is open. `direction` is -1 or 1 where only cheaper or dearer was said."""

    least: Decimal | None = None
    most: Decimal | None = None
    currency: str = "CNY"
    direction: int = 0


@dataclass(frozen=True)
class Days:
    """Both inclusive; the same day twice for a single day."""

    first: date
    last: date


@dataclass(frozen=True)
class Number:
    """A count, or a position: -1 is the last."""

    value: int


@dataclass(frozen=True)
class Canonical:
    """Text in its one form."""

    text: str


Value = Amounts | Days | Number | Canonical
