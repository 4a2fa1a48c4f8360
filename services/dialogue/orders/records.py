"""Orders in the database. One transaction holds an order, the request that changed it and the events it publishes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from servicekit.database import writing
from servicekit.errors import Conflict, NotFound, Unavailable
from services.dialogue.orders.order import Order, Shopper

_ORDERS = sa.table(
    "orders",
    sa.column("order_id", sa.String),
    sa.column("visitor_id", sa.String),
    sa.column("user_id", sa.String),
    sa.column("placed_ms", sa.BigInteger),
    sa.column("body", sa.LargeBinary),
)
_REQUESTS = sa.table(
    "order_requests",
    sa.column("request_id", sa.String),
    sa.column("digest", sa.String),
    sa.column("body", sa.LargeBinary),
    sa.column("made_ms", sa.BigInteger),
)
_EVENTS = sa.table(
    "order_events",
    sa.column("event_id", sa.String),
    sa.column("sequence", sa.BigInteger),
    sa.column("payload", sa.LargeBinary),
)


class Raced(Exception):
    """Another transaction wrote the same key first; nothing of this one stands."""


class Change:
    """One transaction that reads and writes orders. Made by `OrderRecords.change`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first_answer(self, request_id: str, digest: str) -> Order | None:
        """What this request was answered with before. Raises Conflict if the id was used for something else."""
        query = sa.select(_REQUESTS.c.digest, _REQUESTS.c.body).where(_REQUESTS.c.request_id == request_id)
        found = self._connection.execute(query).first()
        if found is None:
            return None
        if found.digest != digest:
            raise reused(request_id)
        return _order(found.body)

    def claim(self, request_id: str, digest: str, now_ms: int) -> None:
        """Before anything is read: the same request elsewhere waits here until this transaction ends."""
        values = {"request_id": request_id, "digest": digest, "body": b"", "made_ms": now_ms}
        self._connection.execute(sa.insert(_REQUESTS).values(values))

    def answer(self, request_id: str, order: Order) -> None:
        where = _REQUESTS.c.request_id == request_id
        self._connection.execute(sa.update(_REQUESTS).where(where).values(body=msgspec.json.encode(order)))

    def find(self, order_id: str) -> Order | None:
        """Locked until the transaction ends."""
        query = sa.select(_ORDERS.c.body).where(_ORDERS.c.order_id == order_id).with_for_update()
        body = self._connection.execute(query).scalar_one_or_none()
        return None if body is None else _order(body)

    def add(self, order: Order) -> None:
        self._connection.execute(sa.insert(_ORDERS).values(order_id=order.order_id, **_values(order)))

    def replace(self, order: Order) -> None:
        where = _ORDERS.c.order_id == order.order_id
        self._connection.execute(sa.update(_ORDERS).where(where).values(**_values(order)))

    def publish(self, event_id: str, payload: bytes, now_ms: int) -> None:
        """To be published once this transaction stands."""
        known = sa.select(_EVENTS.c.event_id).where(_EVENTS.c.event_id == event_id)
        if self._connection.execute(known).first() is None:
            values = {"event_id": event_id, "sequence": now_ms, "payload": payload}
            self._connection.execute(sa.insert(_EVENTS).values(values))


class OrderRecords:
    """All orders of a shop. Blocks; call it in a thread. Raises Unavailable if the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Raises Raced where another was first."""
        try:
            with writing(self._engine) as connection:
                yield Change(connection)
        except sa.exc.IntegrityError as error:
            raise Raced from error

    def get(self, shopper: Shopper, order_id: str) -> Order:
        """Raises NotFound if there is none, or if it is somebody else's."""
        with _reading(self._engine) as connection:
            body = connection.execute(sa.select(_ORDERS.c.body).where(_ORDERS.c.order_id == order_id)).scalar()
        order = None if body is None else _order(body)
        return owned(order, shopper, order_id)

    def page(self, shopper: Shopper, limit: int, before: tuple[int, str] | None = None) -> Sequence[Order]:
        """Newest first; `before` is (placed_ms, order_id) of the last one seen."""
        query = sa.select(_ORDERS.c.body).where(_of(shopper))
        if before is not None:
            query = query.where(sa.tuple_(_ORDERS.c.placed_ms, _ORDERS.c.order_id) < sa.tuple_(*before))
        query = query.order_by(_ORDERS.c.placed_ms.desc(), _ORDERS.c.order_id.desc()).limit(limit)
        with _reading(self._engine) as connection:
            return [_order(body) for body in connection.execute(query).scalars()]

    def unpublished(self, limit: int = 100) -> Sequence[tuple[str, bytes]]:
        """(event_id, payload), oldest first."""
        query = sa.select(_EVENTS.c.event_id, _EVENTS.c.payload).order_by(_EVENTS.c.sequence).limit(limit)
        with _reading(self._engine) as connection:
            return [(row.event_id, row.payload) for row in connection.execute(query)]

    def published(self, event_ids: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.delete(_EVENTS).where(_EVENTS.c.event_id.in_(event_ids)))


def reused(request_id: str) -> Conflict:
    return Conflict(f"request_id: {request_id!r} was used for something else", reason="REQUEST_ID_REUSED")


def owned(order: Order | None, shopper: Shopper, order_id: str) -> Order:
    """The order if it is this shopper's: the user's where it has one, else the visitor's. Raises NotFound."""
    if order is not None:
        owner = order.shopper
        same = owner.user_id == shopper.user_id if owner.user_id else owner.visitor_id == shopper.visitor_id
        if same:
            return order
    raise NotFound(f"order_id: this shopper has no order {order_id[:64]!r}", reason="ORDER_NOT_FOUND")


def _of(shopper: Shopper) -> sa.ColumnElement[bool]:
    anonymous = sa.and_(_ORDERS.c.user_id == "", _ORDERS.c.visitor_id == shopper.visitor_id)
    return sa.or_(_ORDERS.c.user_id == shopper.user_id, anonymous) if shopper.user_id else anonymous


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise Unavailable(f"records: {error.orig}", reason="RECORDS_UNAVAILABLE") from error


def _values(order: Order) -> dict[str, object]:
    return {
        "visitor_id": order.shopper.visitor_id,
        "user_id": order.shopper.user_id,
        "placed_ms": order.placed_ms,
        "body": msgspec.json.encode(order),
    }


def _order(body: bytes) -> Order:
    return msgspec.json.decode(body, type=Order)
