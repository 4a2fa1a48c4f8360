"""Requests of both services as plain values. Raises InvalidInput that names field, value and limit."""

import base64
import binascii
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from contracts import limits, products
from servicekit.errors import InvalidInput, Violation
from services.generator import codec
from services.generator.controls import CHANNELS, LANGUAGES, LENGTHS, STYLES, Controls
from services.generator.drafts import APPROVED, IN_REVIEW, PUBLISHED, REJECTED
from services.generator.facts import Fact
from services.generator.situations import ACTS, LOOKED_AT, Ask, Turn
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.generator.v1 import generator_pb2 as pb

STATES = {
    pb.DRAFT_STATE_UNSPECIFIED: "",
    pb.DRAFT_STATE_IN_REVIEW: IN_REVIEW,
    pb.DRAFT_STATE_APPROVED: APPROVED,
    pb.DRAFT_STATE_PUBLISHED: PUBLISHED,
    pb.DRAFT_STATE_REJECTED: REJECTED,
}
MOODS = ("", "calm", "happy", "upset")
LONGEST_TEXT = 10_000
DEFAULT_PAGE = 20
_SEEDS = 2**62


def raise_if_any(violations: Iterable[Violation]) -> None:
    found = list(violations)
    if found:
        raise InvalidInput.of(*found)


def controls(asked: pb.CopyControls) -> Callable[[Product], Controls]:
    """What was asked for, the defaults filled in once the product is known. Raises InvalidInput at once."""
    raise_if_any(_controls(asked))

    def for_product(product: Product) -> Controls:
        own = codec.base(asked.language_code or product.language_code)
        language = own if own in LANGUAGES else "en"
        return Controls(asked.channel or "product-page", asked.style or "plain", asked.length or "medium", language)

    return for_product


def _controls(asked: pb.CopyControls) -> Iterator[Violation]:
    yield from _one_of("controls.channel", asked.channel, CHANNELS)
    yield from _one_of("controls.style", asked.style, STYLES)
    yield from _one_of("controls.length", asked.length, LENGTHS)
    if asked.language_code:
        yield from _one_of("controls.language_code", codec.base(asked.language_code), LANGUAGES)


def _one_of(field: str, value: str, allowed: Sequence[str]) -> Iterator[Violation]:
    if value and value not in allowed:
        yield Violation(field, f"{limits.shown(value)} is not one of {', '.join(name for name in allowed if name)}")


def product_given(product_id: str, product: Product | None) -> None:
    """Either an id or the product itself."""
    if product is None:
        raise_if_any(_product_id(product_id))
        return
    if product_id and product.product_id and product_id != product.product_id:
        message = f"{limits.shown(product_id)} is not product.product_id, {limits.shown(product.product_id)}"
        raise InvalidInput.of(Violation("product_id", message))
    if not product.product_id:
        product.product_id = product_id or "unnamed"
    raise_if_any(Violation(f"product.{found.field}", found.message) for found in products.check(product))


def _product_id(product_id: str) -> Iterator[Violation]:
    if not product_id:
        yield Violation("product_id", "is required where no product is given")
    elif not products.PRODUCT_ID.fullmatch(product_id):
        yield Violation("product_id", f"{limits.shown(product_id)} is not 1 to 128 letters, digits, '.', '_' or '-'")


def seed(value: int) -> int:
    if not -_SEEDS <= value <= _SEEDS:
        raise InvalidInput.of(Violation("seed", f"{value} is not between -2^62 and 2^62"))
    return value


def text(value: str) -> None:
    raise_if_any(limits.text("text", value, LONGEST_TEXT, required=True))


def request_id(value: str) -> str:
    """In its usual form; "" for none."""
    if not value:
        return ""
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise InvalidInput.of(Violation("request_id", f"{limits.shown(value)} is not a UUID")) from error


def change(draft_id: str, revision: int, actor: str) -> None:
    """What every change of a draft names."""
    raise_if_any(_change(draft_id, revision, actor))


def _change(draft_id: str, revision: int, actor: str) -> Iterator[Violation]:
    yield from limits.text("draft_id", draft_id, limits.ID_LENGTH, required=True)
    if revision < 1:
        yield Violation("revision", f"{revision} is not the revision that was seen, 1 or more")
    yield from limits.text("actor", actor, 200)


def note(value: str) -> None:
    raise_if_any(limits.text("note", value, 1000))


def instruction(value: str) -> None:
    raise_if_any(limits.text("instruction", value, 500, required=True))


def page_size(value: int) -> int:
    if not 0 <= value <= 100:
        message = f"{value} is not between 1 and 100 (0 takes the default)"
        raise InvalidInput.of(Violation("page_size", message))
    return value or DEFAULT_PAGE


def state(value: int) -> str:
    if value not in STATES:
        raise InvalidInput.of(Violation("state", f"{value} is not a DraftState"))
    return STATES[pb.DraftState.ValueType(value)]


def page_token(created_at: datetime, draft_id: str) -> str:
    """The page that begins after that draft."""
    packed = msgspec.msgpack.encode((int(created_at.timestamp() * 1_000_000), draft_id))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def page_after(token: str) -> tuple[datetime, str] | None:
    """None for no token."""
    if not token:
        return None
    try:
        padded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        micros, draft_id = msgspec.msgpack.decode(padded, type=tuple[int, str])
        seconds, rest = divmod(micros, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), draft_id
    except (msgspec.MsgspecError, binascii.Error, ValueError, OverflowError, OSError) as error:
        message = f"{limits.shown(token)} is not a token that this service gave"
        raise InvalidInput.of(Violation("page_token", message)) from error


def ask(request: pb.ReplyRequest) -> Ask:
    """Of the history the last ten turns."""
    raise_if_any(_reply(request))
    return Ask(
        act=request.act,
        facts=_facts(request.facts),
        language=codec.base(request.language_code),
        flow=request.state.flow,
        slots=_facts(request.state.slots),
        mood=request.state.mood,
        history=tuple(Turn(turn.from_shopper, turn.text, turn.act) for turn in request.history[-LOOKED_AT:]),
    )


def _facts(facts: Iterable[pb.Fact]) -> tuple[Fact, ...]:
    return tuple(Fact(fact.name, fact.value) for fact in facts if fact.value)


def _reply(request: pb.ReplyRequest) -> Iterator[Violation]:
    if not request.act:
        yield Violation("act", f"is required: one of {', '.join(ACTS)}")
    yield from _one_of("act", request.act, ACTS)
    yield from _one_of("language_code", codec.base(request.language_code), LANGUAGES)
    yield from _one_of("state.mood", request.state.mood, MOODS)
    yield from limits.count("facts", request.facts, 200)
    yield from limits.count("state.slots", request.state.slots, 100)
    yield from limits.count("history", request.history, 1000)
    for index, fact in enumerate(request.facts):
        yield from limits.text(f"facts[{index}].name", fact.name, limits.ID_LENGTH, required=True)
        yield from limits.text(f"facts[{index}].value", fact.value, 1000)
