"""The chat through both doors, before the shop's staff behind real gRPC: what comes, when, to whom, and what if not."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest

from servicekit.errors import InvalidInput, Unavailable, Violation
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from tests.running_gateway import Gateway, running_gateway

TEAM = {"x-api-key": "a-key-of-search"}
SECRET = "the secret that signs shoppers' tokens"


@asynccontextmanager
async def shop(home: Path, **settings: Any) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    wanted = {"api_keys": "search-team:a-key-of-search", "jwt_key": SECRET, **settings}
    async with running_gateway(home, **wanted) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        yield gateway, browser


async def said(browser: httpx.AsyncClient, text: str, **more: Any) -> list[dict[str, Any]]:
    """The events of one turn, each as {kind: value}."""
    answer = await browser.post("/v1/chat", json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.text.removesuffix("\n\n").split("\n\n")
    assert all(block.startswith("data: ") for block in blocks)
    return [json.loads(block.removeprefix("data: "))["event"] for block in blocks]


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["details"][0]["reason"])


async def test_a_turn_comes_as_server_sent_events_in_the_staffs_order(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        events = await said(browser, "I need shoes", contextProductId="tea-1", requestId="r-1")
        kinds = [next(iter(each)) for each in events]
        assert (kinds[0], kinds[-3:]) == ("started", ["products", "quickReplies", "done"])
        assert set(kinds[1:-3]) == {"textDelta"}
        assert "".join(each.get("textDelta", "") for each in events) == "Two pairs that fit what you said."
        (asked,) = gateway.staff.requests
        assert (asked.text, asked.context_product_id, asked.request_id) == ("I need shoes", "tea-1", "r-1")


async def test_each_event_is_sent_when_it_is_there(tmp_path):
    async with (
        shop(tmp_path) as (gateway, browser),
        browser.stream("POST", "/v1/chat", json={"text": "slow"}) as answer,
    ):
        lines = answer.aiter_lines()
        assert "started" in await anext(lines)
        gateway.staff.go_on.set()  # the staff wait for this, so the first event cannot have waited for the rest
        assert [line async for line in lines if "done" in line]


async def test_a_browser_that_goes_away_ends_the_turn_at_its_source(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        async with browser.stream("POST", "/v1/chat", json={"text": "slow"}) as answer:
            assert "started" in await anext(answer.aiter_lines())
        await asyncio.wait_for(gateway.staff.left.wait(), 5)


async def test_a_caller_over_grpc_streams_and_cancels_too(tmp_path):
    async with shop(tmp_path) as (gateway, _), grpc.aio.insecure_channel(gateway.grpc) as channel:
        storefront, metadata = StorefrontServiceStub(channel), (("x-api-key", TEAM["x-api-key"]),)
        spoken = storefront.Chat(pb.ChatRequest(text="how fast do you deliver", visitor_id="v-1"), metadata=metadata)
        events = [each.event async for each in spoken]
        assert events[-2].citation.title == "How long delivery takes"
        talk = events[0].started.conversation_id
        known = await storefront.GetChat(pb.GetChatRequest(conversation_id=talk, visitor_id="v-1"), metadata=metadata)
        assert [each.text for each in known.utterances] == [
            "how fast do you deliver",
            "Within three days in most towns.",
        ]
        slow = storefront.Chat(pb.ChatRequest(text="slow", visitor_id="v-1"), metadata=metadata)
        assert (await slow.read()).event.started.conversation_id
        slow.cancel()
        await asyncio.wait_for(gateway.staff.left.wait(), 5)


async def test_the_visitor_is_the_cookies_and_the_user_the_tokens(tmp_path):
    token = jwt.encode({"sub": "user-7", "exp": time.time() + 60}, SECRET, "HS256")
    async with shop(tmp_path) as (gateway, browser):
        mine = (await browser.get("/v1/pages/home")).json()["visitorId"]
        (started, *_) = await said(browser, "hello")
        conversation_id = started["started"]["conversationId"]
        signed_in = {"authorization": f"Bearer {token}"}
        await browser.post("/v1/chat", json={"text": "hello", "conversationId": conversation_id}, headers=signed_in)
        assert [(each.visitor_id, each.user_id) for each in gateway.staff.requests] == [(mine, ""), (mine, "user-7")]
        for body in ({"visitorId": "someone"}, {"userId": "user-7"}):
            answer = await browser.post("/v1/chat", json={"text": "hello", **body})
            assert answer.status_code == 403
        nobody = await browser.post("/v1/chat", json={"text": "hello"}, headers=TEAM)
        assert nobody.status_code == 400
        assert "visitor_id" in nobody.text


async def test_the_first_contact_by_chat_brings_the_cookie(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        await said(browser, "hello")
        await said(browser, "hello")
        assert len({each.visitor_id for each in gateway.staff.requests}) == 1


async def test_anothers_conversation_is_not_there(tmp_path):
    async with shop(tmp_path) as (_, browser):
        (started, *_) = await said(browser, "hello")
        path = f"/v1/chat/{started['started']['conversationId']}"
        assert len((await browser.get(path)).json()["utterances"]) == 2
        async with httpx.AsyncClient(base_url=str(browser.base_url)) as other:
            await other.get("/v1/pages/home")
            body = {"text": "hello", "conversationId": path.rpartition("/")[2]}
            for answer in (
                await other.get(path),
                await other.post("/v1/chat", json=body),
                await other.post(f"{path}:feedback", json={"index": 2, "rating": 1}),
            ):
                assert (answer.status_code, reason(answer)) == (404, "CONVERSATION_NOT_FOUND")


async def test_what_was_said_since_and_what_is_thought_of_it(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        (started, *_) = await said(browser, "hello")
        path = f"/v1/chat/{started['started']['conversationId']}"
        (answer,) = (await browser.get(path, params={"afterIndex": 1})).json()["utterances"]
        assert (answer["index"], answer["text"]) == (2, "I hear you.")
        assert (await browser.post(f"{path}:feedback", json={"index": 2, "rating": -1})).status_code == 200
        (told,) = gateway.staff.feedback
        assert (told.index, told.rating) == (2, -1)


async def test_what_fails_before_the_first_event_is_an_ordinary_error(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        gateway.staff.failure = InvalidInput.of(Violation("text", "has 2000 characters, the limit is 1000"))
        answer = await browser.post("/v1/chat", json={"text": "x"})
        assert (answer.status_code, reason(answer)) == (400, "INVALID_INPUT")
        gateway.staff.failure = Unavailable("gone")
        answer = await browser.post("/v1/chat", json={"text": "x"})
        assert (answer.status_code, reason(answer)) == (503, "DIALOGUE_UNAVAILABLE")
        assert gateway.metrics.degradations.labels("dialogue-unavailable")._value.get() == 1
        assert (await browser.post("/v1/chat", json={"text": 1})).status_code == 400


async def test_what_fails_later_is_the_last_event(tmp_path):
    async with shop(tmp_path) as (_, browser):
        answer = await browser.post("/v1/chat", json={"text": "break"})
        assert answer.status_code == 200
        *_, last = answer.text.removesuffix("\n\n").split("\n\n")
        name, data = last.split("\n")
        error = json.loads(data.removeprefix("data: "))["error"]
        assert (name, error["code"]) == ("event: error", 503)
        assert error["details"][0]["reason"] == "DIALOGUE_UNAVAILABLE"


async def test_streams_count_as_calls_in_progress_until_they_end(tmp_path):
    async with shop(tmp_path, max_concurrent_calls=1) as (gateway, browser):
        async with browser.stream("POST", "/v1/chat", json={"text": "slow"}) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            refused = await browser.get("/v1/products/tea-1")
            assert (refused.status_code, reason(refused)) == (429, "TOO_MANY_CALLS")
            gateway.staff.go_on.set()
            assert [line async for line in lines]
        assert (await browser.get("/v1/products/tea-1")).status_code == 200


@pytest.mark.parametrize("stopped", [False, True])
async def test_without_the_dialogue_the_shelves_stand_and_the_chat_says_so(tmp_path, stopped):
    settings = {} if stopped else {"dialogue_address": ""}
    async with shop(tmp_path, **settings) as (gateway, browser):
        if stopped:
            await gateway.staff_server.stop(0)
        for answer in (
            await browser.post("/v1/chat", json={"text": "hello"}),
            await browser.get("/v1/chat/c-1"),
        ):
            assert (answer.status_code, reason(answer)) == (503, "DIALOGUE_UNAVAILABLE")
        orders = await browser.get("/v1/my/orders")
        assert (orders.status_code, reason(orders)) == (503, "ORDERS_UNAVAILABLE")
        page = (await browser.get("/v1/pages/home")).json()
        assert page["shelves"]
        assert "degradations" not in page
        counted = gateway.metrics.degradations
        assert counted.labels("dialogue-unavailable")._value.get() == 2
        assert counted.labels("orders-unavailable")._value.get() == 1
