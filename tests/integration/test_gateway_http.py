"""The HTTP door as browsers, apps and teams meet it, before a recommender behind real gRPC."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from gateway.identity import COOKIE
from servicekit.errors import DeadlineExceeded, Unavailable
from tests.running_gateway import Gateway, running_gateway

KEYS = "search-team:a-key-of-search"
TEAM = {"x-api-key": "a-key-of-search"}
SECRET = "the secret that signs shoppers' tokens"


@asynccontextmanager
async def shop(home: Path, **settings: Any) -> AsyncIterator[tuple[Gateway, httpx.AsyncClient]]:
    wanted = {"api_keys": KEYS, "jwt_key": SECRET, **settings}
    async with running_gateway(home, **wanted) as gateway, httpx.AsyncClient(base_url=gateway.http) as browser:
        yield gateway, browser


def reason(answer: httpx.Response) -> str:
    """The stable reason of an error in Google's form."""
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return str(error["details"][0]["reason"])


async def test_a_browser_is_given_a_cookie_once_and_is_known_by_it(tmp_path):
    async with shop(tmp_path) as (_, browser):
        first = await browser.get("/v1/pages/home")
        cookie = first.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        again = await browser.get("/v1/pages/home")
        assert "set-cookie" not in again.headers
        assert first.json()["visitorId"] == again.json()["visitorId"]


async def test_the_page_itself_brings_the_cookie_and_sets_it_secure_where_told(tmp_path):
    async with shop(tmp_path, cookie_secure=True) as (_, browser):
        page = await browser.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "Secure" in page.headers["set-cookie"]
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_a_forged_cookie_is_another_visitor(tmp_path):
    async with shop(tmp_path) as (_, browser):
        mine = (await browser.get("/v1/pages/home")).json()["visitorId"]
        forged = {"cookie": f"{COOKIE}={mine}.{'A' * 43}"}
        async with httpx.AsyncClient(base_url=str(browser.base_url), headers=forged) as thief:
            assert (await thief.get("/v1/pages/home")).json()["visitorId"] != mine


async def test_a_browser_may_not_name_another_visitor_nor_read_their_profile(tmp_path):
    async with shop(tmp_path) as (_, browser):
        await browser.get("/")
        for answer in (
            await browser.get("/v1/pages/home", params={"visitorId": "someone"}),
            await browser.get("/v1/profile", params={"visitorId": "someone"}),
            await browser.delete("/v1/profile", params={"visitorId": "someone"}),
            await browser.post("/v1/recommend", json={"visitorId": "someone"}),
            await browser.post(
                "/v1/events:publish", json={"events": [{"visitorId": "someone", "eventType": "search"}]}
            ),
        ):
            assert (answer.status_code, reason(answer)) == (403, "OTHER_VISITOR")
        for answer in (
            await browser.get("/v1/profiles/someone"),
            await browser.delete("/v1/profiles/someone"),
            await browser.delete("/v1/products/tee-1"),
            await browser.post("/v1/recommender:recommend", json={"visitorId": "someone"}),
        ):
            assert (answer.status_code, reason(answer)) == (401, "API_KEY_REQUIRED")


async def test_a_team_names_the_visitor_and_reaches_the_recommenders_own_calls(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        unnamed = await browser.get("/v1/pages/home", headers=TEAM)
        assert unnamed.status_code == 400
        assert unnamed.json()["error"]["details"][1]["fieldViolations"][0]["field"] == "visitor_id"
        named = await browser.get("/v1/pages/home", headers=TEAM, params={"visitorId": "v-1"})
        assert named.json()["visitorId"] == "v-1"
        assert "set-cookie" not in named.headers
        direct = await browser.post("/v1/recommender:recommend", headers=TEAM, json={"visitorId": "v-1", "pageSize": 2})
        assert len(direct.json()["results"]) == 2
        assert gateway.fake.requests[-1].visitor_id == "v-1"
        assert (await browser.get("/v1/profile", headers={"x-api-key": "wrong-key"})).status_code == 401


async def test_without_configured_keys_the_operator_has_one_in_the_shops_folder(tmp_path):
    async with shop(tmp_path, api_keys="") as (_, browser):
        key = (tmp_path / "operator.key").read_text()
        answer = await browser.get("/v1/profiles/v-1", headers={"x-api-key": key})
        assert answer.json()["profile"]["visitorId"] == "v-1"


async def test_what_everyone_may_see_needs_no_key(tmp_path):
    async with shop(tmp_path) as (_, browser):
        product = (await browser.get("/v1/products/tea-1", params={"languageCode": "zh"})).json()["product"]
        assert product["title"] == "龙井绿茶100克"
        listed = await browser.get("/v1/products", params={"pageSize": 3})
        assert len(listed.json()["products"]) == 3


async def test_a_logged_in_shopper_is_the_token_and_the_browser(tmp_path):
    token = jwt.encode({"sub": "user-7", "exp": time.time() + 60}, SECRET, "HS256")
    async with shop(tmp_path) as (gateway, browser):
        mine = (await browser.get("/v1/pages/home")).json()["visitorId"]
        await browser.post("/v1/search", json={"query": "tea"}, headers={"authorization": f"Bearer {token}"})
        asked = gateway.fake.requests[-1]
        assert (asked.visitor_id, asked.user_id) == (mine, "user-7")
        wrong = await browser.get("/v1/profile", headers={"authorization": "Bearer rubbish"})
        assert (wrong.status_code, reason(wrong)) == (401, "TOKEN_INVALID")


async def test_being_forgotten_ends_with_a_new_cookie(tmp_path):
    async with shop(tmp_path) as (_, browser):
        mine = (await browser.get("/v1/pages/home")).json()["visitorId"]
        gone = await browser.delete("/v1/profile")
        assert gone.json()["visitorIds"] == [mine]
        assert (await browser.get("/v1/pages/home")).json()["visitorId"] != mine


async def test_answers_follow_the_contract_and_the_language_of_the_browser(tmp_path):
    async with shop(tmp_path) as (_, browser):
        headers = {"accept-language": "zh-CN,zh;q=0.9"}
        page = (await browser.get("/v1/pages/product/tea-1", params={"pageSize": 4}, headers=headers)).json()
        assert page["product"]["title"] == "龙井绿茶100克"
        assert [shelf["title"] for shelf in page["shelves"]] == ["搭配购买"]
        assert len(page["shelves"][0]["results"]) == 4
        found = (await browser.post("/v1/search", json={"query": "leather"})).json()
        assert (found["totalSize"], found["results"][0]["productId"]) == ("1", "shoe-2")
        chosen = {"filter": {"categories": ["Shoes"]}, "order": "SEARCH_ORDER_PRICE_DESCENDING"}
        shoes = (await browser.post("/v1/search", json=chosen)).json()
        assert [each["productId"] for each in shoes["results"]] == ["shoe-2", "shoe-1"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"query": 7}', "application/json", 400),
        (b'{"unknown": 7}', "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b'{"query": "tea"}', "text/plain", 415),
        (b'{"query": "tea"}', "", 415),
        (b"", "application/json", 400),
        (b'{"query": "tea", "pageSize": 9999999999}', "application/json", 400),
    ],
)
async def test_a_body_that_is_wrong_is_answered_with_what_is_wrong(tmp_path, body, content_type, code):
    async with shop(tmp_path) as (_, browser):
        headers = {"content-type": content_type} if content_type else {}
        answer = await browser.post("/v1/search", content=body, headers=headers)
        assert answer.status_code == code
        assert answer.json()["error"]["message"]
        assert answer.headers["x-request-id"]


async def test_errors_of_the_recommender_come_through_as_they_are(tmp_path):
    async with shop(tmp_path) as (_, browser):
        missing = await browser.get("/v1/pages/product/nope")
        assert (missing.status_code, reason(missing)) == (404, "PRODUCT_NOT_FOUND")
        wrong = await browser.post("/v1/recommend", json={"pageSize": 101})
        assert wrong.status_code == 400
        assert wrong.json()["error"]["details"][1]["fieldViolations"][0]["field"] == "page_size"


async def test_paths_and_methods_that_there_are_not(tmp_path):
    async with shop(tmp_path) as (_, browser):
        nowhere = await browser.get("/v1/nothing")
        assert (nowhere.status_code, nowhere.json()["error"]["status"]) == (404, "NOT_FOUND")
        wrong = await browser.put("/v1/search", json={})
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        lost = await browser.get("/nothing/here", headers={"accept": "text/html"})
        assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert (await browser.get("/web/../config.py")).status_code == 404
        assert (await browser.get("/web/%2e%2e/config.py")).status_code == 404


async def test_a_body_above_the_limit_is_refused_declared_or_not(tmp_path):
    async with shop(tmp_path, max_body_bytes=2048) as (_, browser):
        headers = {"content-type": "application/json"}
        declared = await browser.post("/v1/search", content=b"x" * 2049, headers=headers)

        async def dripping() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 100

        dripped = await browser.post("/v1/search", content=dripping(), headers=headers)
        for answer in (declared, dripped):
            assert (answer.status_code, reason(answer)) == (413, "BODY_TOO_LARGE")
            assert "2048" in answer.json()["error"]["message"]


async def test_who_asks_too_often_is_told_when_to_come_back(tmp_path):
    async with shop(tmp_path, shopper_requests_per_minute=3) as (_, browser):
        await browser.get("/")
        codes = [(await browser.get("/v1/profile")).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]
        answer = await browser.get("/v1/profile")
        assert reason(answer) == "RATE_LIMIT_EXCEEDED"
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert (await browser.get("/v1/profile", headers=TEAM, params={"visitorId": "v"})).status_code == 200


async def test_replicas_on_redis_share_the_limit(tmp_path, redis_url, shop_id):
    shared = {"shop_state_url": redis_url, "shop_id": shop_id, "team_requests_per_minute": 3}
    async with shop(tmp_path / "a", **shared) as (_, first), shop(tmp_path / "b", **shared) as (_, second):
        turns = (first, second, first, second)
        codes = [(await replica.get("/v1/products/tea-1", headers=TEAM)).status_code for replica in turns]
        assert codes == [200, 200, 200, 429]


async def test_pages_of_other_sites_cannot_use_the_cookie(tmp_path):
    async with shop(tmp_path, cors_origins="https://www.shop.example") as (gateway, browser):
        await browser.get("/")
        evil, own = {"origin": "https://evil.example"}, {"origin": gateway.http}
        friend = {"origin": "https://www.shop.example"}
        crossed = await browser.delete("/v1/profile", headers=evil)
        assert (crossed.status_code, reason(crossed)) == (403, "CROSS_SITE")
        assert (await browser.post("/v1/search", json={"query": "tea"}, headers={"origin": "null"})).status_code == 403
        assert (await browser.post("/v1/search", json={"query": "tea"}, headers=own)).status_code == 200
        allowed = await browser.post("/v1/search", json={"query": "tea"}, headers=friend)
        assert allowed.headers["access-control-allow-origin"] == "https://www.shop.example"
        preflight = {
            **friend,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        assert (await browser.options("/v1/search", headers=preflight)).status_code == 200
        refused = await browser.options("/v1/search", headers={**preflight, **evil})
        assert "access-control-allow-origin" not in refused.headers


async def test_a_recommender_that_is_gone_leaves_the_popular_shelf_and_a_count(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        await browser.get("/v1/pages/home")
        gateway.fake.failure = Unavailable("gone")
        page = (await browser.get("/v1/pages/home")).json()
        assert page["degradations"] == ["recommender-unavailable"]
        assert [shelf["shelfId"] for shelf in page["shelves"]] == ["popular"]
        searched = await browser.post("/v1/search", json={"query": "tea"})
        assert (searched.status_code, searched.headers["retry-after"]) == (503, "1")
        degraded = gateway.metrics.degradations.labels("recommender-unavailable")
        assert degraded._value.get() == 1
        gateway.fake.failure = None


async def test_a_recommender_that_was_killed_is_no_internal_error(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        await browser.get("/v1/pages/home")
        await gateway.fake_server.stop(0)
        assert (await browser.get("/v1/pages/home")).json()["degradations"] == ["recommender-unavailable"]
        lost = await browser.get("/v1/products/tee-1")
        assert lost.status_code == 503
        assert "127.0.0.1" not in lost.text, "addresses of the inside stay inside"


async def test_a_peer_out_of_time_is_504(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        gateway.fake.failure = DeadlineExceeded("too slow")
        assert (await browser.post("/v1/search", json={"query": "tea"})).status_code == 504


async def test_a_body_that_never_ends_gives_its_place_back(tmp_path):
    async with shop(tmp_path, default_deadline_seconds=0.5, max_concurrent_calls=1) as (gateway, browser):
        host, port = gateway.http.removeprefix("http://").split(":")
        answer, request = await asyncio.open_connection(host, int(port))
        head = (
            f"POST /v1/search HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        )
        request.write(head.encode() + b"{")
        await asyncio.sleep(0.2)
        refused = await browser.get("/v1/products/tea-1")
        assert (refused.status_code, reason(refused)) == (429, "TOO_MANY_CALLS")
        async with asyncio.timeout(5):
            assert b" 504 " in await answer.readline()
        request.close()
        assert (await browser.get("/v1/products/tea-1")).status_code == 200


async def test_the_request_id_goes_from_the_browser_to_the_recommender(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        answer = await browser.get("/v1/products/tee-1", headers={"x-request-id": "from-the-browser"})
        assert answer.headers["x-request-id"] == "from-the-browser"
        assert gateway.fake.metadata[-1]["x-request-id"] == "from-the-browser"


async def test_requests_are_counted_by_route_not_by_address(tmp_path):
    async with shop(tmp_path) as (gateway, browser):
        await browser.get("/v1/pages/product/tee-1")
        await browser.get("/v1/pages/product/nope")
        counted = gateway.metrics.http_requests
        route = "/v1/pages/product/{product_id}"
        assert counted.labels(route, "GET", "200")._value.get() == 1
        assert counted.labels(route, "GET", "404")._value.get() == 1


async def test_the_document_and_its_page_are_served(tmp_path):
    async with shop(tmp_path) as (_, browser):
        document = (await browser.get("/openapi.json")).json()
        assert "/v1/pages/home" in document["paths"]
        assert "docs.js" in (await browser.get("/docs")).text
        for path in (
            "/web/app.js",
            "/web/base.css",
            "/web/icon.svg",
            "/product/tee-1",
            "/search",
            "/cart",
            "/about-you",
        ):
            assert (await browser.get(path)).status_code == 200, path
        assert (await browser.get("/healthz")).text == "ok\n"


async def test_json_is_utf_8_and_kept_in_no_cache(tmp_path):
    async with shop(tmp_path) as (_, browser):
        answer = await browser.post("/v1/search", json={"query": "茶", "languageCode": "zh"})
        assert "龙井" in answer.content.decode()
        assert answer.headers["cache-control"] == "no-store"
        assert json.loads(answer.content)["totalSize"] == "1"
