"""Conversations between protobuf and plain values. Nothing else."""

import re
from collections.abc import Iterator, Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from services.dialogue.answer import (
    Citation,
    Confirmation,
    Done,
    Event,
    Handoff,
    OrderCards,
    Products,
    QuickReplies,
    Text,
)
from services.dialogue.handoffs import Handoff as HandoffRow
from services.dialogue.orders import wire
from services.dialogue.written import Conversation, Utterance
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2 import RecommendedProduct

SPEAKERS = {
    "shopper": pb.SPEAKER_SHOPPER,
    "staff": pb.SPEAKER_STAFF,
    "agent": pb.SPEAKER_AGENT,
}
HANDOFF_STATES = {
    "waiting": pb.HANDOFF_STATE_WAITING,
    "claimed": pb.HANDOFF_STATE_CLAIMED,
    "resolved": pb.HANDOFF_STATE_RESOLVED,
}
_PIECE = re.compile(r"\S*?[。！？；，]|\S+\s*|\s+")
_DELTA = 24
"""Characters after which a piece of text is sent, at the next word or stop."""


def pieces(text: str) -> Iterator[str]:
    """The text in a few words at a time; together they are the text."""
    held = ""
    for part in _PIECE.findall(text):
        held += part
        if len(held) >= _DELTA or held.rstrip().endswith(("。", "！", "？", ".", "!", "?")):
            yield held
            held = ""
    if held:
        yield held


def responses(events: Sequence[Event]) -> Iterator[pb.ConverseResponse]:
    """The messages of an answer."""
    for event in events:
        if isinstance(event, Text):
            for piece in pieces(event.text):
                yield pb.ConverseResponse(text_delta=piece)
        else:
            yield response(event)


def response(event: Event) -> pb.ConverseResponse:
    """One event that is no text."""
    if isinstance(event, Products):
        results = [RecommendedProduct.FromString(card) for card in event.cards]
        return pb.ConverseResponse(products=pb.ProductCards(results=results, attribution_token=event.attribution_token))
    if isinstance(event, OrderCards):
        return pb.ConverseResponse(orders=pb.OrderCards(orders=[wire.order_message(one) for one in event.orders]))
    if isinstance(event, Citation):
        return pb.ConverseResponse(
            citation=pb.Citation(slug=event.slug, title=event.title, uri=event.uri, confidence=event.confidence)
        )
    if isinstance(event, Confirmation):
        return pb.ConverseResponse(
            confirmation=pb.ConfirmationRequest(
                confirmation_id=event.confirmation_id, action=event.action, text=event.text, order_id=event.order_id
            )
        )
    if isinstance(event, Handoff):
        return pb.ConverseResponse(handoff=pb.HandoffNotice(handoff_id=event.handoff_id, reason=event.reason))
    if isinstance(event, QuickReplies):
        replies = [pb.QuickReply(label=reply.label, text=reply.text) for reply in event.replies]
        return pb.ConverseResponse(quick_replies=pb.QuickReplies(replies=replies))
    assert isinstance(event, Done)
    return pb.ConverseResponse(done=done(event))


def done(event: Done) -> pb.TurnDone:
    return pb.TurnDone(
        intents=event.intents,
        flow=event.flow,
        requested_slot=event.requested_slot,
        degradations=event.degradations,
        unknown=event.unknown,
    )


def started(conversation_id: str, turn: int, language: str) -> pb.ConverseResponse:
    return pb.ConverseResponse(
        started=pb.TurnStarted(conversation_id=conversation_id, turn=turn, language_code=language)
    )


def conversation(one: Conversation) -> pb.Conversation:
    return pb.Conversation(
        conversation_id=one.conversation_id,
        visitor_id=one.shopper.visitor_id,
        user_id=one.shopper.user_id,
        language_code=one.language,
        create_time=time(one.created_ms),
        update_time=time(one.updated_ms),
        turn_count=one.turns,
        handed_off=bool(one.handoff_id),
        flow=one.flow,
        snippet=one.snippet,
    )


def utterance(one: Utterance) -> pb.Utterance:
    return pb.Utterance(
        index=one.place,
        speaker=SPEAKERS[one.speaker],
        text=one.text,
        say_time=time(one.said_ms),
        events=[response(event) for event in one.events if not isinstance(event, Text)],
        agent=one.agent,
    )


def handoff(one: HandoffRow) -> pb.Handoff:
    return pb.Handoff(
        handoff_id=one.handoff_id,
        conversation_id=one.conversation_id,
        state=HANDOFF_STATES[one.state],
        reason=one.reason,
        summary=one.summary,
        agent=one.agent,
        create_time=time(one.created_ms),
        claim_time=time(one.claimed_ms),
        resolve_time=time(one.resolved_ms),
        language_code=one.language,
    )


def time(at_ms: int) -> Timestamp | None:
    if not at_ms:
        return None
    made = Timestamp()
    made.FromMilliseconds(at_ms)
    return made
