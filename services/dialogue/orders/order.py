"""Orders, returns and exchanges as plain values."""

from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in hundredths of the currency's unit, so that sums are exact."""

    currency: str
    cents: int

    def times(self, count: int) -> "Amount":
        return replace(self, cents=self.cents * count)


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose order it is: the user who is logged in, else the visitor's browser."""

    visitor_id: str
    user_id: str = ""


class OrderState(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class CaseKind(StrEnum):
    RETURN = "return"
    EXCHANGE = "exchange"


class CaseState(StrEnum):
    REQUESTED = "requested"
    RECEIVED = "received"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order; `price` of one piece, `title` as it was when it was ordered."""

    product_id: str
    quantity: int
    price: Amount
    title: str = ""
    size: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCase:
    """One return or exchange; times in ms, 0 where it has not happened."""

    case_id: str
    kind: CaseKind
    state: CaseState
    product_id: str
    quantity: int
    reason: str = ""
    new_size: str = ""
    new_colour: str = ""
    refund: Amount | None = None
    requested_ms: int = 0
    done_ms: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One order; times in ms, 0 where it has not happened."""

    order_id: str
    shopper: Shopper
    state: OrderState
    lines: tuple[OrderLine, ...]
    total: Amount
    shipping_cost: Amount
    placed_ms: int
    shipped_ms: int = 0
    delivered_ms: int = 0
    cancelled_ms: int = 0
    cases: tuple[ServiceCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a parcel was seen: accepted, in-transit, out-for-delivery, delivered."""

    time_ms: int
    status: str
    place: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """The parcel of an order; scans newest first. An order that was not shipped has none."""

    order_id: str
    state: OrderState
    carrier: str = ""
    tracking_number: str = ""
    scans: tuple[Scan, ...] = ()
    estimated_ms: int = 0
