"""One shop with all of its staff: how the five help each other, and what is left when one is silent."""

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from bench.running import Running, running_shop
from bench.smoke_staff import Heard, Shopper, Staff, cart, price, shelf
from shopctl.shop import read_json


class Door:
    """Ways into the running shop."""

    def __init__(self, shop: Running) -> None:
        self.shop = shop
        self._clients: list[httpx.Client] = []

    def browser(self, language: str) -> Shopper:
        """A new shopper."""
        return Shopper(self._client(), language)

    def staff(self) -> Staff:
        return Staff(self._client(), self.shop.api_key)

    def _client(self) -> httpx.Client:
        client = httpx.Client(base_url=f"http://{self.shop.http}", timeout=20, trust_env=False)
        self._clients.append(client)
        return client

    @contextmanager
    def silent(self, process: str) -> Iterator[None]:
        """That process hangs: it answers nobody until the end of the block."""
        pid = int(read_json(self.shop.home / "run" / f"{process}.json")["pid"])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with running_shop("sample", tmp_path_factory.mktemp("shop"), None, "--no-train", seconds=110) as shop:
        made = Door(shop)
        yield made
        made.close()


def eventually(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def materials(page: Any) -> list[str]:
    """Of the first shelf, the material of each product; empty where it has none."""
    products = [each["product"] for each in page["shelves"][0]["results"]]
    return [
        next((a["values"][0] for a in product.get("attributes", []) if a["name"] == "material"), "")
        for product in products
    ]


@pytest.mark.parametrize(("language", "words"), [("en", "I only wear linen"), ("zh", "我只穿亚麻的衣服")])
def test_what_is_said_in_chat_changes_the_shelf(door: Door, language: str, words: str) -> None:
    shopper = door.browser(language)
    before = materials(shopper.home()).count("Linen")
    shopper.says(words)
    eventually(lambda: materials(shopper.home()).count("Linen") >= before + 3)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "what would you recommend for a picnic?"), ("zh", "有什么适合野餐的推荐吗？")]
)
def test_chat_answers_with_the_recommenders_products_and_reasons(door: Door, language: str, words: str) -> None:
    heard = door.browser(language).says(words)
    assert len(heard.products) >= 2
    assert all(each["reason"].get("text") for each in heard.products)
    assert heard.first("products")["attributionToken"]


def test_the_generator_words_the_reasons(door: Door) -> None:
    heard = door.browser("en").says("recommend me something nice for my kitchen")
    first = heard.products[0]
    assert "generator-unavailable" not in heard.first("done").get("degradations", [])
    with door.silent("generator"):
        plain = door.browser("en").says("recommend me something nice for my kitchen")
    assert "generator-unavailable" in plain.first("done")["degradations"]
    assert plain.products[0]["productId"] == first["productId"]
    assert plain.text != heard.text
    assert first["product"]["title"] in heard.text or first["reason"]["text"].rstrip(".") in heard.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_approved_copy_reaches_the_catalogue_the_page_and_the_chat(door: Door, language: str) -> None:
    staff, shopper = door.staff(), door.browser(language)
    product_id = shelf(shopper.home())[3]
    other = shopper.product_page(product_id)["product"]
    controls = {"channel": "product-page", "style": "warm", "languageCode": language}
    draft = staff.post("/v1/drafts", productId=product_id, controls=controls, author="mei")["draft"]
    path = f"/v1/drafts/{draft['draftId']}"
    assert draft["state"] == "DRAFT_STATE_IN_REVIEW"
    assert other["description"] != draft["copy"]["text"]
    staff.post(f"{path}:approve", revision=draft["revision"], actor="mei")
    eventually(lambda: shopper.product_page(product_id)["product"]["description"] == draft["copy"]["text"])
    assert shopper.product_page(product_id)["product"]["title"] == other["title"]
    actions = [entry["action"] for entry in staff.get(path)["draft"]["audit"]]
    assert actions == ["created", "approved", "published"]


def test_what_chat_puts_into_the_cart_is_bought_on_the_page_and_found_in_chat(door: Door) -> None:
    shopper = door.browser("en")
    found = shopper.says("show me backpacks").products
    shopper.says("add the second one to my cart")
    eventually(lambda: cart(shopper.profile()) == [found[1]["productId"]])
    client = shopper._client
    bought = client.post("/v1/buy", json={"requestId": str(uuid.uuid4())}).raise_for_status().json()["order"]
    eventually(lambda: cart(shopper.profile()) == [])
    told = shopper.says("where is my order?")
    assert bought["orderId"] in told.text + str(told.events)


def test_without_nlu_there_is_a_menu_and_keywords(door: Door) -> None:
    shopper = door.browser("en")
    with door.silent("nlu"):
        lost = shopper.says("good day to you all")
        kept = shopper.says("how long does delivery take?")
    assert "nlu-unavailable" in lost.first("done")["degradations"]
    assert lost.first("quickReplies")["replies"]
    assert kept.first("citation") or kept.first("done").get("flow")
    assert "nlu-unavailable" not in well(shopper, "hello").get("degradations", [])


def test_without_the_recommender_chat_goes_on_and_shows_what_was_popular(door: Door) -> None:
    shopper = door.browser("en")
    shopper.home()
    door.browser("en").says("what is popular right now?")
    with door.silent("recommender"):
        heard = shopper.says("show me something popular")
        answered = shopper.says("how do I get an invoice?")
        page = shopper.home()
    assert "recommender-unavailable" in heard.first("done")["degradations"]
    assert answered.first("citation")
    assert "recommender-unavailable" in page["degradations"]
    assert shelf(page)


def test_without_the_dialogue_the_shelf_still_works(door: Door) -> None:
    shopper = door.browser("en")
    with door.silent("dialogue"):
        assert shelf(shopper.home())
        assert shopper.product_page(shelf(shopper.home())[0])["product"]["title"]
        with pytest.raises(httpx.HTTPStatusError) as told:
            shopper.says("hello?")
    assert told.value.response.status_code in (503, 504)
    eventually(lambda: says(shopper, "hello again") is not None)


def well(shopper: Shopper, text: str) -> Any:
    """How a turn ended, once all of the staff answer again."""
    found: list[Any] = []

    def asked() -> bool:
        found.append(shopper.says(text).first("done"))
        return not found[-1].get("degradations")

    eventually(asked)
    return found[-1]


def says(shopper: Shopper, text: str) -> Heard | None:
    try:
        return shopper.says(text)
    except httpx.HTTPStatusError:
        return None


def test_prices_asked_for_hold(door: Door) -> None:
    for language, words in (("en", "headphones under 300 yuan"), ("zh", "300块以下的耳机")):
        found = door.browser(language).says(words).products
        assert found
        assert all(price(each) <= 300 for each in found)
