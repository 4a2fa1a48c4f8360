"""`python -m bench.smoke`: a shopper walks through a whole shop, over gRPC and HTTP, and talks with its staff; one JSON
line says how it went.

Everything is started on free ports in a temporary folder, on the embedded default, with the sample shop in it. The
recommender is not trained: what the shopper sees change comes from the words of the products alone, as in a shop's
first minute.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc
import httpx
from google.protobuf.json_format import MessageToDict

from bench.running import Running, running_shop
from bench.smoke_staff import cart, expect, shelf, staff_through
from shopkeeper.events.v1.events_pb2 import ProductDetail, UserEvent
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1.recommender_pb2 import SearchRequest

QUERY = "coat"
LEANING = frozenset({"similar-to", "goes-with", "taste"})
"""Reasons that only a shopper with a past is given."""
CHANGE_SECONDS = 10.0
CALL_SECONDS = 5.0


class Door(Protocol):
    """One way into the shop; answers are the JSON of the contract."""

    def home(self) -> Any: ...

    def search(self, query: str) -> Any: ...

    def product(self, product_id: str) -> Any: ...

    def publish(self, event_type: str, product_id: str) -> Any: ...

    def profile(self) -> Any: ...

    def forget(self) -> Any: ...


class GrpcDoor:
    """A team's call with its key: it names the visitor."""

    def __init__(self, shop: Running, channel: grpc.Channel) -> None:
        self._stub = StorefrontServiceStub(channel)
        self._metadata = (("x-api-key", shop.api_key),)
        self._visitor = "smoke-visitor"

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        return MessageToDict(method(request, timeout=CALL_SECONDS, metadata=self._metadata))

    def home(self) -> Any:
        return self._call(self._stub.GetHomePage, pb.GetHomePageRequest(visitor_id=self._visitor))

    def search(self, query: str) -> Any:
        search = SearchRequest(query=query, visitor_id=self._visitor)
        return self._call(self._stub.Search, pb.SearchRequest(search=search))["search"]

    def product(self, product_id: str) -> Any:
        request = pb.GetProductPageRequest(product_id=product_id, visitor_id=self._visitor)
        return self._call(self._stub.GetProductPage, request)

    def publish(self, event_type: str, product_id: str) -> Any:
        details = [ProductDetail(product_id=product_id)]
        event = UserEvent(event_type=event_type, visitor_id=self._visitor, product_details=details)
        return self._call(self._stub.PublishEvents, pb.PublishEventsRequest(events=[event]))

    def profile(self) -> Any:
        request = pb.GetVisitorProfileRequest(visitor_id=self._visitor)
        return self._call(self._stub.GetVisitorProfile, request)["profile"]

    def forget(self) -> Any:
        request = pb.DeleteVisitorProfileRequest(visitor_id=self._visitor)
        return self._call(self._stub.DeleteVisitorProfile, request)


class HttpDoor:
    """A browser: the gateway's cookie says who it is."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def _get(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()

    def _post(self, path: str, body: object) -> Any:
        return self._client.post(path, json=body).raise_for_status().json()

    def home(self) -> Any:
        return self._get("/v1/pages/home")

    def search(self, query: str) -> Any:
        return self._post("/v1/search", {"query": query})

    def product(self, product_id: str) -> Any:
        return self._get(f"/v1/pages/product/{product_id}")

    def publish(self, event_type: str, product_id: str) -> Any:
        event = {"eventType": event_type, "productDetails": [{"productId": product_id}]}
        return self._post("/v1/events:publish", {"events": [event]})

    def profile(self) -> Any:
        return self._get("/v1/profile")["profile"]

    def forget(self) -> Any:
        return self._client.delete("/v1/profile").raise_for_status().json()


class Steps:
    """What was done, and how long each took in milliseconds."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
        self.taken[name] = round((time.perf_counter() - began) * 1000, 1)


def shop_through(name: str, door: Door, steps: Steps) -> None:
    """Browse, search, look, put into the cart, see the shelf change, see what is known, be forgotten."""
    with steps.step(f"{name}.browse"):
        before = door.home()
        expect(shelf(before), "the first shelf is empty")
        expect(not leaning(before), "a stranger is told of a taste")
    with steps.step(f"{name}.search"):
        found = [result["productId"] for result in door.search(QUERY)["results"]]
        expect(found, f"nothing found for {QUERY!r}")
    with steps.step(f"{name}.product"):
        page = door.product(found[0])
        expect(page["product"]["productId"] == found[0], "another product's page")
        expect(page["shelves"], "nothing beside the product")
    with steps.step(f"{name}.add_to_cart"):
        for event_type in ("detail-page-view", "add-to-cart"):
            (result,) = door.publish(event_type, found[0])["results"]
            expect(result.get("accepted"), f"{event_type} was refused: {result}")
    with steps.step(f"{name}.shelf_changed"):
        wait_until(lambda: changed(before, door.home()), "the shelf did not change")
    with steps.step(f"{name}.profile"):
        # The view alone may have changed the shelf: the event after it can be a moment behind.
        wait_until(lambda: cart(door.profile()) == [found[0]], f"the cart did not come to hold {found[0]} alone")
    with steps.step(f"{name}.forgotten"):
        door.forget()
        wait_until(lambda: "eventCount" not in door.profile(), "the profile is still there")
        expect(not leaning(door.home()), "the shelf still knows")


def leaning(page: Any) -> list[str]:
    """Reasons on the page that lean on what this shopper did."""
    reasons = [result["reason"]["code"] for each in page["shelves"] for result in each["results"]]
    return [code for code in reasons if code in LEANING]


def changed(before: Any, now: Any) -> bool:
    return shelf(now) != shelf(before) and bool(leaning(now))


def wait_until(condition: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + CHANGE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{message} within {CHANGE_SECONDS:.0f} s")
        time.sleep(0.01)


def run(home: Path, steps: Steps) -> None:
    began = time.perf_counter()
    with running_shop("sample", home, None, "--no-train", seconds=120) as shop:
        steps.taken["start"] = round((time.perf_counter() - began) * 1000, 1)
        with grpc.insecure_channel(shop.grpc, [("grpc.enable_http_proxy", 0)]) as channel:
            shop_through("grpc", GrpcDoor(shop, channel), steps)
        with httpx.Client(base_url=f"http://{shop.http}", timeout=CALL_SECONDS, trust_env=False) as client:
            expect("<html" in client.get("/").text.lower(), "no web page")
            shop_through("http", HttpDoor(client), steps)
        staff_through(shop, steps, wait_until)
        stopping = time.perf_counter()
    steps.taken["stop"] = round((time.perf_counter() - stopping) * 1000, 1)


def main() -> int:
    steps, began, problem = Steps(), time.perf_counter(), ""
    with tempfile.TemporaryDirectory(prefix="shopkeeper-smoke-") as folder:
        try:
            run(Path(folder), steps)
        except Exception as error:
            problem = str(error)
    total = round((time.perf_counter() - began) * 1000, 1)
    result: dict[str, object] = {"ok": not problem, "steps": steps.taken, "total_ms": total}
    print(json.dumps(result | ({"error": problem} if problem else {}), ensure_ascii=False))
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
