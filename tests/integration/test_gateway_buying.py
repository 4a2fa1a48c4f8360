"""Buying and the demo's sign-in over HTTP, with the order service behind real gRPC."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from servicekit.errors import Unavailable
from tests.running_gateway import Gateway, running_gateway


@asynccontextmanager
async def shop(home: Path, **settings: Any) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    async with running_gateway(home, **settings) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        await browser.get("/")
        yield gateway, browser


async def put_in_cart(browser: httpx.AsyncClient, product_id: str, quantity: int) -> None:
    event = {"eventType": "add-to-cart", "productDetails": [{"productId": product_id, "quantity": quantity}]}
    answer = await browser.post("/v1/events:publish", json={"events": [event]})
    assert answer.json()["results"][0]["accepted"]


async def test_the_cart_becomes_one_order_however_often_it_is_asked_for(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        await put_in_cart(browser, "tea-1", 2)
        body = {"requestId": str(uuid.uuid4()), "languageCode": "zh", "attributionToken": "token-1"}
        first = (await browser.post("/v1/buy", json=body)).json()["order"]
        assert (first["orderId"], first["total"]) == ("SK00000001", {"currencyCode": "CNY", "units": "48"})
        (line,) = first["lines"]
        assert (line["title"], line["quantity"], line["price"]["units"]) == ("龙井绿茶100克", "2", "24")
        assert (await browser.get("/v1/profile")).json()["profile"].get("cartItems") is None
        again = (await browser.post("/v1/buy", json=body)).json()["order"]  # the cart is empty by now
        assert again == first
        asked, repeated = (each for each in gateway.staff.requests if hasattr(each, "lines"))
        assert asked == repeated
        assert (asked.request_id, asked.attribution_token) == (body["requestId"], "token-1")
        emptied = await browser.post("/v1/buy", json={})
        assert (emptied.status_code, "CART_EMPTY" in emptied.text) == (409, True)


async def test_the_orders_are_the_visitors_own(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        lines = [{"productId": "book-1", "quantity": 1}]
        await browser.post("/v1/buy", json={"lines": lines})
        await browser.post("/v1/buy", json={"lines": lines})
        mine = (await browser.get("/v1/my/orders")).json()["orders"]
        assert [each["orderId"] for each in mine] == ["SK00000002", "SK00000001"]
        async with httpx.AsyncClient(base_url=gateway.http) as other:
            assert (await other.get("/v1/my/orders")).json() == {}
            assert (await other.get("/v1/my/orders", params={"visitorId": "someone"})).status_code == 403


async def test_an_order_service_that_is_gone_is_told_and_nothing_is_bought(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        gateway.staff.failure = Unavailable("gone")
        lost = await browser.post("/v1/buy", json={"lines": [{"productId": "book-1", "quantity": 1}]})
        assert (lost.status_code, "ORDERS_UNAVAILABLE" in lost.text) == (503, True)
        assert gateway.metrics.degradations.labels("orders-unavailable")._value.get() == 1
        assert [each for each in gateway.reader.read() if each.event_type == "purchase-complete"] == []


async def test_a_demo_shopper_signs_in_and_is_that_user(tmp_path):
    async with shop(tmp_path, demo_shoppers="amy, bob") as (gateway, browser):
        known = (await browser.get("/v1/demo/shoppers")).json()["shoppers"]
        assert [each["userId"] for each in known] == ["amy", "bob"]
        token = (await browser.post("/v1/demo/login", json={"user_id": "amy"})).json()["token"]
        await browser.get("/v1/pages/home", headers={"authorization": f"Bearer {token}"})
        assert gateway.fake.requests[-1].user_id == "amy"
        assert (await browser.post("/v1/demo/login", json={"userId": "eve"})).status_code == 404
        assert (await browser.post("/v1/demo/login", json={})).status_code == 400
        foreign = {"origin": "https://evil.example"}
        assert (await browser.post("/v1/demo/login", json={"userId": "amy"}, headers=foreign)).status_code == 403


async def test_the_demos_key_outlives_the_process(tmp_path):
    async with shop(tmp_path, demo_shoppers="amy") as (_, browser):
        token = (await browser.post("/v1/demo/login", json={"userId": "amy"})).json()["token"]
    assert (tmp_path / "jwt.key").stat().st_mode & 0o077 == 0
    async with shop(tmp_path, demo_shoppers="amy") as (_, browser):
        answer = await browser.get("/v1/profile", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("settings", [{}, {"jwt_key": "the secret that signs shoppers' tokens"}])
async def test_a_shop_without_demo_shoppers_has_no_such_door(tmp_path, settings):
    async with shop(tmp_path, **settings) as (_, browser):
        assert (await browser.get("/v1/demo/shoppers")).json() == {"shoppers": []}
        assert (await browser.post("/v1/demo/login", json={"userId": "amy"})).status_code == 404
        assert not (tmp_path / "jwt.key").exists()
