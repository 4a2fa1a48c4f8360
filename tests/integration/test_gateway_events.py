"""PublishEvents: every event is answered for, and an answer of yes means that the log has it."""

import asyncio
import uuid
from concurrent.futures import Future
from pathlib import Path

import httpx
import pytest

from gateway.identity import Caller, Kind
from gateway.intake import LogIntake
from servicekit.errors import Unavailable
from servicekit.events.log import Message
from shopkeeper.events.v1.events_pb2 import UserEvent
from tests.running_gateway import running_gateway

TEAM = {"x-api-key": "a-key-of-search"}
NOW_MS = 1_790_000_000_000


async def test_a_browsers_event_is_completed_and_lands_in_the_log(tmp_path):
    async with running_gateway(tmp_path) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        mine = (await browser.get("/v1/pages/home")).json()["visitorId"]
        viewed = {"eventType": "detail-page-view", "productDetails": [{"productId": "tee-1"}]}
        (result,) = (await browser.post("/v1/events:publish", json={"events": [viewed]})).json()["results"]
        (event,) = gateway.reader.read()
        assert result == {"eventId": event.event_id, "accepted": True}
        assert uuid.UUID(event.event_id).version == 4
        assert event.visitor_id == mine
        assert event.HasField("event_time")


async def test_one_event_changes_the_next_shelf(tmp_path):
    async with running_gateway(tmp_path) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:

        async def first() -> str:
            return str((await browser.get("/v1/pages/home")).json()["shelves"][0]["results"][0]["productId"])

        assert await first() == "tee-1"
        bought = {"eventType": "add-to-cart", "productDetails": [{"productId": "mat-1"}]}
        await browser.post("/v1/events:publish", json={"events": [bought]})
        assert await first() == "mat-1"


async def test_a_bad_event_stops_no_other_and_is_told_what_is_wrong(tmp_path):
    events = [
        {"eventType": "search", "searchQuery": "tea"},
        {"eventType": "no-such-type"},
        {"eventType": "detail-page-view"},
        {"eventType": "search", "searchQuery": "x", "eventId": "not-a-uuid"},
        {"eventType": "search", "searchQuery": "x", "eventTime": "2999-01-01T00:00:00Z"},
        {"eventType": "search", "searchQuery": "x", "uri": "u" * 1_100_000},
        {"eventType": "Product Viewed", "productDetails": [{"productId": "tee-1"}]},
        {"eventType": "select_item", "productDetails": [{"productId": "tee-1"}]},
    ]
    async with running_gateway(tmp_path) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        results = (await browser.post("/v1/events:publish", json={"events": events})).json()["results"]
        assert [result.get("accepted", False) for result in results] == [True, *[False] * 5, True, True]
        fields = [result.get("field") for result in results[1:5]]
        assert fields == ["event_type", "product_details", "event_id", "event_time"]
        assert "1048576" in results[5]["message"]
        assert [event.event_type for event in gateway.reader.read()] == ["search", "detail-page-view", "product-click"]


async def test_a_team_names_the_visitor_of_every_event(tmp_path):
    search = {"eventType": "search", "searchQuery": "tea"}
    async with (
        running_gateway(tmp_path, api_keys="search-team:a-key-of-search") as gateway,
        httpx.AsyncClient(base_url=gateway.http, headers=TEAM) as team,
    ):
        body = {"events": [{**search, "visitorId": "v-1", "userId": "u-1"}, search]}
        results = (await team.post("/v1/events:publish", json=body)).json()["results"]
        assert results[0]["accepted"]
        assert (results[1]["field"], results[1]["message"]) == ("visitor_id", "is required")
        (event,) = gateway.reader.read()
        assert (event.visitor_id, event.user_id) == ("v-1", "u-1")


@pytest.mark.parametrize("count", [0, 1001])
async def test_too_few_and_too_many(tmp_path, count):
    async with running_gateway(tmp_path) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        answer = await browser.post("/v1/events:publish", json={"events": [{"eventType": "search"}] * count})
        assert answer.status_code == 400
        assert f"has {count} events, not 1 to 1000" in answer.json()["error"]["message"]


async def test_a_log_that_cannot_be_opened_is_said_and_nothing_is_pretended(tmp_path):
    nowhere = f"sqlite:///{tmp_path}/operator.key/events.db"  # a file where a folder should be
    async with (
        running_gateway(tmp_path, shop_events_url=nowhere) as gateway,
        httpx.AsyncClient(base_url=gateway.http) as browser,
    ):
        body = {"events": [{"eventType": "search", "searchQuery": "tea"}]}
        answer = await browser.post("/v1/events:publish", json=body)
        assert answer.status_code == 503
        assert answer.json()["error"]["details"][0]["reason"] == "EVENT_LOG_UNAVAILABLE"
        assert answer.headers["retry-after"] == "1"
        assert (await browser.get("/v1/pages/home")).status_code == 200, "the rest of the shop goes on"
        assert gateway.reader.read() == []


class HalfDeafLog:
    """Acknowledges the first record, refuses the second, never answers for the third, breaks at the fourth."""

    def __init__(self) -> None:
        self.count = 0

    def ensure_topics(self, topics: object) -> None: ...

    def publisher(self) -> "HalfDeafLog":
        return self

    def publish(self, message: Message) -> "Future[tuple[int, int]]":
        self.count += 1
        future: Future[tuple[int, int]] = Future()
        if self.count == 1:
            future.set_result((0, 0))
        elif self.count == 2:
            future.set_exception(ConnectionError("refused"))
        elif self.count == 4:
            raise BufferError("full")
        return future

    def flush(self, timeout_seconds: float = 30.0) -> None: ...

    def close(self) -> None: ...


async def now() -> int:
    return NOW_MS


async def test_only_what_was_acknowledged_is_accepted():
    intake = LogIntake("test", HalfDeafLog, now, acknowledge_seconds=0.2)
    events = [UserEvent(event_type="search", search_query=str(each)) for each in range(4)]
    results = await intake.take(Caller(Kind.BROWSER, visitor_id="v-1"), events)
    assert [result.accepted for result in results] == [True, False, False, False]
    assert all("UNAVAILABLE" in result.message and result.event_id for result in results[1:])


async def test_the_log_is_opened_again_once_it_is_there(tmp_path: Path):
    tries: list[int] = []

    def opened() -> HalfDeafLog:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError("no broker yet")
        return HalfDeafLog()

    intake = LogIntake("test", opened, now, retry_seconds=0.2)
    await intake.start()
    event = UserEvent(event_type="search", search_query="tea")
    with pytest.raises(Unavailable):
        await intake.take(Caller(Kind.BROWSER, visitor_id="v-1"), [event])
    assert len(tries) == 1, "for a while it is not even tried"
    await asyncio.sleep(0.25)
    with pytest.raises(Unavailable):
        await intake.take(Caller(Kind.BROWSER, visitor_id="v-1"), [event])
    await asyncio.sleep(0.25)
    (result,) = await intake.take(Caller(Kind.BROWSER, visitor_id="v-1"), [event])
    assert result.accepted
    await intake.stop()


async def test_what_shoppers_do_today_comes_after_a_history_that_ended_long_ago(tmp_path):
    from servicekit.state import open_state
    from servicekit.state.store import Batch

    history_ends_ms = 1_323_000_000_000  # 2011-12-04
    state = open_state(f"sqlite:///{tmp_path}/state.db", "test")
    state.apply(Batch("stream", 0, 1, maxima={"clock": history_ends_ms}))
    state.close()
    async with (
        running_gateway(tmp_path, shop_clock="log") as gateway,
        httpx.AsyncClient(base_url=gateway.http) as browser,
    ):
        body = {"events": [{"eventType": "search", "searchQuery": "tea"}]}
        await browser.post("/v1/events:publish", json=body)
        await browser.post("/v1/events:publish", json=body)
        first, second = (each.event_time.ToMilliseconds() for each in gateway.reader.read())
        assert history_ends_ms <= first <= second < history_ends_ms + 60_000
