"""OrderService as a shop's own systems and teams meet it, over real gRPC; and through the dialogue's port to it."""

import base64
import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from google.type.money_pb2 import Money

from servicekit.database import migrate, open_database
from servicekit.errors import NotFound, Unavailable
from servicekit.server import GrpcServer, Mount, started
from servicekit.settings import ServiceSettings
from services.dialogue.orders import MIGRATIONS
from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.embedded import EmbeddedOrders
from services.dialogue.orders.order import Amount, OrderLine, OrderState, Shopper
from services.dialogue.orders.records import OrderRecords
from services.dialogue.orders.remote import RemoteOrders
from services.dialogue.orders.servicer import NAME, OrderServicer, mount
from shopkeeper.commerce.v1 import commerce_pb2 as pb
from shopkeeper.commerce.v1.commerce_pb2_grpc import (
    OrderServiceServicer,
    OrderServiceStub,
    add_OrderServiceServicer_to_server,
)
from tests.fakes_echo import new_metrics

ANNA, BO = pb.Shopper(visitor_id="anna"), pb.Shopper(visitor_id="bo's laptop", user_id="bo")
DAY = 86_400


def settings() -> ServiceSettings:
    return ServiceSettings(grpc_address="127.0.0.1:0", metrics_address="127.0.0.1:0", drain_seconds=1)


@asynccontextmanager
async def serving(served: Mount) -> AsyncIterator[grpc.aio.Channel]:
    parts = [GrpcServer("orders", settings(), [served], new_metrics())]
    async with started(parts) as at, grpc.aio.insecure_channel(at["grpc"]) as channel:
        yield channel


@pytest.fixture(params=["sqlite", "postgresql"])
async def channel(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> AsyncIterator[grpc.aio.Channel]:
    """To an OrderService over each database."""
    url = f"sqlite:///{tmp_path}/records.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url, shop_id)
    migrate(engine, "orders", MIGRATIONS)
    book = OrderBook(OrderRecords(engine), lambda: time.time_ns() // 1_000_000)
    with ThreadPoolExecutor(4) as executor:
        served = mount(OrderServicer(EmbeddedOrders(book, executor)))
        async with serving(served) as opened:
            yield opened
    if request.param == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {shop_id} CASCADE")
    engine.dispose()


@pytest.fixture
def shop(channel: grpc.aio.Channel) -> Any:
    """Its stub: the types of the generated one are those of the blocking calls."""
    return OrderServiceStub(channel)


def new_id() -> str:
    return str(uuid.uuid4())


def line(product_id: str, quantity: int, units: int, nanos: int = 0, currency: str = "CNY") -> pb.OrderLine:
    made = pb.OrderLine(product_id=product_id, quantity=quantity, title=f"{product_id} 鞋")
    made.price.currency_code, made.price.units, made.price.nanos = currency, units, nanos
    return made


def at(seconds: int) -> Timestamp:
    """From now."""
    return Timestamp(seconds=int(time.time()) + seconds)


def delivered(order_id: str, *lines: pb.OrderLine, shopper: pb.Shopper = ANNA, days_ago: int = 2) -> pb.Order:
    return pb.Order(
        order_id=order_id,
        shopper=shopper,
        state=pb.ORDER_STATE_DELIVERED,
        lines=lines,
        total=Money(currency_code="CNY", units=sum(each.quantity * each.price.units for each in lines)),
        place_time=at(-(days_ago + 2) * DAY),
        ship_time=at(-(days_ago + 1) * DAY),
        deliver_time=at(-days_ago * DAY),
    )


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Code, reason, and what was said of each field."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    packed = Status.FromString(dict(caught.value.trailing_metadata() or ())["grpc-status-details-bin"]).details
    info, bad = ErrorInfo(), BadRequest()
    assert packed[0].Unpack(info)
    for detail in packed[1:]:
        detail.Unpack(bad)
    return caught.value.code(), info.reason, {each.field: each.description for each in bad.field_violations}


async def test_anna_buys_thinks_again_and_sees_both_orders(shop: Any) -> None:
    request = pb.PlaceOrderRequest(request_id=new_id(), shopper=ANNA, lines=[line("sock", 2, 19, 900_000_000)])
    socks = (await shop.PlaceOrder(request)).order
    assert (await shop.PlaceOrder(request)).order == socks
    assert (socks.total.units, socks.total.nanos, socks.shipping_cost.units) == (47, 800_000_000, 8)
    assert (socks.state, socks.lines[0].title) == (pb.ORDER_STATE_PLACED, "sock 鞋")

    cancel = pb.CancelOrderRequest(request_id=new_id(), order_id=socks.order_id, shopper=ANNA, reason="买错了 😀")
    gone = (await shop.CancelOrder(cancel)).order
    assert gone.state == pb.ORDER_STATE_CANCELLED
    assert gone.HasField("cancel_time")
    assert (await shop.CancelOrder(cancel)).order == gone
    cancel.request_id = new_id()
    assert await refused(shop.CancelOrder(cancel)) == (grpc.StatusCode.FAILED_PRECONDITION, "ORDER_CANCELLED", {})
    request.lines[0].quantity = 3
    code, reason, _ = await refused(shop.PlaceOrder(request))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")

    seen = await shop.GetOrder(pb.GetOrderRequest(order_id=socks.order_id, shopper=ANNA))
    assert seen.order == gone


async def test_pages_go_to_the_end_and_show_nobody_elses(shop: Any) -> None:
    mine = [delivered(f"A-{number}", line("hat", 1, 50), days_ago=number) for number in range(5)]
    theirs = [delivered(f"B-{number}", line("hat", 1, 50), shopper=BO) for number in range(3)]
    assert (await shop.ImportOrders(pb.ImportOrdersRequest(orders=[*mine, *theirs]))).imported_count == 8
    found, token, pages = list[str](), "", 0
    while token or not pages:
        page = await shop.ListOrders(pb.ListOrdersRequest(shopper=ANNA, page_size=2, page_token=token))
        found, token, pages = [*found, *(order.order_id for order in page.orders)], page.next_page_token, pages + 1
    assert (found, pages) == ([f"A-{number}" for number in range(5)], 3)

    first = await shop.ListOrders(pb.ListOrdersRequest(shopper=ANNA, page_size=2))
    others = await shop.ListOrders(pb.ListOrdersRequest(shopper=BO, page_token=first.next_page_token))
    assert all(order.order_id.startswith("B-") for order in others.orders)
    for wrong in ("x", "é", token_of("99999999999999999999:A-1"), token_of("1:\0"), token_of("soon:A-1")):
        code, _, fields = await refused(shop.ListOrders(pb.ListOrdersRequest(shopper=ANNA, page_token=wrong)))
        assert (code, "is not one of ours" in fields["page_token"]) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    _, _, fields = await refused(shop.ListOrders(pb.ListOrdersRequest(shopper=ANNA, page_size=101)))
    assert fields == {"page_size": "101 is not from 1 to 100"}


def token_of(said: str) -> str:
    return base64.urlsafe_b64encode(said.encode()).decode()


async def test_what_was_delivered_is_tracked_returned_and_exchanged(shop: Any) -> None:
    order = delivered("SK11111111", line("shoe", 1, 459), line("sock", 3, 20))
    await shop.ImportOrders(pb.ImportOrdersRequest(orders=[order]))
    parcel = await shop.TrackShipment(pb.TrackShipmentRequest(order_id=order.order_id, shopper=ANNA))
    assert [scan.status for scan in parcel.scans] == ["delivered", "accepted"]
    assert (parcel.state, parcel.tracking_number[:2]) == (pb.ORDER_STATE_DELIVERED, "SW")

    asked = pb.RequestReturnRequest(request_id=new_id(), order_id=order.order_id, shopper=ANNA, product_id="sock")
    asked.quantity, asked.reason = 2, "too warm"
    back = await shop.RequestReturn(asked)
    assert (back.case.quantity, back.case.refund.units, back.case.reason) == (2, 40, "too warm")
    assert await shop.RequestReturn(asked) == back
    asked.request_id, asked.quantity = new_id(), 2
    _, _, fields = await refused(shop.RequestReturn(asked))
    assert fields == {"quantity": "2 is not from 1 to 1, the pieces that are left"}

    swap = pb.RequestExchangeRequest(request_id=new_id(), order_id=order.order_id, shopper=ANNA, product_id="shoe")
    swap.new_size = "43"
    swapped = await shop.RequestExchange(swap)
    assert (swapped.case.kind, swapped.case.new_size) == (pb.CASE_KIND_EXCHANGE, "43")
    assert not swapped.case.HasField("refund")
    assert [case.case_id for case in swapped.order.cases] == ["SK11111111-1", "SK11111111-2"]
    swap.request_id = new_id()
    assert (await refused(shop.RequestExchange(swap)))[1] == "ALREADY_RETURNED"


async def test_too_early_and_too_late(shop: Any) -> None:
    late = delivered("SK22222222", line("hat", 1, 50), days_ago=30)
    placed = pb.PlaceOrderRequest(request_id=new_id(), shopper=ANNA, lines=[line("hat", 1, 50)])
    early = (await shop.PlaceOrder(placed)).order
    await shop.ImportOrders(pb.ImportOrdersRequest(orders=[late]))
    for order_id, reason in ((early.order_id, "NOT_DELIVERED"), (late.order_id, "RETURN_WINDOW_OVER")):
        asked = pb.RequestReturnRequest(request_id=new_id(), order_id=order_id, shopper=ANNA, product_id="hat")
        assert (await refused(shop.RequestReturn(asked)))[:2] == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    parcel = await shop.TrackShipment(pb.TrackShipmentRequest(order_id=early.order_id, shopper=ANNA))
    assert (list(parcel.scans), parcel.tracking_number) == ([], "")
    cancel = pb.CancelOrderRequest(request_id=new_id(), order_id=late.order_id, shopper=ANNA)
    assert (await refused(shop.CancelOrder(cancel)))[1] == "ORDER_SHIPPED"


async def test_an_order_of_somebody_else_is_not_there(shop: Any) -> None:
    await shop.ImportOrders(pb.ImportOrdersRequest(orders=[delivered("SK33333333", line("hat", 1, 50), shopper=BO)]))
    named: dict[str, Any] = {"order_id": "SK33333333", "shopper": ANNA}
    changed: dict[str, Any] = {**named, "request_id": new_id()}
    for call in (
        shop.GetOrder(pb.GetOrderRequest(**named)),
        shop.TrackShipment(pb.TrackShipmentRequest(**named)),
        shop.CancelOrder(pb.CancelOrderRequest(**changed)),
        shop.RequestReturn(pb.RequestReturnRequest(**changed, product_id="hat")),
        shop.RequestExchange(pb.RequestExchangeRequest(**changed, product_id="hat")),
    ):
        assert (await refused(call))[:2] == (grpc.StatusCode.NOT_FOUND, "ORDER_NOT_FOUND")
    seen = await shop.GetOrder(pb.GetOrderRequest(order_id="SK33333333", shopper=pb.Shopper(user_id="bo")))
    assert list(seen.order.cases) == []


async def test_a_bad_row_is_named_and_the_others_are_taken_in(shop: Any) -> None:
    good, bad = delivered("GOOD-1", line("hat", 1, 50)), delivered("BAD-1", line("hat", 1, 50))
    bad.cases.add(case_id="c", kind=pb.CASE_KIND_RETURN, state=pb.CASE_STATE_DONE, product_id="hat", quantity=-4)
    euros = delivered("BAD-2", line("hat", 1, 50), line("sock", 1, 20, currency="EUR"))
    nul = delivered("BAD-3", line("hat", 1, 50), shopper=pb.Shopper(visitor_id="an\0na"))
    unnamed = delivered("BAD 4", line("hat", 1, 50))
    undated = delivered("BAD-5", line("hat", 1, 50))
    undated.ClearField("place_time")
    request = pb.ImportOrdersRequest(orders=[bad, good, euros, nul, unnamed, undated])
    answer = await shop.ImportOrders(request)
    assert answer.imported_count == 1
    assert [(error.index, error.field) for error in answer.errors] == [
        (0, "cases[0].quantity"),
        (2, "lines[1].price.currency_code"),
        (3, "shopper.visitor_id"),
        (4, "order_id"),
        (5, "place_time"),
    ]
    assert answer.errors[1].message == "'EUR' is not the currency of the total, 'CNY'"
    found = await shop.ListOrders(pb.ListOrdersRequest(shopper=ANNA))
    assert [order.order_id for order in found.orders] == ["GOOD-1"]
    assert (await refused(shop.ImportOrders(pb.ImportOrdersRequest())))[2] == {"orders": "has 0 entries, not 1 to 500"}


async def test_every_wrong_field_of_an_order_is_named(shop: Any) -> None:
    wrong = [line("hat", 0, 1), line("hat", 1000, 1), line("", 1, 1)]
    code, reason, fields = await refused(
        shop.PlaceOrder(pb.PlaceOrderRequest(request_id=new_id(), shopper=ANNA, lines=wrong))
    )
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT")
    assert fields == {
        "lines[0].quantity": "0 is not from 1 to 999",
        "lines[1].quantity": "1000 is not from 1 to 999",
        "lines[2].product_id": "is required",
    }
    prices = [
        line("hat", 1, -1),
        line("hat", 1, 1, 2_000_000_000),
        line("hat", 1, 1, currency="yuan"),
        line("h\0", 1, 1),
    ]
    request = pb.PlaceOrderRequest(request_id=new_id(), shopper=ANNA, lines=prices)
    assert set((await refused(shop.PlaceOrder(request)))[2]) == {
        "lines[0].price.units",
        "lines[1].price.nanos",
        "lines[2].price.currency_code",
        "lines[3].product_id",
        "lines[3].title",
    }
    request = pb.PlaceOrderRequest(request_id=new_id(), shopper=ANNA, lines=[line("hat", 999, 2**62)])
    assert set((await refused(shop.PlaceOrder(request)))[2]) == {"lines[0].price"}
    request = pb.PlaceOrderRequest(request_id="soon", shopper=ANNA, lines=[line("hat", 1, 1)])
    assert (await refused(shop.PlaceOrder(request)))[2] == {"request_id": "'soon' is not a UUID"}
    nobody = pb.PlaceOrderRequest(request_id=new_id(), lines=[line("hat", 1, 1)])
    assert set((await refused(shop.PlaceOrder(nobody)))[2]) == {"shopper.visitor_id"}
    long = pb.CancelOrderRequest(request_id=new_id(), order_id="SK1", shopper=ANNA, reason="长" * 501)
    assert (await refused(shop.CancelOrder(long)))[2]["reason"].startswith("has 501 characters, the limit is 500")
    far = pb.GetOrderRequest(order_id="SK\0", shopper=ANNA)
    assert set((await refused(shop.GetOrder(far)))[2]) == {"order_id"}


async def test_the_dialogue_reaches_a_shops_own_order_service_alike(channel: grpc.aio.Channel) -> None:
    orders, anna = RemoteOrders(channel), Shopper("anna")
    order = await orders.place(new_id(), anna, [OrderLine("hat", 2, Amount("CNY", 1995), "Hat")])
    assert order.total == Amount("CNY", 2 * 1995 + 800)
    assert await orders.list(anna) == [order]
    assert (await orders.cancel(new_id(), anna, order.order_id)).state is OrderState.CANCELLED
    assert (await orders.track(anna, order.order_id)).scans == ()
    with pytest.raises(NotFound):
        await orders.get(Shopper("bo"), order.order_id)


class _Strange(OrderServiceServicer):
    """A shop's own service that knows a state of which the contract knows nothing, and fails at cancelling."""

    async def GetOrder(self, request: pb.GetOrderRequest, context: object) -> pb.GetOrderResponse:  # noqa: N802
        order = delivered(request.order_id, line("hat", 1, 50))
        order.state = 99  # type: ignore[assignment]
        return pb.GetOrderResponse(order=order)

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: object) -> pb.CancelOrderResponse:  # noqa: N802
        raise RuntimeError("a fault of theirs")


async def test_faults_of_a_shops_own_order_service_are_told_as_its_absence() -> None:
    strange = Mount(NAME, lambda server: add_OrderServiceServicer_to_server(_Strange(), server))  # type: ignore[abstract]
    async with serving(strange) as channel:
        orders, anna = RemoteOrders(channel), Shopper("anna")
        with pytest.raises(Unavailable, match="unknown state"):
            await orders.get(anna, "SK1")
        for call in (orders.cancel(new_id(), anna, "SK1"), orders.track(anna, "SK1")):
            with pytest.raises(Unavailable) as faulty:
                await call
            assert faulty.value.reason == "ORDERS_FAULTY"
