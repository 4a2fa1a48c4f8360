"""Answers from the shop's articles, with their source; or an honest `I do not know`."""

from servicekit.errors import ServiceError
from services.dialogue.answer import Citation
from services.dialogue.flows import Flow
from services.dialogue.orders.order import Order
from services.dialogue.ports import Knowledge, Passage
from services.dialogue.state import Task
from services.dialogue.turn import Turn


class Knowing:
    """What is not in an article is not said."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def answer(self, turn: Turn, topic: str = "") -> None:
        """From the articles of the topic, then from any; else that it is not known."""
        if not await self.tell(turn, turn.heard.said.text, topic):
            self.unknown(turn)

    async def tell(self, turn: Turn, question: str, topic: str = "", least: float = 0.0) -> bool:
        """False, and nothing said, if no article answers, or none as surely as `least`."""
        found = await self._find(question, turn.language, topic)
        if found is None or found.confidence < least:
            return False
        turn.say(found.text)
        turn.events.append(Citation(found.slug, found.title, found.uri, found.confidence))
        turn.outcome = "article"
        return True

    async def _find(self, question: str, language: str, topic: str) -> Passage | None:
        try:
            found = await self._knowledge.search(question, language, topic, 1)
            if not found and topic:
                found = await self._knowledge.search(question, language, "", 1)
        except ServiceError:
            return None
        return found[0] if found else None

    def unknown(self, turn: Turn) -> None:
        turn.unknown = True
        turn.outcome = "unknown"
        turn.tell("unknown")
        turn.offer_person("asked")

    async def end(self, turn: Turn, flow: Flow, _task: Task, _order: Order | None) -> None:
        """A flow whose action is an article."""
        await self.answer(turn, flow.topic)
