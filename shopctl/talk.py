"""`shopctl chat` and `shopctl write`: the shop's staff at the terminal."""

import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.protobuf.json_format import MessageToDict

from servicekit.errors import InvalidInput, Violation
from shopctl.ask import Target, gateway_of, money
from shopctl.console import note, out, print_json
from shopctl.gateway import Gateway
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.gateway.v1 import gateway_pb2 as gateway_pb
from shopkeeper.generator.v1 import generator_pb2 as generator

YES, NO = ("y", "yes", "是", "好"), ("n", "no", "否", "不")


@dataclass(frozen=True)
class Wanted:
    """How copy is to be, and whether it is kept as a draft."""

    product_id: str
    channel: str = ""
    style: str = ""
    length: str = ""
    seed: int = 0
    draft: bool = False


class Chat:
    """One shopper's conversation over a gateway."""

    def __init__(self, gateway: Gateway, visitor_id: str, user_id: str, language: str, as_json: bool) -> None:
        self._gateway, self._as_json = gateway, as_json
        self._visitor_id, self._user_id, self._language = visitor_id, user_id, language
        self._conversation_id = ""
        self._open = dialogue.ConfirmationRequest()
        """What waits for yes or no."""

    def say(self, text: str) -> None:
        """Sends one line and shows the answer as it comes; yes or no answers what waits for it."""
        request = gateway_pb.ChatRequest(
            conversation_id=self._conversation_id,
            visitor_id=self._visitor_id,
            user_id=self._user_id,
            language_code=self._language,
            request_id=str(uuid.uuid4()),
        )
        answer = text.strip().lower()
        if self._open.confirmation_id and answer in (*YES, *NO):
            request.confirmation.confirmation_id = self._open.confirmation_id
            request.confirmation.accepted = answer in YES
        else:
            request.text = text
        self._open = dialogue.ConfirmationRequest()
        for response in self._gateway.stream(self._gateway.storefront.Chat, request):
            self._show(response.event)
        if not self._as_json:
            out.print()

    def _show(self, event: dialogue.ConverseResponse) -> None:
        if event.HasField("started"):
            self._conversation_id = event.started.conversation_id
        if event.HasField("confirmation"):
            self._open = event.confirmation
        if self._as_json:
            print_json(MessageToDict(event, preserving_proto_field_name=True))
        elif event.HasField("text_delta"):
            out.print(event.text_delta, end="", markup=False)
        else:
            for line in lines(event):
                out.print(f"\n  {line}", end="", markup=False)


def lines(event: dialogue.ConverseResponse) -> Iterator[str]:
    """What stands below the text."""
    for place, each in enumerate(event.products.results, start=1):
        price = money(each.product.price) if each.product.HasField("price") else ""
        yield " · ".join(filter(None, [f"{place}. {each.product.title}", price, each.reason.text]))
    for order in event.orders.orders:
        state = commerce.OrderState.Name(order.state).removeprefix("ORDER_STATE_").lower()
        titles = ", ".join(f"{line.quantity} × {line.title or line.product_id}" for line in order.lines)
        yield f"{order.order_id} · {state} · {money(order.total)} · {titles}"
    if event.HasField("citation"):
        yield f"[{event.citation.title}]"
    if event.HasField("confirmation"):
        yield f"{event.confirmation.text} (yes / no)"
    if event.HasField("handoff"):
        yield f"→ {event.handoff.handoff_id} ({event.handoff.reason})"
    if event.quick_replies.replies:
        yield "  ".join(f"[{reply.label}]" for reply in event.quick_replies.replies)
    if event.done.degradations:
        yield f"(simpler than usual: {', '.join(event.done.degradations)})"


def chat(target: Target, visitor_id: str, user_id: str, messages: Iterable[str]) -> None:
    """The messages one after the other; without any, what is typed until the end of input."""
    visitor_id = visitor_id or f"terminal-{uuid.uuid4()}"
    with gateway_of(target) as gateway:
        talk = Chat(gateway, visitor_id, user_id, target.language, target.as_json)
        for text in messages or typed():
            talk.say(text)


def typed() -> Iterator[str]:
    asks = sys.stdin.isatty()
    if asks:
        note("Say something to the shop, in Chinese or English; Ctrl-D ends it.")
    while True:
        try:
            text = input("> " if asks else "").strip()
        except EOFError:
            return
        if text:
            yield text


def write(target: Target, wanted: Wanted) -> None:
    """Copy for one product, as it is written; or a draft that waits for a person."""
    controls = generator.CopyControls(
        channel=wanted.channel, style=wanted.style, length=wanted.length, language_code=target.language
    )
    with gateway_of(target) as gateway:
        if wanted.draft:
            request = generator.CreateDraftRequest(
                request_id=str(uuid.uuid4()), product_id=wanted.product_id, controls=controls, author="shopctl"
            )
            draft = gateway.call(gateway.drafts.CreateDraft, request).draft
            _show_copy(target, draft.copy, f"draft {draft.draft_id}: review it in the console, or in DraftService")
        else:
            _show_copy(target, _written(gateway, wanted, controls), "")


def _written(gateway: Gateway, wanted: Wanted, controls: generator.CopyControls) -> generator.Copy:
    request = generator.GenerateCopyRequest(product_id=wanted.product_id, controls=controls, seed=wanted.seed)
    for response in gateway.stream(gateway.generator.GenerateCopy, request):
        if response.HasField("done"):
            return response.done.copy
    raise InvalidInput.of(Violation("product_id", f"{wanted.product_id!r}: the generator gave no copy"))


def _show_copy(target: Target, copy: generator.Copy, hint: str) -> None:
    if target.as_json:
        print_json(MessageToDict(copy, preserving_proto_field_name=True))
        return
    out.print(copy.text, markup=False)
    state = "passed" if copy.checks.passed else "failed"
    note(f"by the {copy.origin}; checks {state}, {copy.checks.coverage:.0%} of the telling facts mentioned")
    for finding in copy.checks.findings:
        note(f"  {finding.kind}: {finding.text} {finding.message}".replace("[", "\\["))
    if hint:
        note(hint)
