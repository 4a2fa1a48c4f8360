"""What callers may ask: checks that name field, value and limit, and the defaults of the contract."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

import msgspec

from contracts import limits
from servicekit.errors import InvalidInput, Violation
from services.dialogue.conversing import Ask
from services.dialogue.orders.order import Shopper
from services.dialogue.turn import Input
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb

TEXT, REPLY, COMMENT, NOTE = 1000, 2000, 1000, 1000
_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
MOST = 100


def raise_if_any(violations: Iterable[Violation]) -> None:
    found = tuple(violations)
    if found:
        raise InvalidInput.of(*found)


def converse(request: pb.ConverseRequest) -> Ask:
    raise_if_any(_converse_violations(request))
    language = "zh" if request.language_code.casefold().startswith("zh") else "en"
    said = Input(
        text=request.text.strip(),
        confirmation_id=request.confirmation.confirmation_id,
        accepted=request.confirmation.accepted,
        language=language,
        context_product_id=request.context_product_id,
    )
    shopper = Shopper(request.visitor_id, request.user_id)
    return Ask(shopper, said, request.conversation_id, request.request_id.lower())


def _converse_violations(request: pb.ConverseRequest) -> Iterator[Violation]:
    yield from limits.text("conversation_id", request.conversation_id, limits.ID_LENGTH)
    yield from limits.text("visitor_id", request.visitor_id, limits.ID_LENGTH, required=True)
    yield from limits.text("user_id", request.user_id, limits.ID_LENGTH)
    yield from limits.text("context_product_id", request.context_product_id, limits.ID_LENGTH)
    yield from request_id_violations(request.request_id)
    kind = request.WhichOneof("input")
    if kind is None:
        yield Violation("text", "is required, or confirmation")
    elif kind == "text":
        yield from limits.text("text", request.text.strip(), TEXT, required=True)
    else:
        chosen = request.confirmation.confirmation_id
        yield from limits.text("confirmation.confirmation_id", chosen, limits.ID_LENGTH, required=True)


def request_id_violations(value: str) -> Iterator[Violation]:
    if value and not _UUID.fullmatch(value):
        yield Violation("request_id", f"{limits.shown(value)} is not a UUID")


def page_size(value: int, default: int) -> int:
    if not 0 <= value <= MOST:
        message = f"{value} is not between 1 and {MOST} (0 takes the default)"
        raise InvalidInput.of(Violation("page_size", message))
    return value or default


def named(field: str, value: str, most: int = limits.ID_LENGTH) -> str:
    """A value that is required."""
    raise_if_any(limits.text(field, value, most, required=True))
    return value


def feedback(request: pb.SubmitFeedbackRequest) -> None:
    raise_if_any(_feedback_violations(request))


def _feedback_violations(request: pb.SubmitFeedbackRequest) -> Iterator[Violation]:
    yield from limits.text("conversation_id", request.conversation_id, limits.ID_LENGTH, required=True)
    yield from limits.text("visitor_id", request.visitor_id, limits.ID_LENGTH)
    yield from limits.text("comment", request.comment, COMMENT)
    if request.rating not in (-1, 1):
        yield Violation("rating", f"{request.rating} is neither 1 nor -1")
    if request.index < 1:
        yield Violation("index", f"{request.index} is below 1, the first utterance")


def token(place: tuple[int, str] | None) -> str:
    """Opaque; where the next page begins."""
    return "" if place is None else base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()


def place(value: str) -> tuple[int, str] | None:
    """Of a token that `token` made. Raises InvalidInput for another."""
    if not value:
        return None
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(value), type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        message = f"{limits.shown(value)} is not a token that this service gave"
        raise InvalidInput.of(Violation("page_token", message)) from error
