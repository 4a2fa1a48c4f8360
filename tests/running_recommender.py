"""A whole recommender in this process, composed as `__main__` does it, and a small shop to put into it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from servicekit.server import Part, started
from servicekit.settings import ShopSettings
from servicekit.threads import ThreadPart
from services.recommender.__main__ import Connections, connect, readers, serve
from services.recommender.config import RecommenderSettings
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

T = TypeVar("T")
COLOURS = {"red": "红色", "blue": "蓝色", "green": "绿色", "black": "黑色", "white": "白色"}
KINDS = {
    "shirt": ("cotton shirt", "棉 衬衫", "Clothing > Shirts", "服装 > 衬衫", "Woven"),
    "kettle": ("steel kettle", "不锈钢 水壶", "Kitchen > Kettles", "厨房 > 水壶", "Boilwell"),
    "novel": ("paper novel", "纸质 小说", "Books > Novels", "图书 > 小说", "Leaflight"),
}


def product(kind: str, colour: str, number: int = 0, **more: Any) -> Product:
    """`shirt-red-0` and the like: 10 to 59 CNY, in stock, in English and Chinese."""
    english, chinese, category, category_zh, brand = KINDS[kind]
    told = Product(
        product_id=f"{kind}-{colour}-{number}",
        title=f"{colour} {english} {number}",
        language_code="en",
        categories=[category],
        brand=brand,
        attributes=[Attribute(name="colour", values=[colour])],
        localizations=[
            Localization(
                language_code="zh",
                title=f"{COLOURS[colour]} {chinese} {number}",
                categories=[category_zh],
                attributes=[Attribute(name="colour", values=[COLOURS[colour]])],
            )
        ],
        **more,
    )
    place = list(KINDS).index(kind) * 20 + list(COLOURS).index(colour) * 4 + number
    told.price.units, told.price.currency_code = 10 + place % 50, "CNY"
    told.stock.value = 5
    return told


def small_shop(each: int = 4) -> list[Product]:
    """Every kind in every colour, `each` times: 60 products by default."""
    return [product(kind, colour, n) for kind in KINDS for colour in COLOURS for n in range(each)]


@dataclass
class Recommender:
    """A recommender that runs, and what it stands on."""

    to: Connections
    address: str
    stub: RecommenderServiceStub

    def put(self, products: Iterable[Product], request_id: str = "", timeout: float = 20) -> pb.ImportProductsResponse:
        messages = [pb.ImportProductsRequest(request_id=request_id, products=list(products))]
        return self.stub.ImportProducts(iter(messages), timeout=timeout)

    def recommend(self, visitor_id: str = "ann", timeout: float = 10, **asked: Any) -> pb.RecommendResponse:
        return self.stub.Recommend(pb.RecommendRequest(visitor_id=visitor_id, **asked), timeout=timeout)

    def search(self, query: str = "", **asked: Any) -> pb.SearchResponse:
        return self.stub.Search(pb.SearchRequest(query=query, **asked), timeout=10)

    def profile(self, visitor_id: str, user_id: str = "") -> pb.Profile:
        asked = pb.GetProfileRequest(visitor_id=visitor_id, user_id=user_id)
        return self.stub.GetProfile(asked, timeout=10).profile


@asynccontextmanager
async def _running(shop: ShopSettings, settings: RecommenderSettings) -> AsyncIterator[tuple[Connections, str]]:
    to = connect(shop, settings)
    parts: Sequence[Part] = [
        *(ThreadPart(name, work) for name, work in readers(to, settings.role_set()).items()),
        *serve(to),
    ]
    try:
        async with started(parts) as at:
            yield to, at["grpc"]
    finally:
        to.close()


@contextmanager
def running_recommender(
    home: Path,
    shop_id: str = "test",
    events_url: str = "",
    state_url: str = "",
    records_url: str = "",
    **settings: Any,
) -> Iterator[Recommender]:
    """On a free port, with an event loop and a thread of its own; `settings` are fields of RecommenderSettings."""
    quick = {"session_timeout_ms": 1000, "popularity_refresh_seconds": 0.2, "bundle_poll_seconds": 0.1}
    free = {"grpc_address": "127.0.0.1:0", "metrics_address": "127.0.0.1:0", "drain_seconds": 2}
    wanted = RecommenderSettings(**{**quick, **free, "roles": "serve,consume", **settings})
    shop = ShopSettings(id=shop_id, home=home, events_url=events_url, state_url=state_url, records_url=records_url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = _running(shop, wanted)
    try:
        to, address = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(60)
        with grpc.insecure_channel(address) as channel:
            yield Recommender(to, address, RecommenderServiceStub(channel))
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def until(look: Callable[[], T], right: Callable[[T], bool] = bool, seconds: float = 15) -> T:
    """Looks until what is seen is right; fails with what was seen last."""
    deadline = time.monotonic() + seconds
    while not right(seen := look()):
        assert time.monotonic() < deadline, f"after {seconds} s still: {seen}"
        time.sleep(0.02)
    return seen


@dataclass(frozen=True)
class Refusal:
    """An error as a caller reads it."""

    code: grpc.StatusCode
    message: str
    reason: str
    fields: tuple[str, ...]


def refused(call: Callable[[], object]) -> Refusal:
    """The error of a call that must fail."""
    try:
        answer = call()
    except grpc.RpcError as error:
        return _refusal(error)
    raise AssertionError(f"answered: {answer}")


def _refusal(error: Any) -> Refusal:
    status = Status.FromString(dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b""))
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return Refusal(error.code(), error.details(), info.reason, tuple(v.field for v in bad.field_violations))
