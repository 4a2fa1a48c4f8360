"""The smoke's second half: a shopper talks with the staff in each language, a merchandiser and an agent do their part.

The shopper is a browser (HTTP, server-sent events, cookie); the staff show the operator's key.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from bench.running import Running

SECONDS = 15.0
Wait = Callable[[Callable[[], bool], str], None]


class Steps(Protocol):
    """Where each step's time is noted."""

    def step(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Lines:
    """What the shopper says, in one language."""

    language: str
    question: str
    article: str
    looking: str
    category: str
    ceiling: float
    into_cart: str
    order: str
    back: str
    person: str


SCRIPTS = (
    Lines(
        language="en",
        question="how many days do I have to send something back?",
        article="return-window",
        looking="show me cotton shirts under 300 yuan",
        category="Clothing",
        ceiling=300,
        into_cart="put the first one in my cart please",
        order="I'd like to check out",
        back="I want to return order {order_id}, it is too small",
        person="let me talk to a human",
    ),
    Lines(
        language="zh",
        question="买了之后几天内可以退货？",
        article="return-window",
        looking="想找300块以内的纯棉衬衫",
        category="Clothing",
        ceiling=300,
        into_cart="把第一件加入购物车",
        order="帮我下单",
        back="订单{order_id}我要退货，尺码小了",
        person="转人工",
    ),
)


class Shopper:
    """A browser that chats."""

    def __init__(self, client: httpx.Client, language: str) -> None:
        self._client, self._language = client, language
        self.conversation_id = ""

    def says(self, text: str) -> "Heard":
        return self._turn({"text": text})

    def presses(self, confirmation_id: str, accepted: bool = True) -> "Heard":
        return self._turn({"confirmation": {"confirmationId": confirmation_id, "accepted": accepted}})

    def home(self) -> Any:
        return self._get("/v1/pages/home", languageCode="en")

    def profile(self) -> Any:
        return self._get("/v1/profile")["profile"]

    def orders(self) -> list[Any]:
        return list(self._get("/v1/my/orders").get("orders", []))

    def chat(self) -> Any:
        return self._get(f"/v1/chat/{self.conversation_id}")

    def product_page(self, product_id: str) -> Any:
        return self._get(f"/v1/pages/product/{product_id}", languageCode=self._language)

    def _get(self, path: str, **parameters: str) -> Any:
        return self._client.get(path, params=parameters).raise_for_status().json()

    def _turn(self, said: Mapping[str, object]) -> "Heard":
        body = {"conversationId": self.conversation_id, "languageCode": self._language, "requestId": str(uuid.uuid4())}
        with self._client.stream("POST", "/v1/chat", json={**body, **said}) as answer:
            answer.raise_for_status()
            events = [json.loads(line[5:])["event"] for line in answer.iter_lines() if line.startswith("data:")]
        heard = Heard(events)
        self.conversation_id = heard.first("started").get("conversationId", self.conversation_id)
        return heard


class Heard:
    """The events of one answer."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.events = events

    def first(self, name: str) -> Any:
        """Empty if the answer has none."""
        return next((event[name] for event in self.events if name in event), {})

    @property
    def text(self) -> str:
        return "".join(event.get("textDelta", "") for event in self.events)

    @property
    def products(self) -> list[Any]:
        return list(self.first("products").get("results", []))


class Staff:
    """Calls with the operator's key."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self._client, self._headers = client, {"x-api-key": key}

    def get(self, path: str, **parameters: str) -> Any:
        return self._client.get(path, params=parameters, headers=self._headers).raise_for_status().json()

    def post(self, path: str, **body: object) -> Any:
        return self._client.post(path, json=body, headers=self._headers).raise_for_status().json()


def staff_through(shop: Running, steps: Steps, wait_until: Wait) -> None:
    """Both languages, then the console's work."""
    base = f"http://{shop.http}"
    with httpx.Client(base_url=base, timeout=SECONDS, trust_env=False) as desk:
        staff = Staff(desk, shop.api_key)
        for lines in SCRIPTS:
            with httpx.Client(base_url=base, timeout=SECONDS, trust_env=False) as browser:
                talk_through(lines, Shopper(browser, lines.language), staff, steps, wait_until)
        with httpx.Client(base_url=base, timeout=SECONDS, trust_env=False) as browser:
            copy_through(Shopper(browser, "en"), staff, steps, wait_until)


def talk_through(lines: Lines, shopper: Shopper, staff: Staff, steps: Steps, wait_until: Wait) -> None:
    """Ask, look, see the shelf follow, order, send back, want a person."""
    name = f"chat_{lines.language}"
    before = shelf(shopper.home())
    with steps.step(f"{name}.question"):
        cited = shopper.says(lines.question).first("citation")
        expect(cited.get("slug") == lines.article, f"cites {cited}, not {lines.article}")
    with steps.step(f"{name}.search"):
        found = shopper.says(lines.looking).products
        expect(found, "no products")
        expect(all(price(each) <= lines.ceiling for each in found), "dearer than asked for")
    with steps.step(f"{name}.shelf_follows"):
        wait_until(lambda: shelf(shopper.home()) != before, "the shelf did not follow the chat")
    with steps.step(f"{name}.cart"):
        shopper.says(lines.into_cart)
        wait_until(lambda: cart(shopper.profile()) == [found[0]["productId"]], "the cart does not hold the first one")
    with steps.step(f"{name}.order"):
        confirmed(shopper, shopper.says(lines.order), "place-order")
        orders = shopper.orders()
        expect(len(orders) == 1, f"{len(orders)} orders instead of one")
    with steps.step(f"{name}.return"):
        send_back(lines, shopper, staff, orders[0])
    with steps.step(f"{name}.person"):
        person(lines, shopper, staff)


def send_back(lines: Lines, shopper: Shopper, staff: Staff, order: Any) -> None:
    """The shop says that it was delivered; the shopper returns it."""
    delivered = {**order, "state": "ORDER_STATE_DELIVERED", "shipTime": order["placeTime"]}
    staff.post("/v1/orders:import", orders=[{**delivered, "deliverTime": order["placeTime"]}])
    confirmed(shopper, shopper.says(lines.back.format(order_id=order["orderId"])), "request-return")
    (after,) = shopper.orders()
    kinds = [case["kind"] for case in after.get("cases", [])]
    expect(kinds == ["CASE_KIND_RETURN"], f"the order has the cases {kinds}, not one return")


def person(lines: Lines, shopper: Shopper, staff: Staff) -> None:
    """Asks for a person, who claims it, answers and ends it."""
    handoff = shopper.says(lines.person).first("handoff")
    expect(handoff, "not handed over")
    path = f"/v1/handoffs/{handoff['handoffId']}"
    staff.post(f"{path}:claim", agent="smoke")
    staff.post(f"{path}:reply", agent="smoke", text="I am here, what can I do?")
    said = [each.get("text") for each in shopper.chat()["utterances"] if each["speaker"] == "SPEAKER_AGENT"]
    expect(said == ["I am here, what can I do?"], f"the shopper reads {said} of the agent")
    staff.post(f"{path}:resolve", agent="smoke", note="smoke")


def confirmed(shopper: Shopper, heard: Heard, action: str) -> None:
    asked = heard.first("confirmation")
    expect(asked.get("action") == action, f"asks to confirm {asked}, not {action}; says {heard.text!r}")
    shopper.presses(asked["confirmationId"])


def copy_through(shopper: Shopper, staff: Staff, steps: Steps, wait_until: Wait) -> None:
    """Generate, edit, approve; the page shows it."""
    product_id = shelf(shopper.home())[0]
    with steps.step("copy.generate"):
        controls = {"channel": "product-page", "languageCode": "en"}
        draft = staff.post("/v1/drafts", productId=product_id, controls=controls, author="smoke")["draft"]
        expect(draft["copy"]["checks"]["passed"], f"the checks failed: {draft['copy']}")
    with steps.step("copy.edit"):
        text = f"{draft['copy']['text']} A good one to have."
        path = f"/v1/drafts/{draft['draftId']}"
        draft = staff.post(f"{path}:edit", text=text, revision=draft["revision"], actor="smoke")["draft"]
        expect(draft["copy"]["text"] == text, "the edit is lost")
    with steps.step("copy.approve"):
        staff.post(f"{path}:approve", revision=draft["revision"], actor="smoke")
    with steps.step("copy.on_page"):
        shown = lambda: shopper.product_page(product_id)["product"].get("description") == text  # noqa: E731
        wait_until(shown, "the page does not show the copy")


def shelf(page: Any) -> list[str]:
    """Product ids of the first shelf."""
    return [result["productId"] for result in page["shelves"][0]["results"]]


def cart(profile: Any) -> list[str]:
    return [item["productId"] for item in profile.get("cartItems", [])]


def price(result: Any) -> float:
    amount = result["product"]["price"]
    return float(amount.get("units", 0)) + float(amount.get("nanos", 0)) / 1e9


def expect(condition: object, message: str) -> None:
    if not condition:
        raise AssertionError(message)
