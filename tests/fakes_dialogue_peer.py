"""The shop's staff behind the real contracts, with answers that a test can foresee: conversations, handoffs, orders.

What a shopper says decides the answer by one word in it: `shoes` shows products, `order` shows orders, `return` asks
for confirmation, `deliver` quotes an article, `basket` puts something into the cart, `person` calls one, `slow`
waits, `break` breaks off.
"""
# ruff: noqa: N802 (names of the RPCs)

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import NoReturn

import grpc

from servicekit import status
from servicekit.errors import Conflict, NotFound, ServiceError, Unavailable
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceServicer, add_OrderServiceServicer_to_server
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import (
    DialogueServiceServicer,
    HandoffServiceServicer,
    add_DialogueServiceServicer_to_server,
    add_HandoffServiceServicer_to_server,
)
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.recommender.v1.recommender_pb2 import Reason, RecommendedProduct
from tests.fakes_recommender import goods, in_language

Context = grpc.aio.ServicerContext

WORDS = {
    "shoes": ("Two pairs that fit what you said.", "这两双符合你的要求。"),
    "order": ("Here are your orders.", "这是你的订单。"),
    "return": ("I can take it back.", "可以为你退货。"),
    "deliver": ("Within three days in most towns.", "大多数城市三天内送达。"),
    "basket": ("Two of them are in your cart.", "已放入两件。"),
    "person": ("I am calling somebody.", "正在为你转接。"),
    "done": ("It is done.", "已经办好了。"),
    "left": ("Nothing was done.", "没有做任何改动。"),
    "": ("I hear you.", "我在听。"),
}
CHINESE = {"鞋": "shoes", "订单": "order", "退": "return", "送到": "deliver", "人工": "person"}


class FakeStaff(DialogueServiceServicer, HandoffServiceServicer, OrderServiceServicer):
    """`requests` keeps what was asked, `failure` makes every call fail, `left` is set when a turn's reader leaves."""

    def __init__(self) -> None:
        self.requests: list[object] = []
        self.conversations: dict[str, pb.Conversation] = {}
        self.utterances: dict[str, list[pb.Utterance]] = {}
        self.handoffs: dict[str, pb.Handoff] = {}
        self.orders: dict[str, commerce.Order] = {}
        self.placed: dict[str, commerce.Order] = {}
        self.feedback: list[pb.SubmitFeedbackRequest] = []
        self.failure: ServiceError | None = None
        self.left = asyncio.Event()
        self.go_on = asyncio.Event()
        self.publish: Callable[[UserEvent], None] = lambda event: None
        """Told of purchases and preferences, as the shop's event log would be."""

    async def _begin(self, request: object, context: Context) -> None:
        self.requests.append(request)
        if self.failure is not None:
            await _abort(context, self.failure)

    def add_order(self, visitor_id: str, state: int, product_id: str = "shoe-1") -> commerce.Order:
        product = next(each for each in goods() if each.product_id == product_id)
        line = commerce.OrderLine(product_id=product_id, quantity=1, price=product.price, title=product.title)
        order = commerce.Order(order_id=f"SK{len(self.orders) + 1:08}", state=state, lines=[line], total=product.price)
        order.shopper.visitor_id = visitor_id
        order.place_time.GetCurrentTime()
        self.orders[order.order_id] = order
        return order

    def speak_as_agent(self, conversation_id: str, agent: str, text: str) -> None:
        """What a person of the shop says to the shopper."""
        self._say(conversation_id, pb.SPEAKER_AGENT, text, agent=agent)

    # DialogueService

    async def Converse(self, request: pb.ConverseRequest, context: Context) -> AsyncIterator[pb.ConverseResponse]:
        await self._begin(request, context)
        talk = await self._conversation(request, context)
        language = "zh" if any("一" <= each <= "龥" for each in request.text) else request.language_code or "en"
        key = _key(request)
        talk.turn_count += 1
        self._say(talk.conversation_id, pb.SPEAKER_SHOPPER, request.text or str(request.confirmation.accepted))
        started = pb.TurnStarted(conversation_id=talk.conversation_id, turn=talk.turn_count, language_code=language)
        yield pb.ConverseResponse(started=started)
        if key == "slow":
            await self._wait()
        text = "" if talk.handed_off else WORDS.get(key, WORDS[""])[language == "zh"]
        for piece in _pieces(text):
            yield pb.ConverseResponse(text_delta=piece)
        if key == "break":
            await _abort(context, Unavailable("gone in the middle"))
        events = [] if talk.handed_off else list(self._events(key, talk, language))
        events.append(pb.ConverseResponse(done=pb.TurnDone(intents=[key or "chitchat"])))
        if text:
            self._say(talk.conversation_id, pb.SPEAKER_STAFF, text, events)
        for event in events:
            yield event

    async def _wait(self) -> None:
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.left.set()
            raise

    async def _conversation(self, request: pb.ConverseRequest, context: Context) -> pb.Conversation:
        if not request.conversation_id:
            number = f"c-{len(self.conversations) + 1}"
            talk = pb.Conversation(
                conversation_id=number, visitor_id=request.visitor_id, user_id=request.user_id, language_code="en"
            )
            talk.create_time.GetCurrentTime()
            self.conversations[number], self.utterances[number] = talk, []
        return await self._owned(request.conversation_id or number, request.visitor_id, context)

    async def _owned(self, conversation_id: str, visitor_id: str, context: Context) -> pb.Conversation:
        talk = self.conversations.get(conversation_id)
        if talk is None or (visitor_id and talk.visitor_id != visitor_id):
            await _abort(context, NotFound(f"no conversation {conversation_id}", "CONVERSATION_NOT_FOUND"))
        return talk

    def _events(self, key: str, talk: pb.Conversation, language: str) -> Iterator[pb.ConverseResponse]:
        if key == "shoes":
            shoes = [each for each in goods() if each.product_id.startswith("shoe")]
            results = [
                RecommendedProduct(
                    product_id=each.product_id,
                    product=in_language(each, language),
                    reason=Reason(code="taste", text=("You asked for shoes", "你在找鞋")[language == "zh"]),
                )
                for each in shoes
            ]
            self.publish(_preference(talk.visitor_id, "category", "Shoes"))
            yield pb.ConverseResponse(products=pb.ProductCards(results=results, attribution_token="token-chat"))
            label, said = (("Cheaper", "Something cheaper"), ("便宜点", "有便宜点的吗"))[language == "zh"]
            replies = pb.QuickReplies(replies=[pb.QuickReply(label=label, text=said)])
            yield pb.ConverseResponse(quick_replies=replies)
        elif key == "order":
            mine = [each for each in self.orders.values() if each.shopper.visitor_id == talk.visitor_id]
            yield pb.ConverseResponse(orders=pb.OrderCards(orders=mine))
        elif key == "return":
            text = ("Return order SK00000001 and refund ¥119?", "确认退订单 SK00000001，退款 ¥119？")[language == "zh"]
            asked = pb.ConfirmationRequest(confirmation_id="yes-or-no", action="request-return", text=text)
            yield pb.ConverseResponse(confirmation=asked)
        elif key == "deliver":
            title = ("How long delivery takes", "多久能送到")[language == "zh"]
            yield pb.ConverseResponse(
                citation=pb.Citation(slug="shipping-time", title=title, uri="https://shop.example/help/shipping-time")
            )
        elif key == "basket":
            self.publish(_put_in_cart(talk.visitor_id, "kettle-1", 2))
        elif key == "person":
            yield pb.ConverseResponse(handoff=self._hand_off(talk, language))

    def _hand_off(self, talk: pb.Conversation, language: str) -> pb.HandoffNotice:
        number = f"h-{len(self.handoffs) + 1}"
        talk.handed_off = True
        handoff = pb.Handoff(
            handoff_id=number,
            conversation_id=talk.conversation_id,
            state=pb.HANDOFF_STATE_WAITING,
            reason="asked",
            summary="Wants to talk to a person.",
            language_code=language,
        )
        handoff.create_time.GetCurrentTime()
        self.handoffs[number] = handoff
        return pb.HandoffNotice(handoff_id=number, reason="asked")

    def _say(
        self,
        conversation_id: str,
        speaker: int,
        text: str,
        events: list[pb.ConverseResponse] | None = None,
        agent: str = "",
    ) -> pb.Utterance:
        said = self.utterances[conversation_id]
        utterance = pb.Utterance(index=len(said) + 1, speaker=speaker, text=text, events=events, agent=agent)
        utterance.say_time.GetCurrentTime()
        said.append(utterance)
        talk = self.conversations[conversation_id]
        talk.snippet = text
        talk.update_time.GetCurrentTime()
        return utterance

    async def GetConversation(self, request: pb.GetConversationRequest, context: Context) -> pb.GetConversationResponse:
        await self._begin(request, context)
        talk = await self._owned(request.conversation_id, request.visitor_id, context)
        said = self.utterances[request.conversation_id][request.after_index :]
        return pb.GetConversationResponse(conversation=talk, utterances=said)

    async def ListConversations(
        self, request: pb.ListConversationsRequest, context: Context
    ) -> pb.ListConversationsResponse:
        await self._begin(request, context)
        return pb.ListConversationsResponse(conversations=list(self.conversations.values())[::-1])

    async def SubmitFeedback(self, request: pb.SubmitFeedbackRequest, context: Context) -> pb.SubmitFeedbackResponse:
        await self._begin(request, context)
        await self._owned(request.conversation_id, request.visitor_id, context)
        self.feedback.append(request)
        return pb.SubmitFeedbackResponse()

    # HandoffService

    async def ListHandoffs(self, request: pb.ListHandoffsRequest, context: Context) -> pb.ListHandoffsResponse:
        await self._begin(request, context)
        open_ones = [each for each in self.handoffs.values() if each.state != pb.HANDOFF_STATE_RESOLVED]
        return pb.ListHandoffsResponse(handoffs=open_ones)

    async def ClaimHandoff(self, request: pb.ClaimHandoffRequest, context: Context) -> pb.ClaimHandoffResponse:
        await self._begin(request, context)
        handoff = self.handoffs[request.handoff_id]
        if handoff.agent not in ("", request.agent):
            await _abort(context, Conflict(f"{handoff.agent} has it", "CLAIMED", {"agent": handoff.agent}))
        handoff.agent, handoff.state = request.agent, pb.HANDOFF_STATE_CLAIMED
        return pb.ClaimHandoffResponse(handoff=handoff)

    async def ReplyToHandoff(self, request: pb.ReplyToHandoffRequest, context: Context) -> pb.ReplyToHandoffResponse:
        await self._begin(request, context)
        handoff = self.handoffs[request.handoff_id]
        said = self._say(handoff.conversation_id, pb.SPEAKER_AGENT, request.text, agent=request.agent)
        return pb.ReplyToHandoffResponse(handoff=handoff, utterance=said)

    async def ResolveHandoff(self, request: pb.ResolveHandoffRequest, context: Context) -> pb.ResolveHandoffResponse:
        await self._begin(request, context)
        handoff = self.handoffs[request.handoff_id]
        handoff.state = pb.HANDOFF_STATE_RESOLVED
        self.conversations[handoff.conversation_id].handed_off = False
        return pb.ResolveHandoffResponse(handoff=handoff)

    # OrderService

    async def PlaceOrder(self, request: commerce.PlaceOrderRequest, context: Context) -> commerce.PlaceOrderResponse:
        await self._begin(request, context)
        if request.request_id not in self.placed:
            order = commerce.Order(
                order_id=f"SK{len(self.orders) + 1:08}",
                shopper=request.shopper,
                state=commerce.ORDER_STATE_PAID,
                lines=request.lines,
            )
            order.total.currency_code = "CNY"
            order.total.units = sum(line.price.units * line.quantity for line in request.lines)
            order.place_time.GetCurrentTime()
            self.orders[order.order_id] = self.placed[request.request_id] = order
            self.publish(_purchase(order))
        return commerce.PlaceOrderResponse(order=self.placed[request.request_id])

    async def ListOrders(self, request: commerce.ListOrdersRequest, context: Context) -> commerce.ListOrdersResponse:
        await self._begin(request, context)
        mine = [each for each in self.orders.values() if each.shopper.visitor_id == request.shopper.visitor_id]
        return commerce.ListOrdersResponse(orders=mine[::-1])


def _key(request: pb.ConverseRequest) -> str:
    if request.HasField("confirmation"):
        return "done" if request.confirmation.accepted else "left"
    text = request.text.lower()
    known = [key for key in ("return", "shoes", "order", "deliver", "basket", "person", "slow", "break") if key in text]
    return next(iter(known + [key for word, key in CHINESE.items() if word in text]), "")


def _pieces(text: str) -> list[str]:
    return [text[at : at + 6] for at in range(0, len(text), 6)]


def _preference(visitor_id: str, name: str, value: str) -> UserEvent:
    event = UserEvent(event_type="chat-preference", visitor_id=visitor_id)
    event.preferences.add(name=name, value=value).weight.value = 1
    return event


def _put_in_cart(visitor_id: str, product_id: str, quantity: int) -> UserEvent:
    event = UserEvent(event_type="add-to-cart", visitor_id=visitor_id)
    event.product_details.add(product_id=product_id).quantity.value = quantity
    return event


def _purchase(order: commerce.Order) -> UserEvent:
    event = UserEvent(event_type="purchase-complete", visitor_id=order.shopper.visitor_id)
    for line in order.lines:
        detail = event.product_details.add(product_id=line.product_id, price=line.price)
        detail.quantity.value = line.quantity
    event.purchase_transaction.id = order.order_id
    event.purchase_transaction.revenue.CopyFrom(order.total)
    return event


async def _abort(context: Context, error: ServiceError) -> NoReturn:
    answer = status.to_status(error)
    await context.abort(status.code_of(error), answer.message, ((status.DETAILS_KEY, answer.SerializeToString()),))
    raise AssertionError("abort raises")


async def serve(fake: FakeStaff, address: str = "127.0.0.1:0") -> tuple[grpc.aio.Server, str]:
    """A real server on a free port; stop it with `await server.stop(0)`."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_DialogueServiceServicer_to_server(fake, server)
    add_HandoffServiceServicer_to_server(fake, server)
    add_OrderServiceServicer_to_server(fake, server)
    port = server.add_insecure_port(address)
    await server.start()
    return server, f"127.0.0.1:{port}"
