"""What is kept of conversations, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dialogue.answer import Event
from services.dialogue.orders.order import Shopper
from services.dialogue.state import State
from services.dialogue.turn import Action, HandoffWish


class Stale(Exception):
    """Somebody else has written to the conversation since it was read: read it again."""


@dataclass(frozen=True)
class Conversation:
    """As it was read. `version` grows with every change; a change names the one it saw."""

    conversation_id: str
    shopper: Shopper
    language: str
    state: State
    version: int = 0
    turns: int = 0
    said: int = 0
    """Utterances so far."""
    handoff_id: str = ""
    flow: str = ""
    snippet: str = ""
    created_ms: int = 0
    updated_ms: int = 0


@dataclass(frozen=True)
class Utterance:
    """One thing said. `speaker`: shopper, staff, agent."""

    place: int
    speaker: str
    text: str
    said_ms: int
    events: Sequence[Event] = ()
    agent: str = ""
    act: str = ""


@dataclass(frozen=True)
class Written:
    """What one transaction adds to a conversation. `turn`: number of the turn it belongs to; 0 for none."""

    state: State
    turn: int
    now_ms: int
    heard: str | None = None
    answer: Sequence[Event] | None = None
    text: str = ""
    act: str = ""
    request_id: str = ""
    language: str = "en"
    action: Action | None = None
    """Agreed to: to be done once this is written."""
    finished: str = ""
    """Request id of the action whose outcome this tells."""
    outcome: str = ""
    handoff: HandoffWish | None = None
    events: Sequence[tuple[str, bytes]] = ()
    """(event_id, payload) for the shop's log."""


@dataclass(frozen=True)
class Pending:
    """An action that was agreed to and whose outcome is not told yet."""

    conversation_id: str
    turn: int
    action: Action
