"""The staff's own services through the gateway: for teams, over HTTP by their rules and over gRPC as they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import DialogueServiceStub
from shopkeeper.generator.v1 import generator_pb2 as generator
from shopkeeper.generator.v1.generator_pb2_grpc import GeneratorServiceStub
from shopkeeper.nlu.v1 import nlu_pb2 as nlu
from shopkeeper.nlu.v1.nlu_pb2_grpc import NluServiceStub
from tests.running_gateway import Gateway, running_gateway

KEY = "a-key-of-the-desk"
TEAM = (("x-api-key", KEY),)


@asynccontextmanager
async def desk(home: Path, **settings: Any) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    async with (
        running_gateway(home, **{"api_keys": f"desk:{KEY}", **settings}) as gateway,
        httpx.AsyncClient(base_url=gateway.http, headers={"x-api-key": KEY}) as team,
    ):
        yield gateway, team


CALLS = [
    ("POST", "/v1/nlu:parse", {"text": "hello"}),
    ("GET", "/v1/nlu/intents", None),
    ("GET", "/v1/conversations", None),
    ("GET", "/v1/conversations/c-1", None),
    ("GET", "/v1/handoffs", None),
    ("POST", "/v1/handoffs/h-1:claim", {"agent": "Mei"}),
    ("GET", "/v1/orders?shopper.visitorId=v-1", None),
    ("POST", "/v1/orders/SK00000001:cancel", {}),
    ("POST", "/v1/copy:evaluate", {"text": "hello"}),
    ("POST", "/v1/copy:generate", {"productId": "tea-1"}),
    ("POST", "/v1/generator:reply", {"act": "greet"}),
    ("GET", "/v1/drafts", None),
    ("POST", "/v1/drafts", {"productId": "tea-1"}),
    ("GET", "/v1/curations", None),
    ("POST", "/v1/curations/tea-1", {"pinned": True}),
    ("POST", "/v1/products:import", {"products": []}),
]


async def test_none_of_it_is_for_browsers(tmp_path):
    async with desk(tmp_path) as (gateway, _), httpx.AsyncClient(base_url=gateway.http) as browser:
        for method, path, body in CALLS:
            answer = await browser.request(method, path, json=body)
            assert (answer.status_code, "API_KEY_REQUIRED" in answer.text) == (401, True), path
        assert gateway.staff.requests == gateway.writer.requests == gateway.fake.requests == []


async def test_an_agent_takes_a_handoff_answers_and_ends_it(tmp_path):
    async with desk(tmp_path) as (_, team), httpx.AsyncClient(base_url=str(team.base_url)) as browser:
        spoken = await browser.post("/v1/chat", json={"text": "a person, please"})
        assert '"reason":"asked"' in spoken.text
        (handoff,) = (await team.get("/v1/handoffs")).json()["handoffs"]
        path = f"/v1/handoffs/{handoff['handoffId']}"
        await team.post(f"{path}:claim", json={"agent": "Mei"})
        taken = await team.post(f"{path}:claim", json={"agent": "Bo"})
        assert (taken.status_code, "CLAIMED" in taken.text) == (409, True)
        await team.post(f"{path}:reply", json={"agent": "Mei", "text": "Hello, I am Mei."})
        known = (await browser.get(f"/v1/chat/{handoff['conversationId']}")).json()
        assert known["utterances"][-1] | {"sayTime": ""} == {
            "index": 3,
            "speaker": "SPEAKER_AGENT",
            "text": "Hello, I am Mei.",
            "sayTime": "",
            "agent": "Mei",
        }
        assert known["conversation"]["handedOff"] is True
        await team.post(f"{path}:resolve", json={"agent": "Mei"})
        assert (await team.get("/v1/handoffs")).json() == {}


async def test_copy_comes_as_events_and_a_draft_goes_through_review(tmp_path):
    async with desk(tmp_path) as (_, team):
        written = await team.post("/v1/copy:generate", json={"productId": "kettle-1", "controls": {"length": "short"}})
        assert written.headers["content-type"].startswith("text/event-stream")
        assert written.text.startswith('data: {"textDelta":"A "}\n\n')
        assert '"text":"A kettle."' in written.text.split("\n\n")[-2]
        draft = (await team.post("/v1/drafts", json={"productId": "kettle-1", "author": "Mei"})).json()["draft"]
        path = f"/v1/drafts/{draft['draftId']}"
        stale = await team.post(f"{path}:edit", json={"text": "Better.", "revision": 9})
        assert (stale.status_code, "REVISION_CHANGED" in stale.text) == (409, True)
        approved = await team.post(f"{path}:approve", json={"revision": 1, "actor": "Mei"})
        assert approved.json()["draft"]["state"] == "DRAFT_STATE_PUBLISHED"


async def test_one_body_is_an_import_of_one_message_with_its_rows_errors(tmp_path):
    async with desk(tmp_path) as (gateway, team):
        products = [{"productId": "new-1", "title": "New"}, {"productId": "new-2"}]
        answer = (await team.post("/v1/products:import", json={"products": products})).json()
        assert (answer["importedCount"], answer["rejectedCount"]) == ("1", "1")
        assert answer["errors"] == [{"index": "1", "productId": "new-2", "field": "title", "message": "is required"}]
        assert "new-1" in gateway.fake.products
        await team.post("/v1/curations/new-1", json={"pinned": True, "actor": "Mei"})
        (curation,) = (await team.get("/v1/curations")).json()["curations"]
        assert (curation["productId"], curation["pinned"], curation["actor"]) == ("new-1", True, "Mei")


async def test_streams_pass_over_grpc_for_teams_alone(tmp_path):
    async with desk(tmp_path) as (gateway, _), grpc.aio.insecure_channel(gateway.grpc) as channel:
        request = dialogue.ConverseRequest(visitor_id="v-1", text="hello")
        spoken = [each async for each in DialogueServiceStub(channel).Converse(request, metadata=TEAM)]
        assert [spoken[0].WhichOneof("event"), spoken[-1].WhichOneof("event")] == ["started", "done"]
        asked = generator.GenerateCopyRequest(product_id="kettle-1")
        written = [each async for each in GeneratorServiceStub(channel).GenerateCopy(asked, metadata=TEAM)]
        assert "".join(each.text_delta for each in written).strip() == written[-1].done.copy.text
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await DialogueServiceStub(channel).Converse(request).read()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_service_that_the_shop_does_not_have_says_so(tmp_path):
    async with desk(tmp_path) as (gateway, team), grpc.aio.insecure_channel(gateway.grpc) as channel:
        answer = await team.post("/v1/nlu:parse", json={"text": "hello"})
        assert (answer.status_code, "PEER_NOT_CONFIGURED" in answer.text) == (503, True)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await NluServiceStub(channel).Parse(nlu.ParseRequest(text="hello"), metadata=TEAM)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
